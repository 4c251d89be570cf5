"""Stages of networks, by how much smaller than the input their maps are: what may be compared where layers may not."""

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.layers import Shape
from archcalc.spec.inputs import by_name
from archcalc.table import Row, Table, Totals, add_up

WITHOUT_PLACES = None
"""The stage of features, and of maps of one place."""


class Stage(NamedTuple):
    """The layers of a network whose maps are as many times smaller than the input as a power of two says."""

    output_shape: Shape
    """That of the last of them."""
    layers: int
    totals: Totals


class Together(NamedTuple):
    """One stage in every network that has it, in the networks' order."""

    reduction: int | None
    """How many times smaller than the input its maps are, to the nearest power of two; None for no places at all."""
    stages: tuple[Stage | None, ...]


def in_stages(tables: Sequence[Table]) -> list[Together]:
    """Return the stages of networks side by side, from the largest maps to features."""
    several = [_stages(table) for table in tables]
    found = sorted({reduction for stages in several for reduction in stages if reduction is not None})
    ends = [WITHOUT_PLACES] if any(WITHOUT_PLACES in stages for stages in several) else []
    return [Together(reduction, tuple(stages.get(reduction) for stages in several)) for reduction in (*found, *ends)]


def _stages(table: Table) -> dict[int | None, Stage]:
    (_, *sizes) = next(iter(by_name(table.input_shape).values()))
    rows: dict[int | None, list[Row]] = {}
    for row in table.rows:
        rows.setdefault(_reduction(sizes, row.output_shape[1:]), []).append(row)
    return {key: Stage(several[-1].output_shape, len(several), add_up(several)) for key, several in rows.items()}


def _reduction(sizes: Sequence[int], places: Sequence[int]) -> int | None:
    """Return how many times smaller places are than those of the input along the first axis, as a power of two.

    >>> _reduction((224, 224), (55, 55)), _reduction((224, 224), (13, 13)), _reduction((224, 224), (1, 1))
    (4, 16, None)
    """
    if not sizes or set(places) <= {1}:
        return WITHOUT_PLACES
    power = 1
    while places[0] ** 2 * power**2 * 2 <= sizes[0] ** 2:  # nearer to twice as much, in the sense of a ratio
        power *= 2
    return power
