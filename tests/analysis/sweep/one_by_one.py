"""The variants of a sweep one by one, by the table of each: what arrays must come to."""

import os
from collections.abc import Mapping
from itertools import product
from typing import Any

import archcalc
from archcalc.analysis.sweep.axes import BATCH
from archcalc.analysis.sweep.quantities import TOTALS
from archcalc.answers.sweep import Sweep
from archcalc.errors import ArchError
from archcalc.spec.inputs import INPUT


def alone(network: archcalc.Network, values: Mapping[str, Any]) -> tuple[int, ...] | str:
    """The totals of a variant, as its table has them, or what is wrong with it."""
    settings = dict(values)
    shape, batch = settings.pop(INPUT, None), settings.pop(BATCH, 1)
    shapes = {name.removeprefix("input."): settings.pop(name) for name in values if name.startswith("input.")}
    shape = {**network.spec.inputs, **shapes} if shapes else shape
    try:
        totals = network.with_(input_shape=shape, **settings).table(batch).totals
    except ArchError as error:
        return ": ".join(part for part in (error.faults[0].within.removeprefix("layer "), error.faults[0].what) if part)
    return tuple(getattr(totals, name) for name in TOTALS)


def rows(sweep: Sweep) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The totals of each legal variant, by its values."""
    axes = sweep.search.space.names
    return {tuple(row[: len(axes)]): tuple(map(int, row[len(axes) :])) for row in sweep.found.rows()}


def expect_same(network: archcalc.Network, vary: Mapping[str, Any], **of_space: Any) -> Sweep:
    """Hold every variant of a sweep against its own table: each row, each fault, and the counts of faults."""
    sweep = network.sweep(vary, columns=TOTALS, **of_space)
    axes = sweep.search.space.axes
    expected = {
        point: alone(network, dict(zip(sweep.search.space.names, point, strict=True)))
        for point in product(*(axis.values for axis in axes))
    }
    assert rows(sweep) == {point: found for point, found in expected.items() if not isinstance(found, str)}
    for one in sweep.search.evaluators:
        assert one.bounds is not None
    ends = [one.bounds.columns for one in sweep.search.evaluators if one.bounds]
    for totals in rows(sweep).values():
        for name, total in zip(TOTALS, totals, strict=True):
            assert min(each[name][0] for each in ends) <= total <= max(each[name][1] for each in ends), name
    faults = [found for found in expected.values() if isinstance(found, str)]
    refused = sweep.found.refused
    assert sum(one.variants for one in refused) == sweep.found.outcome.illegal == len(faults)
    for one in refused:
        point = tuple(one.example[axis.name] for axis in axes)
        assert expected[point] == ": ".join(part for part in (one.layer, one.why) if part)
    layers = {one.layer for one in refused}
    assert layers == {fault.partition(": ")[0] if ": " in fault else "" for fault in faults}
    return sweep


def ends(search: object, number: int) -> Any:
    """End the process, as one that runs out of memory is ended."""
    os._exit(9)
