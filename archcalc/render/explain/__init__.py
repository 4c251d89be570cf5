"""Where numbers come from: a layer (`layers`), a whole network (`chain`), and the writing of formulas (`formula`)."""

from archcalc.analysis.explain.explanation import Explanation
from archcalc.render.answer import Answer
from archcalc.render.explain.chain import chain_sheet
from archcalc.render.explain.layers import data, layer_sheets


def answer(explanation: Explanation) -> Answer:
    """Show layers with every number on the way, or one quantity of a whole network, from the input to the output."""
    sheets = [chain_sheet(explanation)] if explanation.is_chain else layer_sheets(explanation)
    return Answer(sheets, lambda: data(explanation))
