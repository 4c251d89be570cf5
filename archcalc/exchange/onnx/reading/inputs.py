"""What a network of ONNX reads: its inputs, whose first axis is the batch."""

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchError
from archcalc.exchange.names import input_names
from archcalc.exchange.onnx.reading.model import Given
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT, Inputs, replaced
from archcalc.spec.model import MOST_SIZES


def inputs_of(declared: Sequence[Given], given: Inputs | None, shown: str) -> tuple[Inputs, Mapping[str, str]]:
    """Return the inputs of a spec, and the name that each value of the file has among them.

    Raises ArchError where the file leaves a size open, and nobody gives it.
    """
    if not declared:
        raise ArchError(f"{shown} has no input")
    if len(declared) == 1:
        return _alone(declared[0], given, shown)
    names = input_names(one.name for one in declared)
    said = given if isinstance(given, Mapping) else {}
    own = {names[one.name]: _own(one, said.get(names[one.name])) for one in declared}
    unsaid = [one for one in declared if own[names[one.name]] is None]
    if unsaid:
        hint = ",".join(f"{names[one.name]}=3x224x224" for one in unsaid)
        raise ArchError(_open(unsaid[0], hint, shown))
    known = {name: shape for name, shape in own.items() if shape is not None}
    return (known if given is None else replaced(known, given)), names


def _alone(one: Given, given: Inputs | None, shown: str) -> tuple[Inputs, dict[str, str]]:
    own = _own(one, None)
    if own is None and given is None:
        raise ArchError(_open(one, "3x224x224", shown))
    shape = given if own is None else own if given is None else replaced(own, given)
    assert shape is not None
    return shape, {one.name: next(iter(shape)) if isinstance(shape, Mapping) else INPUT}


def _own(one: Given, given: Shape | None) -> Shape | None:
    """Return the shape that the file says, or that which is given where it leaves sizes open."""
    sizes = one.sizes
    if sizes is not None and not 2 <= len(sizes) <= 1 + MOST_SIZES:
        raise ArchError(f"input {one.name[:60]} is {one.in_words}, and not a batch of one to {MOST_SIZES} sizes")
    known = tuple(size for size in sizes[1:] if size is not None) if sizes else ()
    return known if sizes and len(known) == len(sizes) - 1 else given


def _open(one: Given, hint: str, shown: str) -> str:
    return f"{shown} leaves sizes of its input open ({one.name[:60]}, {one.in_words}): give them, as in --input {hint}"
