"""What all parts of a chart share: where values lie in it."""

from typing import Final

from archcalc.render.chart import Axis
from archcalc.render.chart.labels import Area

WIDTH: Final = 800
HEIGHT: Final = 460

PLOT: Final = Area(66, 52, 784, 408)
LETTER: Final = 6.6
"""The width of a letter."""
LINE: Final = 15


def across(axis: Axis, value: float) -> float:
    return PLOT.left + axis.place(value) * (PLOT.right - PLOT.left)


def down(axis: Axis, value: float) -> float:
    return PLOT.bottom - axis.place(value) * (PLOT.bottom - PLOT.top)
