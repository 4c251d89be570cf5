"""What a network of another framework reads: what its file says of its inputs, and what is given where it does not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.names import input_names
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT, Inputs, replaced

_EXAMPLE: Final = "3x224x224"


class Declared(NamedTuple):
    """What a file says of one input."""

    name: str
    shape: Shape | None
    """As a spec has it, with any sizes in the place of those that the file leaves open; None for not even a rank."""
    is_open: bool
    """Whether the file leaves sizes open."""


def inputs_of(
    declared: Sequence[Declared], given: Inputs | None, what_of: Callable[[Declared], str]
) -> tuple[Inputs, Mapping[str, str]]:
    """Return the inputs of a spec, and the name that each has there.

    Raises ArchError where the file leaves sizes open and nobody gives them. `what_of` an input says so.
    """
    if len(declared) == 1:
        return _alone(declared[0], given, what_of)
    names = input_names(one.name for one in declared)
    said = given if isinstance(given, Mapping) else {}
    unsaid = [one for one in declared if one.is_open and names[one.name] not in said]
    if unsaid:
        raise _asked(what_of(unsaid[0]), ",".join(f"{names[one.name]}={_EXAMPLE}" for one in unsaid))
    shapes = ((names[one.name], one.shape) for one in declared)
    own = {name: said[name] if shape is None else shape for name, shape in shapes}
    return (own if given is None else replaced(own, given)), names


def _alone(one: Declared, given: Inputs | None, what_of: Callable[[Declared], str]) -> tuple[Inputs, Mapping[str, str]]:
    if one.is_open and given is None:
        raise _asked(what_of(one), _EXAMPLE)
    shape = given if one.shape is None else one.shape if given is None else replaced(one.shape, given)
    assert shape is not None
    return shape, {one.name: next(iter(shape)) if isinstance(shape, Mapping) else INPUT}


def _asked(what: str, example: str) -> ArchError:
    return ArchError(f"{what}: give it, channels first, as in --input {example}")
