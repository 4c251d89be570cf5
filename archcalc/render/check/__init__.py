"""A spec next to PyTorch, as sheets and as JSON: counters, somebody's model, a checkpoint."""

from collections.abc import Sequence

from archcalc.analysis.check.against import Against
from archcalc.analysis.check.agreement import Agreement
from archcalc.analysis.weights import Weights
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.render.answer import Answer
from archcalc.render.check.against import against_data, against_sheet
from archcalc.render.check.agreement import data, layers_sheet, networks_sheet
from archcalc.render.check.weights import tensors_data, tensors_sheet
from archcalc.render.envelope import results


def of_counters(agreements: Sequence[Agreement]) -> Answer:
    """Show one network layer by layer, several a line each."""
    sheet = layers_sheet(agreements[0]) if len(agreements) == 1 else networks_sheet(agreements)
    return Answer([sheet], lambda: results([data(agreement) for agreement in agreements]))


def of_model(found: Against) -> Answer:
    """Show a network next to somebody's model."""
    return Answer([against_sheet(found)], lambda: against_data(found))


def of_weights(weights: Weights, checkpoint: Checkpoint) -> Answer:
    """Show a network next to the tensors of a checkpoint."""
    return Answer([tensors_sheet(weights, checkpoint)], lambda: tensors_data(weights, checkpoint))
