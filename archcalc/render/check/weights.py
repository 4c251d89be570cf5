"""Tensors of a checkpoint next to those of a network, as a sheet and as JSON."""

from itertools import islice
from typing import Any, Final

from archcalc.analysis.module_pairs import PairedBy
from archcalc.analysis.weights import Fit, Verdict, Weights
from archcalc.checkpoint.checkpoint import Checkpoint, Keys, key_of
from archcalc.errors import listing, printable
from archcalc.layers import Shape
from archcalc.layers.sizes import dims
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet

_LONGEST_NAME: Final = 100
_MOST_EXTRA: Final = 100
"""How many tensors a sheet shows that only the checkpoint has."""


def _shape(shape: Shape) -> str:
    """
    >>> _shape((64, 3, 11, 11)), _shape(())
    ('64x3x11x11', '1 number')
    """
    return dims(shape) or "1 number"


def shown(name: str) -> str:
    """Return a name of a checkpoint on one line, cut off where it is too long to be one.

    >>> shown("conv1.weight"), len(shown("x" * 1000))
    ('conv1.weight', 103)
    """
    return printable(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}...")


_TENSORS: Final = (
    Column("layer", "layer", leaves=1),
    Column("tensor", "tensor"),
    Column("shape", "shape", _shape, leaves=2, sizes=True),
    Column("found", "in the file", shown),
    Column("mask", "times", shown),
    Column("found_shape", "its shape", _shape, leaves=3, sizes=True),
    Column("verdict", "verdict"),
    Column("paired_by", "paired by"),
)
_MASK: Final = 4
"""The column that only pruned checkpoints have."""


def tensors_sheet(weights: Weights, checkpoint: Checkpoint) -> Sheet:
    """Return a line for each tensor of the network, then those that only the file has."""
    first = islice(weights.each(), len(weights.own) + _MOST_EXTRA)
    rows = [(f.layer, f.name, f.shape, *_found(f), f.found_shape, *_words(f)) for f in first]
    title = f"{weights.network} and the tensors of {printable(str(checkpoint.path))}"
    notes = (*_notes(weights, weights.count - len(rows)), *where_found(checkpoint))
    sheet = Sheet(weights.network, title, _TENSORS, tuple(rows), notes=notes)
    if any(row[_MASK] for row in rows):
        return sheet
    return sheet.pick([column.key for column in _TENSORS if column is not _TENSORS[_MASK]])


def _found(fit: Fit) -> tuple[str | None, str | None]:
    """Return the names in the file as whole texts, which CSV has too."""
    name, mask = (None if name is None else printable(name) for name in (fit.found_name, fit.found_mask))
    return name, mask


def _words(fit: Fit) -> tuple[str, str | None]:
    return fit.verdict.value, fit.paired_by.value if fit.paired_by else None


def _notes(weights: Weights, left_out: int) -> list[str]:
    fitting = sum(fit.verdict is Verdict.FITS for fit in weights.own)
    notes = [f"{fitting} of {len(weights.own)} tensors fit, {weights.elements:,} elements"]
    if left_out:
        notes.insert(0, f"... and {left_out:,} more that only the file has (--format json lists all)")
    if weights.guesses:
        notes.append(
            f"{weights.guesses} are paired by a guess: several modules have their shapes, and the order decides"
        )
    elif any(fit.paired_by is PairedBy.SHAPE for fit in weights.own):
        notes.append("names differ: each module fits one layer only, by its shapes")
    if any(fit.found_mask for fit in weights.own):
        notes.append("pruned weights are weight_orig times weight_mask, as torch.nn.utils.prune keeps them")
    return notes


def where_found(checkpoint: Checkpoint) -> list[str]:
    """Return a note on the key of the state_dict, and on what else the file has."""
    notes = []
    if checkpoint.key is not None:
        notes.append(f"in the file, the tensors are under the key {shown(checkpoint.key)}")
    if checkpoint.others:
        others = [f"{_place(keys)} ({count:,})" for keys, count in checkpoint.others]
        more = [f"{len(others) - 4} more places"] if len(others) > 5 else []
        notes.append(f"other tensors of the file are left out: {listing([*others[: 4 if more else 5], *more], 'and')}")
    return notes


def _place(keys: Keys) -> str:
    key = key_of(keys)
    return "outside of any key" if key is None else shown(key)


def tensors_data(weights: Weights, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a spec next to the tensors of a checkpoint, as JSON.

    - `name`: the name of the spec.
    - `file`: the checkpoint.
    - `key`: the key under which the file has these tensors, such as state_dict; null where they are all that it has.
    - `others`: where else the file has tensors with names. Each has its `key`, or null, and how many `tensors`.
    - `fits`: whether all tensors fit.
    - `names_agree`: whether both have the same names, as load_state_dict asks.
    - `elements`: the elements of the tensors that fit.
    - `guesses`: how many tensors fit by a guess.
    - `tensors`: each with

      - `layer`, `name`, `shape`: the layer and the tensor, as the spec has them, or null.
      - `found_name`, `found_shape`: the tensor in the file, or null.
      - `found_mask`: the tensor in the file by which it is multiplied, where weights are pruned, or null.
      - `verdict`: fits, other shape, missing, extra, or "missing, not needed".
      - `paired_by`: how its module was found for the layer, or null. By its name; by its shape, where no other module
        and no other layer has these shapes; or by a guess: several have, and the order decides.
    """
    return stamped(
        {
            "name": weights.network,
            **file_data(checkpoint),
            "fits": not weights.misfit_count,
            "names_agree": weights.names_agree,
            "elements": weights.elements,
            "guesses": weights.guesses,
            "tensors": [tensor_data(fit) for fit in weights.each()],
        }
    )


def file_data(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint's own keys of the JSON object."""
    others = [{"key": key_of(keys), "tensors": count} for keys, count in checkpoint.others]
    return {"file": str(checkpoint.path), "key": checkpoint.key, "others": others}


def tensor_data(fit: Fit) -> dict[str, Any]:
    """Return one of the `tensors` of the JSON object."""
    return {
        "layer": fit.layer,
        "name": fit.name,
        "shape": None if fit.shape is None else list(fit.shape),
        "found_name": fit.found_name,
        "found_shape": None if fit.found_shape is None else list(fit.found_shape),
        "found_mask": fit.found_mask,
        "verdict": fit.verdict.value,
        "paired_by": fit.paired_by.value if fit.paired_by else None,
    }


def misfit(fit: Fit) -> str:
    """Return one tensor that does not fit, in words."""
    found = f"{shown(fit.found_name or '')} is {_shape(fit.found_shape or ())}"
    if fit.verdict is Verdict.MISSING:
        return f"{fit.name} is missing"
    if fit.verdict is Verdict.EXTRA:
        return f"{found}, and the network has no place for it"
    return f"{fit.name} is {_shape(fit.shape or ())}, {found}"
