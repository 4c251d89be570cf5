"""What a model of Keras reads: the shapes that it says itself, and those that are given."""

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange.keras.axes import Axes
from archcalc.exchange.keras.models import Model, Part, input_shape
from archcalc.exchange.names import Names
from archcalc.layers import Shape
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.inputs import INPUT, Inputs, by_name, replaced
from archcalc.spec.model import is_shape


def inputs_of(model: Model, axes: Axes, given: Inputs | None) -> Inputs:
    """Return the shapes of a model's inputs, with those that are given in the place of its own.

    Raises ArchError where one is not known.
    """
    parts = {part.name: part for part in model.parts}
    unknown = next((ref.layer for ref in model.inputs if ref.layer not in parts), None)
    if unknown is not None:
        raise ArchError(f"there is no layer {unknown}, which the model names as its input")
    said = [_said(parts[ref.layer]) for ref in model.inputs]
    names = Names([])
    own = {
        names.give(ref.layer or INPUT): _stand_in(sizes, axes, given)
        for ref, sizes in zip(model.inputs, said, strict=True)
    }
    alone = len(own) == 1
    inputs = replaced(next(iter(own.values())) if alone else own, given) if given is not None else own
    named = dict(by_name(inputs)) if given is not None else own
    for (name, shape), sizes in zip(named.items(), said, strict=True):
        if not (_is_given(name, given) or _is_whole(sizes)):
            what = f"the shape of its input {'' if alone else f'{name} '}is {_shown(sizes)}, without the batch"
            raise ArchError(f"{what}: give it, channels first, as in --input {'' if alone else f'{name}='}3x224x224")
        if not is_shape(shape):
            raise ArchError(f"no input of a spec has the shape {_shown(sizes)}: it has features, or up to three axes")
    return next(iter(named.values())) if alone else named


def _said(part: Part) -> Sequence[int | None] | None:
    """Return the sizes after the batch, as far as they are said."""
    shape = input_shape(part)
    if shape is None:
        return None
    sizes = shape[1:] if isinstance(shape, list) else None
    if not sizes or not all(size is None or (is_integer(size) and size >= 1) for size in sizes):
        raise ArchError(f"the shape of an input must be a list of sizes, got {spell(shape)}").at(
            None, f"layer {part.name}" if part.name else ""
        )
    return list(sizes)


def _stand_in(sizes: Sequence[int | None] | None, axes: Axes, given: Inputs | None) -> Shape:
    """Return a shape with 1 for what is not known; where not even its rank is, the one that is given."""
    if sizes is None:
        return (1, 1, 1) if given is None or isinstance(given, Mapping) else given
    return axes.ours([size or 1 for size in sizes])


def _is_given(name: str, given: Inputs | None) -> bool:
    if isinstance(given, Mapping):
        return name in given
    return given is not None


def _is_whole(sizes: Sequence[int | None] | None) -> bool:
    return sizes is not None and None not in sizes


def _shown(sizes: Any) -> str:
    return "not said" if sizes is None else "x".join("?" if size is None else str(size) for size in sizes)
