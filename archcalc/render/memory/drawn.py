"""What is alive as a network runs, as a chart: a step for each layer in each pass, and what it is for."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from archcalc.analysis.memory.pool import Pass, Sort
from archcalc.analysis.memory.timeline import Timeline
from archcalc.errors import listing
from archcalc.render.chart import Axis, Chart, Rule, stacked
from archcalc.render.words import short

_SORTS: Final = (
    Sort.WEIGHTS,
    Sort.BUFFERS,
    Sort.INPUTS,
    Sort.OPTIMIZER,
    Sort.GRADIENTS,
    Sort.ACTIVATIONS,
    Sort.TEMPORARIES,
)
"""From the lowest: what stays comes first."""

_HEADROOM: Final = 1.14
"""How much higher than the peak a chart is, for its labels."""

_UNITS: Final = ((10**9, "GB"), (10**6, "MB"), (10**3, "KB"), (1, "B"))


def unit_of(most: int) -> tuple[int, str]:
    """Return the unit in which a chart tells sizes up to `most`.

    >>> unit_of(246_339_744), unit_of(999)
    ((1000000, 'MB'), (1, 'B'))
    """
    return next(one for one in _UNITS if most >= one[0] or one[0] == 1)


def chart(found: Timeline, title: str) -> Chart:
    """Return the most that is alive in each step, by what it is for."""
    most, steps = found.peak.total, len(found.phases)
    each, unit = unit_of(most)
    there = [sort for sort in _SORTS if any(phase.at_highest[sort] for phase in found.phases)]
    parts = [[phase.at_highest[sort] / each for phase in found.phases] for sort in _SORTS]
    says_pass = found.request.is_training and found.peak.during != Pass.STEP
    layer = found.peak.layer or "the input"
    where = f"{layer}, {found.peak.during}" if says_pass else layer
    return Chart(
        title=title,
        description=(
            f"The most bytes that are alive as each of {steps} steps runs, for {listing(list(there), 'and')}. "
            f"The peak is {most:,} bytes, at {where}."
        ),
        x=Axis("layers, in the order in which they run", 0, steps),
        y=Axis(unit, 0, _HEADROOM * most / each),
        bands=stacked(range(steps + 1), parts, _SORTS),
        rules=(*_ends(found), Rule(most / each, f"peak: {short(most, 'B')} at {where}", is_level=True)),
        series=tuple(str(sort) if sort in there else "" for sort in _SORTS),
    )


def _ends(found: Timeline) -> Iterator[Rule]:
    """Yield where each pass ends, if there are several."""
    places = [place for place, (one, other) in enumerate(pairwise(found.phases), 1) if one.during != other.during]
    for place in [*places, len(found.phases)] if places else []:
        yield Rule(place, str(found.phases[place - 1].during))
