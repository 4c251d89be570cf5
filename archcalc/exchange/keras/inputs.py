"""What a model of Keras reads: the shapes that it says itself, and those that are given."""

from collections.abc import Sequence
from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange import inputs
from archcalc.exchange.inputs import Declared
from archcalc.exchange.keras.axes import Axes
from archcalc.exchange.keras.models import Model, Part, input_shape
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.inputs import Inputs, by_name
from archcalc.spec.model import is_shape


def inputs_of(model: Model, axes: Axes, given: Inputs | None) -> Inputs:
    """Return the shapes of a model's inputs, with those that are given in the place of its own.

    Raises ArchError where one is not known.
    """
    parts = {part.name: part for part in model.parts}
    unknown = next((ref.layer for ref in model.inputs if ref.layer not in parts), None)
    if unknown is not None:
        raise ArchError(f"there is no layer {unknown}, which the model names as its input")
    said = {ref.layer: _said(parts[ref.layer]) for ref in model.inputs}
    own = "" if len(said) == 1 else "{} "

    def what_of(one: Declared) -> str:
        return f"the shape of its input {own.format(one.name)}is {_shown(said[one.name])}, without the batch"

    found, _ = inputs.inputs_of([_declared(name, sizes, axes) for name, sizes in said.items()], given, what_of)
    for shape, sizes in zip(by_name(found).values(), said.values(), strict=True):
        if not is_shape(shape):
            raise ArchError(f"no input of a spec has the shape {_shown(sizes)}: it has features, or up to three axes")
    return found


def _declared(name: str, sizes: Sequence[int | None] | None, axes: Axes) -> Declared:
    if sizes is None:
        return Declared(name, None, is_open=True)
    return Declared(name, axes.ours([size or 1 for size in sizes]), is_open=None in sizes)


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


def _shown(sizes: Any) -> str:
    return "not said" if sizes is None else "x".join("?" if size is None else str(size) for size in sizes)
