"""The networks that a checkpoint fits, as a sheet and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.weights import Verdict, Weights
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.errors import printable
from archcalc.render.check.weights import file_data, misfit, tensor_data, where_found
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_NETWORKS: Final = (
    Column("name", "name"),
    Column("tensors", "tensors that fit", leaves=2),
    Column("params", "elements that fit", number, right=True, leaves=1),
    Column("verdict", "verdict", prose=True),
)


def networks_sheet(candidates: Sequence[Weights], checkpoint: Checkpoint) -> Sheet:
    """Return a line for each network, the best fitting first."""
    rows = ((w.network, _counted(w), w.elements, verdict(w)) for w in candidates)
    title = f"networks that {printable(str(checkpoint.path))} fits, by the shapes of its tensors"
    return Sheet("", title, _NETWORKS, tuple(rows), notes=tuple(where_found(checkpoint)))


def networks_data(candidates: Sequence[Weights], checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the networks that a checkpoint may be of, as JSON.

    - `file`, `key`, `others`: the checkpoint, as in `check --weights FILE`.
    - `candidates`: the best first, each with

      - `name`: the network, with the `--set` that it needs.
      - `fits`: whether all tensors fit.
      - `elements`: the elements of the tensors that fit.
      - `guesses`: how many tensors fit by a guess, as their shapes are not the only ones of their kind.
      - `misfits`: the tensors that do not fit, with the keys of `tensors` in `check --weights FILE`.
    """
    found = [
        {
            "name": weights.network,
            "fits": not weights.misfit_count,
            "elements": weights.elements,
            "guesses": weights.guesses,
            "misfits": [tensor_data(fit) for fit in weights.misfits],
        }
        for weights in candidates
    ]
    return stamped({**file_data(checkpoint), "candidates": found})


def _counted(weights: Weights) -> str:
    return f"{sum(fit.verdict is Verdict.FITS for fit in weights.own)} of {len(weights.own)}"


def verdict(weights: Weights) -> str:
    """Return `fits`, or in words what does not."""
    if not weights.misfit_count:
        return f"fits, {weights.guesses} by a guess" if weights.guesses else "fits"
    first, others = misfit(next(weights.misfits)), weights.misfit_count - 1
    return f"{first}; and {others:,} more" if others else first
