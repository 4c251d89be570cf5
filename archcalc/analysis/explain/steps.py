"""The numbers on the way to a quantity of a layer, and how each is made."""

from collections.abc import Callable
from typing import Final, NamedTuple

from archcalc.analysis.explain.traced import Expression, definitions, renamed
from archcalc.analysis.receptive_field import Sight
from archcalc.layers import Shape

_EITHER: Final = {
    **dict.fromkeys(("depth", "height", "width"), "size"),
    **dict.fromkeys(("front", "top", "left"), "before"),
    **dict.fromkeys(("back", "bottom", "right"), "after"),
}
"""The names of an axis's own numbers where all axes are alike."""


class Step(NamedTuple):
    """One number: what it is, or is on the way to, how it is made, and why it is rounded as it is."""

    part: str
    how: Expression
    because: str = ""
    called: str = ""
    """The rule's name for a number on the way; empty for the part itself."""

    @property
    def label(self) -> str:
        on_axis = self.called and self.part in _EITHER
        return f"{self.part}: {self.called}" if on_axis else self.called or self.part


class Section(NamedTuple):
    """One quantity of a layer and the steps to it; `note` says why there are none, or what goes with them."""

    of: str
    value: int | Shape | None
    """None for a receptive field, which is `sights`."""
    steps: tuple[Step, ...]
    note: str = ""
    sights: tuple[Sight, ...] = ()


def steps_to(part: str, how: Expression, reason: Callable[[str, Expression], str] = lambda _, __: "") -> list[Step]:
    """Return the numbers that the rule gives a name on the way, and then the number itself."""
    named = definitions(how)
    if how.op == "called":
        how = how.parts[0]
    return [
        *(Step(part, own, reason(name, own), name) for name, own in named.items()),
        Step(part, how, reason("", how)),
    ]


def at_once(all_axes: str, steps: list[list[Step]]) -> list[Step]:
    """Return the steps of all axes, once where they are alike."""
    renamed_steps = [[s._replace(part=all_axes, how=renamed(s.how, _EITHER)) for s in axis] for axis in steps]
    are_alike = len(steps) > 1 and all(axis == renamed_steps[0] for axis in renamed_steps)
    return renamed_steps[0] if are_alike else [step for axis in steps for step in axis]
