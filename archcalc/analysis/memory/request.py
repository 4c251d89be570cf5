"""What memory is asked for: a batch, a mode, the numbers, and what trains the network."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from archcalc.errors import ArchError, listing
from archcalc.graph import Graph
from archcalc.layers.fields import spell
from archcalc.spec.model import BYTES

MOST: Final = 10**9
"""The most examples in a batch."""


class Mode(StrEnum):
    """What the network does."""

    INFER = "infer"
    TRAIN = "train"


class Dtype(StrEnum):
    """The numbers of a network: its weights, maps and gradients. Indices are 64-bit whatever these are."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"

    @property
    def size(self) -> int:
        """How many bytes a number has."""
        return BYTES[self]


class Optimizer(StrEnum):
    """What trains a network; momentum and adamw have a weight decay, as their recipes do."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    ADAM = "adam"
    ADAMW = "adamw"

    @property
    def states(self) -> int:
        """How many tensors it remembers for each parameter, as large as that."""
        return {Optimizer.SGD: 0, Optimizer.MOMENTUM: 1}.get(self, 2)

    @property
    def counts_steps(self) -> bool:
        """Whether it counts the steps of each parameter, in a 32-bit number."""
        return self.states == 2

    @property
    def adds_decay(self) -> bool:
        """Whether it adds a part of each parameter to a copy of its gradient; adamw shrinks weights in place."""
        return self is Optimizer.MOMENTUM


@dataclass(frozen=True)
class Request:
    """What memory is asked for."""

    mode: Mode = Mode.INFER
    batch: int = 1
    dtype: Dtype = Dtype.FP32
    optimizer: Optimizer | None = None
    """None in inference."""
    in_place: bool | None = None
    """Whether all layers that can work in place do, or none; None for those that the spec says."""

    @property
    def is_training(self) -> bool:
        return self.mode is Mode.TRAIN

    def of(self, batch: int) -> "Request":
        """Return the same for another batch."""
        return replace(self, batch=batch)


def requested(
    mode: str = "infer",
    batch: int = 1,
    dtype: str = "fp32",
    optimizer: str | None = None,
    in_place: bool | None = None,
) -> Request:
    """Return what is asked for in words. Raises ArchError for words and numbers that make no sense, or not together."""
    for kind, name, word in ((Mode, "mode", mode), (Dtype, "dtype", dtype), (Optimizer, "optimizer", optimizer)):
        if word is not None and word not in [*kind]:
            raise ArchError(f"{name} must be {listing([*kind])}, got {spell(word)}")
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MOST:
        raise ArchError(f"batch must be an integer from 1 to {MOST:,}, got {spell(batch)}")
    if mode == Mode.INFER:
        if optimizer is not None:
            raise ArchError(f"inference has no optimizer: give --mode train for {optimizer}")
        return Request(Mode.INFER, batch, Dtype(dtype), None, in_place)
    if dtype == Dtype.INT8:
        raise ArchError("int8 is for inference: torch computes no gradients in it; give fp32, fp16 or bf16 to train")
    return Request(Mode.TRAIN, batch, Dtype(dtype), Optimizer(optimizer or Optimizer.MOMENTUM), in_place)


def in_place_as(graph: Graph, in_place: bool | None) -> Graph:
    """Return a graph of which all layers that can work in place do, where that changes nothing else, or none."""
    if in_place is None:
        return graph
    able = dict.fromkeys(node.layer.op for node in graph.nodes if node.layer.may_overwrite())
    return replace(graph, spec=replace(graph.spec, inplace=tuple(able) if in_place else ()))
