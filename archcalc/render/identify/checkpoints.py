"""The networks that a checkpoint fits, as a sheet and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.weights import Verdict, Weights
from archcalc.errors import printable
from archcalc.render.check.weights import misfit, tensor_data
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_NETWORKS: Final = (
    Column("name", "name"),
    Column("tensors", "tensors that fit", leaves=2),
    Column("params", "elements that fit", number, right=True, leaves=1),
    Column("verdict", "verdict", prose=True),
)


def networks_sheet(candidates: Sequence[Weights], file: str) -> Sheet:
    """Return a line for each network, the best fitting first."""
    rows = ((w.network, _counted(w), w.elements, verdict(w)) for w in candidates)
    return Sheet("", f"networks that {printable(file)} fits, by the shapes of its tensors", _NETWORKS, tuple(rows))


def networks_data(candidates: Sequence[Weights], file: str) -> dict[str, Any]:
    """Return the networks that a checkpoint may be of, as JSON.

    - `file`: the checkpoint.
    - `candidates`: the best first, each with

      - `name`: the network, with the `--set` that it needs.
      - `fits`: whether all tensors fit.
      - `elements`: the elements of the tensors that fit.
      - `misfits`: the tensors that do not fit, with the keys of `tensors` in `check --weights FILE`.
    """
    found = [
        {
            "name": weights.network,
            "fits": not weights.misfits,
            "elements": weights.elements,
            "misfits": [tensor_data(fit) for fit in weights.misfits],
        }
        for weights in candidates
    ]
    return stamped({"file": file, "candidates": found})


def _counted(weights: Weights) -> str:
    fitting = sum(fit.verdict is Verdict.FITS for fit in weights.fits)
    return f"{fitting} of {sum(fit.name is not None for fit in weights.fits)}"


def verdict(weights: Weights) -> str:
    """Return `fits`, or in words what does not."""
    if not weights.misfits:
        return "fits"
    first, *others = map(misfit, weights.misfits)
    return f"{first}; and {len(others)} more" if others else first
