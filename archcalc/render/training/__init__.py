"""A training of a network: a sheet with the ways of counting, and JSON."""

from archcalc.analysis.training.training import Training
from archcalc.render.answer import Answer
from archcalc.render.training.data import data
from archcalc.render.training.sheet import bare_sheet, sheet


def answer(found: Training) -> Answer:
    """Show the FLOPs of a training by each way of counting, and what they come to."""
    return Answer([sheet(found)], lambda: data(found), bare=lambda: [bare_sheet(found)])
