"""The inputs that a network takes (`inputs`), how a layer comes to a size (`layer_output`), runs of sizes (`runs`)."""

from typing import Final

from archcalc.analysis.solve.layer_output import LayerOutput
from archcalc.analysis.solve.solution import Solution
from archcalc.render.answer import Answer
from archcalc.render.solve import inputs, layer_output

_MOST_WAYS: Final = 12
"""How many strides and paddings are listed for a person; a program gets all."""


def of_inputs(solution: Solution) -> Answer:
    """Show the inputs that a network takes."""
    return Answer([inputs.sheet(solution)], lambda: inputs.data(solution))


def of_layer_output(found: LayerOutput) -> Answer:
    """Show how a layer comes to make a size."""
    return Answer(
        [layer_output.sheet(found, _MOST_WAYS)],
        lambda: layer_output.data(found),
        bare=lambda: [layer_output.sheet(found)],
    )
