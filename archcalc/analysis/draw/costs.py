"""Where the params, the MACs and the activations of a network are, and its time: block by block, in their order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from archcalc.analysis.draw.flow import closed_units
from archcalc.analysis.profile.files import read_records
from archcalc.analysis.profile.record import LayerTime
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.table import row_of

_MOST: Final = 40


class Part(NamedTuple):
    """A block, or a layer with those that follow it, where it is used; `milliseconds` of a step that was measured."""

    name: str
    times: int
    last_name: str
    nodes: tuple[Node, ...]
    params: int
    macs: int
    activations: int
    varies: bool = False
    """Whether it is a block that has not the same numbers each time."""
    milliseconds: float | None = None


@dataclass(frozen=True)
class Costs:
    """The parts of a network that cost anything."""

    graph: Graph
    parts: tuple[Part, ...]
    is_merged: bool
    """Whether parts that follow each other are one, since there are too many."""
    timed: str = ""
    """What the times are of, where there are any."""


def costs_of(graph: Graph, profile: str | None = None) -> Costs:
    """Return what each part costs, with its time in the file of a record. Raises ArchError for one of another network.

    The times are those that `archcalc profile --layers` measures.
    """
    units, is_merged = closed_units(graph, _MOST)
    apart = [one for unit in units for one in unit.by_numbers()]
    if len(apart) <= _MOST:
        units = apart
    timed, times = _times(graph, profile) if profile else ("", {})
    parts = []
    for unit in units:
        nodes = tuple(node for group in unit.all for node in group.nodes)
        rows = [row_of(node) for node in nodes]
        params, macs, made = (sum(getattr(row, name) for row in rows) for name in ("params", "macs", "activations"))
        took = sum(times.get(node.name, 0.0) for node in nodes) if times else None
        parts.append(Part(unit.name, unit.times, unit.last_name, nodes, params, macs, made, unit.varies, took))
    return Costs(graph, tuple(parts), is_merged, timed)


def _times(graph: Graph, file: str) -> tuple[str, dict[str, float]]:
    """Return what was measured, and the milliseconds of each layer."""
    records = read_records(Path(file), "--from-profile")
    names = {node.name for node in graph.nodes}
    found = [record for record in records if record.layers and {one.name for one in record.layers.layers} == names]
    if not found:
        has = "layers of another network" if any(record.layers for record in records) else "no times of layers"
        raise ArchError(f"--from-profile: {file} has {has}: run archcalc profile {graph.spec.name} --layers")
    if len(found) > 1:
        raise ArchError(f"--from-profile: {file} has {len(found)} records of this network: give a file with one")
    record = found[0]
    assert record.layers is not None
    precision = record.request.precision
    when = record.created.partition("T")[0]
    words = f"{record.environment.name}, batch {record.batch.used}, {precision}, measured on {when}"
    return words, dict(_milliseconds(record.layers.layers))


def _milliseconds(layers: Iterable[LayerTime]) -> Iterator[tuple[str, float]]:
    for layer in layers:
        yield layer.name, layer.step.median_ms
