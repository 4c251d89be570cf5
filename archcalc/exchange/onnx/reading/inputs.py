"""What a network of ONNX reads: its inputs, whose first axis is the batch."""

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchError
from archcalc.exchange import inputs
from archcalc.exchange.inputs import Declared
from archcalc.exchange.onnx.reading.model import Given
from archcalc.spec.inputs import Inputs
from archcalc.spec.model import MOST_SIZES


def inputs_of(declared: Sequence[Given], given: Inputs | None, shown: str) -> tuple[Inputs, Mapping[str, str]]:
    """Return the inputs of a spec, and the name that each value of the file has among them.

    Raises ArchError where the file leaves a size open, and nobody gives it.
    """
    if not declared:
        raise ArchError(f"{shown} has no input")
    words = {one.name: f"{one.name[:60]}, {one.in_words}" for one in declared}
    return inputs.inputs_of(
        [*map(_own, declared)], given, lambda one: f"{shown} leaves the shape of its input open ({words[one.name]})"
    )


def _own(one: Given) -> Declared:
    sizes = one.sizes
    if sizes is None:
        return Declared(one.name, None, is_open=True)
    if not 2 <= len(sizes) <= 1 + MOST_SIZES:
        raise ArchError(f"input {one.name[:60]} is {one.in_words}, and not a batch of one to {MOST_SIZES} sizes")
    return Declared(one.name, tuple(size or 1 for size in sizes[1:]), is_open=None in sizes[1:])
