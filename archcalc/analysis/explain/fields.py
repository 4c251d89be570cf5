"""Why a layer's outputs see what they see: the arithmetic of its window, or words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from archcalc.analysis.explain.steps import Section, Step, at_once, steps_to
from archcalc.analysis.explain.traced import made, symbol
from archcalc.analysis.receptive_field import Field, Sight
from archcalc.graph import Node
from archcalc.layers.reach import Reach, through
from archcalc.layers.sizes import AXES

Fields = Mapping[str, tuple[Sight, ...]]

_NUMBERS: Final[dict[str, Callable[[Reach], int]]] = {
    "field": lambda reach: reach.phases[0][1],
    "jump": lambda reach: reach.step,
    "start": lambda reach: reach.phases[0][0],
}
"""The numbers of a field that a window makes, each by what remembers how it was made."""


def receptive_field(node: Node, traced: Node, fields: Fields) -> Section:
    """Explain the fields of a layer's outputs; `traced` is the layer with numbers that remember how they were made."""
    seen = fields[node.name]
    steps = list(_slid(_read(node, fields), traced)) if node.layer.slides() is not None and len(seen) == 1 else []
    field = seen[0].field if seen else None
    if field and [step.how.value for step in steps if not step.called] == _expected(field, steps):
        return Section("receptive_field", None, tuple(steps), sights=seen)
    return Section("receptive_field", None, (), "; ".join(_in_words(node, fields)), seen)


def _read(node: Node, fields: Fields) -> Field:
    """Return the field of what a layer with a window reads; of an input of the network an element itself."""
    sights = fields.get(node.inputs[0])
    if sights:
        return sights[0].field
    one, zero = ((number,) * (len(node.input_shapes[0]) - 1) for number in (1, 0))
    return Field(one, one, zero)


def _slid(field: Field, traced: Node) -> Iterator[Step]:
    """Yield how a window makes its field of that of its input, along each axis."""
    (reading,) = traced.layer.reads(*traced.device_inputs)
    made_of = []
    for start, size, jump, outer in zip(field.start, field.size, field.jump, reading.axes[1:], strict=True):
        if start is None or not isinstance(jump, int):
            return
        inner = (symbol("start", start), symbol("field", size))
        made_of.append(through(Reach(outer.to, (inner,), symbol("jump", jump)), outer._replace(to=None)))
    for name, number in _NUMBERS.items():
        axes = [f"{name}, {axis}" for axis in AXES[len(made_of)]] if len(made_of) > 1 else [name]
        yield from at_once(name, [steps_to(axis, made(number(one))) for axis, one in zip(axes, made_of, strict=True)])


def _expected(field: Field, steps: list[Step]) -> list[int]:
    """Return what steps must come to, once for all axes where these are alike: not so where phases differ."""
    of_all = {"field": field.size, "jump": field.jump, "start": field.start}
    numbers = ((name, place) for name, along in of_all.items() for place in range(len(along)))
    said = {step.part for step in steps}
    return [of_all[name][place] for name, place in numbers if place == 0 or name not in said]  # type: ignore[misc]


def _in_words(node: Node, fields: Fields) -> Iterator[str]:
    """Yield why a layer that no window describes sees what it sees."""
    seen = fields[node.name]
    if not seen:
        yield "it sees features, which have no places"
        return
    read = [fields.get(name) for name in node.inputs]
    if all(one and _alike(one) == _alike(seen) for one in read):
        yield "that of its input"
        return
    for sight in seen:
        yield from _of_sight(sight, node)


def _alike(sights: tuple[Sight, ...]) -> list[tuple[str, Field, Field | None]]:
    return [(one.of, one.field, one.beside) for one in sights]


def _of_sight(sight: Sight, node: Node) -> Iterator[str]:
    if None in sight.field.jump and not sight.beside:
        yield "all outputs see the same"
    elif sight.beside:
        yield "it reads something of the whole input, and its field beside that is in brackets"
    elif node.layer.merges:
        yield "from the first element that one of its inputs sees to the last"
    else:
        yield "the elements that it reads"
    if sight.offset:
        yield f"the middles of its paths are {' and '.join(map(str, dict.fromkeys(sight.offset)))} apart"
    if sight.is_uneven:
        yield "its paths have outputs that are not equally far apart, so that the field depends on the place"
