"""What is measured to calibrate a machine: networks, in which each layer is timed, and layers by themselves.

- The networks of the catalogue, each for a few batches. Some are held out: what is predicted of these shows how far
  predictions can be trusted, and no layer of theirs is learnt from.
- Layers of every kind, alone, with other sizes than they have in any network; a dozen of about the same work after one
  another, as in a network.

All is drawn with a seed, and measured in random order: what disturbs a machine for a while disturbs all alike.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.analysis.predict.load import ELEMENT_BYTES, loads, sort_of
from archcalc.errors import ArchError, Mark
from archcalc.graph import Graph, Node, link
from archcalc.layers import Layer, Shape
from archcalc.layers.base import field_of_type
from archcalc.layers.fields import GroupCount, Width, WindowSize
from archcalc.spec.model import Entry, Spec
from archcalc.table import row_of

KINDS_FILE: Final = Path(__file__).with_name("kinds.yaml")
"""A spec with layers of the kinds that no network of the catalogue has."""

BATCHES: Final = (1, 2, 4, 8, 16, 32)
_BATCHES_EACH: Final = 3
_HELD_OUT: Final = 4
"""One network in so many is held out."""
_MOST_MACS: Final = 2 * 10**10
"""Of a pass."""
_MOST_BYTES: Final = 2**26
"""What a layer alone moves."""
_OF_EACH_KIND: Final = 24
_OF_EACH_SORT: Final = 36
"""Layers alone; of a kind whose time is about more than its bytes, more of each sort."""
_TOGETHER: Final = 12
_TRIES: Final = 20
_STEPS: Final = (1, 4, 8, 8, 16, 16, 32)
"""What numbers of channels are multiples of."""
_WINDOWS: Final = (1, 2, 3, 3, 4, 5, 7)
_ANOTHER_WINDOW: Final = 0.5
"""How often a layer alone has a window of another size."""


class Job(NamedTuple):
    """A network that is measured with a batch, layer by layer."""

    graph: Graph
    batch: int
    is_held_out: bool = False
    is_network: bool = True
    """Whether it is a network, and not layers alone."""

    @property
    def words(self) -> str:
        return f"{self.graph.spec.label}, batch {self.batch}"


def grid(networks: Sequence[Graph], others: Graph, seed: int) -> list[Job]:
    """Return all that is measured, in the order in which it is; `others` has the kinds that networks are without."""
    draw = random.Random(seed)
    held_out = {graph.spec.name for graph in draw.sample(networks, len(networks) // _HELD_OUT)}
    jobs = [
        Job(graph, batch, graph.spec.name in held_out)
        for graph in networks
        for batch in (1, *draw.sample(BATCHES[1:], _BATCHES_EACH - 1))
        if batch * sum(row_of(node).macs for node in graph.nodes) <= _MOST_MACS
    ]
    shown = [graph for graph in networks if graph.spec.name not in held_out]
    jobs += _alone([*shown, others], draw)
    draw.shuffle(jobs)
    return jobs


def layers_of(graphs: Iterable[Graph]) -> set[tuple[Layer, tuple[Shape, ...]]]:
    """Return the layers that networks have, each with what it reads."""
    return {(node.layer, node.device_inputs) for graph in graphs for node in graph.nodes}


def _alone(graphs: Iterable[Graph], draw: random.Random) -> Iterator[Job]:
    """Yield layers by themselves, a dozen of about the same work at a time."""
    by_kind: dict[str, dict[tuple[Layer, tuple[Shape, ...]], Node]] = {}
    for graph in graphs:
        for node in graph.nodes:
            by_kind.setdefault(node.layer.op, {})[node.layer, node.device_inputs] = node
    varied = [one for nodes in by_kind.values() for one in _varied(list(nodes.values()), draw)]
    varied.sort(key=lambda one: _work(one))
    for start in range(0, len(varied), _TOGETHER):
        some = varied[start : start + _TOGETHER]
        batch = draw.choice(BATCHES)
        while batch > 1 and batch * max(map(_work, some)) > _MOST_BYTES:
            batch //= 2
        yield Job(_beside_each_other(some), batch, is_network=False)


class _One(NamedTuple):
    """A layer and what it reads."""

    layer: Layer
    inputs: tuple[Shape, ...]


def _varied(nodes: Sequence[Node], draw: random.Random) -> Iterator[_One]:
    """Yield layers of one kind in other sizes."""
    wanted = _OF_EACH_SORT if nodes[0].layer.counted else _OF_EACH_KIND
    by_sort: dict[str, list[Node]] = {}
    for node in nodes:
        by_sort.setdefault(sort_of(node, 1), []).append(node)
    for some in by_sort.values():
        for _ in range(wanted):
            node = draw.choice(some)
            tried = (_vary(node, draw) for _ in range(_TRIES))
            yield next(filter(_is_legal, tried), _One(node.layer, node.device_inputs))


def _vary(node: Node, draw: random.Random) -> _One:
    """Return a layer with half to twice its channels, places and outputs, maybe with another window."""
    layer, step = node.layer, draw.choice(_STEPS)
    channels, places, width = (2 ** draw.uniform(-1, 1) for _ in range(3))
    inputs = [(_times(x[0], channels, step), *(_times(size, places, 1) for size in x[1:])) for x in node.device_inputs]
    of_width, of_groups, of_window = (field_of_type(type(layer), of) for of in (Width, GroupCount, WindowSize))
    new: dict[str, Any] = {}
    if of_window and draw.random() < _ANOTHER_WINDOW:
        new[of_window] = (draw.choice(_WINDOWS),) * len(getattr(layer, of_window))
    if of_width:
        new[of_width] = _times(getattr(layer, of_width), width, step)
    if of_groups and (groups := getattr(layer, of_groups)) > 1:
        if groups == node.device_inputs[0][0]:
            groups = inputs[0][0]
            new[of_groups] = groups
        inputs = [(_times(x[0], 1, groups), *x[1:]) for x in inputs]
        if of_width:
            new[of_width] = _times(new[of_width] if new[of_width] > groups else groups, 1, groups)
    return _One(type(layer)(**vars(layer) | new), tuple(inputs))


def _times(size: int, factor: float, step: int) -> int:
    """Return about so many times a size, as a multiple of `step`, if it is not much smaller itself."""
    step = step if size >= step else 1
    return max(1, round(size * factor / step)) * step


def _is_legal(one: _One) -> bool:
    try:
        one.layer.check(*one.inputs)
        one.layer.twin(*one.inputs)
        return _work(one) <= _MOST_BYTES
    except ArchError:
        return False


def _work(one: _One) -> int:
    """Return the bytes that a layer reads and moves for an example, or a sixteenth of its FLOPs, which take as long.

    A view reads what it does not move: its input has to be there all the same.
    """
    (load,) = loads(_beside_each_other([one]), 1)
    flops, *moved, _, _ = load.terms
    return max(flops // 16, sum(moved), ELEMENT_BYTES * sum(map(prod, one.inputs)))


def _beside_each_other(some: Sequence[_One]) -> Graph:
    """Return layers as a network in which each reads inputs of its own."""
    entries: list[Entry] = []
    inputs: dict[str, Shape] = {}
    for place, one in enumerate(some):
        names = [f"x{place}_{number}" for number in range(len(one.inputs))]
        inputs |= dict(zip(names, one.inputs, strict=True))
        mark = Mark("layers alone", place + 1, 1)
        entries.append(Entry(f"layer{place}", one.layer, tuple(names), None, False, mark))
    return link(Spec(name=f"{len(some)} layers alone", input_shape=inputs, layers=tuple(entries)))
