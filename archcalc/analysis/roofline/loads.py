"""What each layer computes and moves, the time that this takes at least, and from which batch on it is compute-bound.

A layer with `flops` an example moves `weights + batch * each` bytes. Its arithmetic takes as long as that, or longer,
where batch * flops >= ridge * (weights + batch * each), with the ridge in FLOPs for each byte.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from archcalc.analysis.roofline.roofs import Roof, Roofs
from archcalc.analysis.work import Traffic
from archcalc.graph import Graph

_TERA: Final = 1e12
_GIGA: Final = 1e9


class Load(NamedTuple):
    """What a layer computes for an example, and what it moves, in bytes: once for a batch, and for each example."""

    flops: int
    weights: int
    each: int
    roof: Roof

    @property
    def turning(self) -> int | None:
        """The smallest batch at which it is compute-bound; None where it never is."""
        ridge = self.roof.ridge
        gained = self.flops * ridge.denominator - self.each * ridge.numerator
        if gained > 0:
            return max(1, -(-self.weights * ridge.numerator // gained))
        return 1 if self.flops and gained == 0 == self.weights else None

    def bytes(self, batch: int) -> int:
        """Return the bytes that it moves for a batch."""
        return self.weights + batch * self.each

    def seconds(self, batch: int) -> float:
        """Return the time that it takes at least for a batch."""
        return max(
            batch * self.flops / (self.roof.tflops * _TERA),
            self.bytes(batch) / (self.roof.gbs * _GIGA),
        )


def loads_of(graph: Graph, moves: Sequence[Traffic], roofs: Roofs) -> list[Load]:
    """Return the load of each layer, under the roof of convolutions or of products of matrices."""
    size = roofs.element_bytes
    return [
        Load(
            one.flops,
            size * one.weights,
            size * (one.inputs + one.output),
            roofs.convolutions if node.layer.convolves else roofs.products,
        )
        for node, one in zip(graph.nodes, moves, strict=True)
    ]


def network_turns(loads: Iterable[Load]) -> int | None:
    """Return the smallest batch at which compute-bound layers take at least half of the time; None for never.

    Their share only grows with the batch: a layer that is compute-bound stays so, and takes as long for each example;
    what others take for each example gets less. Between two turning batches both sums are linear.
    """
    by_turning: dict[float, list[Load]] = {}
    weights = each = 0
    for load in loads:
        by_turning.setdefault(load.turning or inf, []).append(load)
        weights, each = weights + load.weights, each + load.each
    computing = Fraction(0)  # the bytes that move in the time that compute-bound layers take for an example
    starts = sorted(turning for turning in by_turning if turning != inf)
    for start, end in pairwise([*starts, inf]):
        for load in by_turning[start]:
            weights, each = weights - load.weights, each - load.each
        computing += sum(Fraction(load.flops, load.roof.ridge) for load in by_turning[start])
        gained = computing - each
        first = -(-weights // gained) if gained > 0 else 0 if gained == 0 == weights else inf
        if max(start, first) < end:
            return int(max(start, first))
    return None
