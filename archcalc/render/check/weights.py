"""Tensors of a checkpoint next to those of a network, as a sheet and as JSON."""

from typing import Any, Final

from archcalc.analysis.weights import Fit, Verdict, Weights
from archcalc.errors import printable
from archcalc.layers import Shape
from archcalc.layers.sizes import dims
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet


def _shape(shape: Shape) -> str:
    """
    >>> _shape((64, 3, 11, 11)), _shape(())
    ('64x3x11x11', '1 number')
    """
    return dims(shape) or "1 number"


_TENSORS: Final = (
    Column("layer", "layer", leaves=1),
    Column("tensor", "tensor"),
    Column("shape", "shape", _shape, leaves=2, sizes=True),
    Column("found", "in the file", printable),
    Column("found_shape", "its shape", _shape, leaves=3, sizes=True),
    Column("verdict", "verdict"),
)


def tensors_sheet(weights: Weights, file: str) -> Sheet:
    """Return a line for each tensor of the network, then those that only the file has."""
    rows = ((f.layer, f.name, f.shape, f.found_name, f.found_shape, f.verdict.value) for f in weights.fits)
    title = f"{weights.network} and the tensors of {printable(file)}"
    return Sheet(weights.network, title, _TENSORS, tuple(rows), notes=tuple(_notes(weights)))


def _notes(weights: Weights) -> list[str]:
    fitting = sum(fit.verdict is Verdict.FITS for fit in weights.fits)
    ours = sum(fit.name is not None for fit in weights.fits)
    notes = [f"{fitting} of {ours} tensors fit, {weights.elements:,} elements"]
    if not weights.names_agree:
        notes.append("names differ: tensors are matched by shape, and by order where shapes are equal")
    return notes


def tensors_data(weights: Weights, file: str) -> dict[str, Any]:
    """Return a spec next to the tensors of a checkpoint, as JSON.

    - `name`: the name of the spec.
    - `file`: the checkpoint.
    - `fits`: whether all tensors fit.
    - `names_agree`: whether both have the same names; if not, tensors are put together by shape and by order.
    - `elements`: the elements of the tensors that fit.
    - `tensors`: each with

      - `layer`, `name`, `shape`: the layer and the tensor, as the spec has them, or null.
      - `found_name`, `found_shape`: the tensor in the file, or null.
      - `verdict`: fits, other shape, missing, extra, or "missing, not needed".
    """
    return stamped(
        {
            "name": weights.network,
            "file": file,
            "fits": not weights.misfits,
            "names_agree": weights.names_agree,
            "elements": weights.elements,
            "tensors": [tensor_data(fit) for fit in weights.fits],
        }
    )


def tensor_data(fit: Fit) -> dict[str, Any]:
    """Return one of the `tensors` of the JSON object."""
    return {
        "layer": fit.layer,
        "name": fit.name,
        "shape": None if fit.shape is None else list(fit.shape),
        "found_name": fit.found_name,
        "found_shape": None if fit.found_shape is None else list(fit.found_shape),
        "verdict": fit.verdict.value,
    }


def misfit(fit: Fit) -> str:
    """Return one tensor that does not fit, in words."""
    found = f"{printable(fit.found_name or '')} is {_shape(fit.found_shape or ())}"
    if fit.verdict is Verdict.MISSING:
        return f"{fit.name} is missing"
    if fit.verdict is Verdict.EXTRA:
        return f"{found}, and the network has no place for it"
    return f"{fit.name} is {_shape(fit.shape or ())}, {found}"
