"""The meanings of a number or a shape (`meanings`), and the networks that a checkpoint fits (`checkpoints`)."""

from collections.abc import Sequence
from typing import Final

from archcalc.analysis.weights import Weights
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.render.answer import Answer
from archcalc.render.identify.checkpoints import networks_data, networks_sheet

_NEAREST: Final = 3
"""How many are named where none fits."""


def of_checkpoint(candidates: Sequence[Weights], checkpoint: Checkpoint) -> Answer:
    """Show the networks that a checkpoint fits, or those that come nearest."""
    shown = [one for one in candidates if not one.misfit_count] or candidates[:_NEAREST]
    return Answer([networks_sheet(shown, checkpoint)], lambda: networks_data(shown, checkpoint))
