"""The part of a comparison that is shown, and the names of networks in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from archcalc.analysis.compare.comparison import Aligned, Comparison
from archcalc.spec.inputs import inputs_in_words

WINDOW: Final = "window"

COUNTS: Final = {"params": "params", "macs": "MACs", "activations": "activations"}
"""The quantities that add up, each with its header."""

QUANTITIES: Final = {"shapes": "output", WINDOW: "window"} | COUNTS
"""The quantities of a layer that can be shown, each with its header."""

_DEFAULT: Final = ("shapes", WINDOW, "params", "macs")


@dataclass(frozen=True)
class View:
    """A comparison, of which all is shown or only one quantity, and all layers or only those that differ in it."""

    comparison: Comparison
    only: str | None = None
    changed: bool = False

    @property
    def quantities(self) -> list[str]:
        return [self.only] if self.only else [*_DEFAULT]

    @property
    def counts(self) -> list[str | None]:
        """The quantities that add up, None for the others."""
        return [quantity if quantity in COUNTS else None for quantity in self.quantities]

    @cached_property
    def layers(self) -> list[Aligned]:
        return [layer for layer in self.comparison.layers if not self.changed or self.differs(layer)]

    def differs(self, layer: Aligned) -> bool:
        """Return whether a layer differs in what is shown; a layer that is not there adds nothing to a count."""
        if not self.only:
            return layer.differs
        if self.only == "shapes":
            return len({part and part.row.output_shape for part in layer.parts}) > 1
        return len({getattr(part.row, self.only) if part else 0 for part in layer.parts}) > 1

    @cached_property
    def names(self) -> list[str]:
        """Names without the first word if all begin with it: alexnet_paper and alexnet_d2l are paper and d2l."""
        names = [spec.label for spec in self.comparison.specs]
        first = names[0].split("_")[0] + "_"
        cut = len(first) if all(name.startswith(first) for name in names) else 0
        return _told_apart([name[cut:] for name in names])

    def title(self, labels: Sequence[str] = ()) -> str:
        """Return every network with its input, with its file if others have its name, and under its label if any."""
        told = self._introductions()
        return ", ".join(map("{}: {}".format, labels, told) if labels else told)

    def _introductions(self) -> Iterator[str]:
        specs = self.comparison.specs
        names = [spec.label for spec in specs]
        for spec, name in zip(specs, _told_apart(names), strict=True):
            file = f"{spec.file}, " if spec.file and names.count(spec.label) > 1 else ""
            yield f"{name} ({file}{inputs_in_words(spec.input_shape)})"


def label(layer: Aligned) -> str:
    """Return the networks' names of a layer."""
    return " / ".join(layer.names)


def types(layer: Aligned) -> str:
    """Return the kinds of a layer."""
    return " / ".join(dict.fromkeys(part.row.op for part in layer.parts if part))


def _told_apart(names: Sequence[str]) -> list[str]:
    """
    >>> _told_apart(["net", "paper", "net"])
    ['net 1', 'paper', 'net 2']
    """
    return [f"{name} {names[: i + 1].count(name)}" if names.count(name) > 1 else name for i, name in enumerate(names)]
