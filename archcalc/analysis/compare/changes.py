"""What is otherwise in one layer than in another, as far as the two tell of themselves."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from archcalc.graph import Node
from archcalc.layers.activation import Softmax
from archcalc.layers.base import Activation
from archcalc.table import Row

_ROLES: Final = {
    **dict.fromkeys(("conv2d", "linear"), "weights"),
    **dict.fromkeys(("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"), "pool"),
    **dict.fromkeys(("local_response_norm", "batch_norm2d", "batch_norm1d"), "norm"),
    **dict.fromkeys(("add", "concat"), "merge"),
}
"""What kinds stand in for each other."""

_MIXING: Final = ("conv2d", "linear", "local_response_norm", "softmax")
"""Kinds whose outputs are made of several channels, so that it counts which of them a device reads."""


class Part(NamedTuple):
    """A layer of one network."""

    node: Node
    row: Row

    @property
    def role(self) -> str:
        is_activation = isinstance(self.node.layer, Activation | Softmax)
        return "activation" if is_activation else _ROLES.get(self.row.op, self.row.op)

    @property
    def split(self) -> int:
        """How devices and groups divide the work, as a number that is equal where they divide it alike.

        It is the number of parts of the input that have outputs of their own, or for a kind that leaves channels apart
        how often each is worked on.
        """
        whole, read = self.node.input_shapes[0][0], self.node.device_inputs[0][0]
        return whole // read * (self.row.groups or 1) if self.row.op in _MIXING else read * self.node.copies // whole


class Split(NamedTuple):
    """How a layer is divided."""

    groups: int
    devices: int


class Change(NamedTuple):
    """One thing that is otherwise.

    `what` is a field, `op`, `reads` (the layers that it reads), `in_channels`, `in_features` or `in_size` (what it
    reads of them), `devices`, `gather`, `split` (groups and devices, where these differ and divide alike) or `layer`,
    the layer itself, which None says is not there.
    """

    what: str
    before: Any
    after: Any
    idle: bool = False
    """Whether the layer computes the same all the same."""


def changes(before: Part, after: Part) -> Iterator[Change]:
    """What is otherwise in `after`, but for where what it reads stands in its network."""
    if before.row.op != after.row.op:
        yield Change("op", before.row.op, after.row.op)
        yield from _across_kinds(before, after)
    else:
        yield from _reading(before, after)
    ours, theirs = _fields(before), _fields(after)
    divided_alike = before.split == after.split
    for name in ours:
        if name in theirs and ours[name] != theirs[name] and not (name == "groups" and divided_alike):
            yield Change(name, ours[name], theirs[name])
    yield from _dividing(before, after, divided_alike)


def _across_kinds(before: Part, after: Part) -> Iterator[Change]:
    """What a linear layer and a convolution that stands in for it read and make, both counted as features."""
    if before.role != "weights" or after.role != "weights":
        return
    ours, theirs = ({"in_features": _features_read(p), "out_features": p.row.output_shape[0]} for p in (before, after))
    for what in ours:
        if ours[what] != theirs[what]:
            yield Change(what, ours[what], theirs[what])


def _features_read(part: Part) -> int:
    """By one output."""
    return part.row.macs // part.row.activations


def _reading(before: Part, after: Part) -> Iterator[Change]:
    """What makes weights and work other than they were, although no field of the layer does."""
    ours, theirs = before.row.input_shapes[0], after.row.input_shapes[0]
    if len(ours) != len(theirs) or not (before.row.params or after.row.params):
        return
    what, axis = ("in_features", -1) if before.row.op in ("linear", "batch_norm1d") else ("in_channels", 0)
    if ours[axis] != theirs[axis]:
        yield Change(what, ours[axis], theirs[axis])
    if what == "in_channels" and ours[1:] != theirs[1:] and before.row.macs != after.row.macs:
        yield Change("in_size", ours[1:], theirs[1:])


def _fields(part: Part) -> dict[str, Any]:
    """The layer's fields; what several devices make side by side is counted together."""
    copies = part.node.copies
    return {
        name: value * copies if name in ("out_channels", "out_features") else value
        for name, value in vars(part.node.layer).items()
    }


def _dividing(before: Part, after: Part, divided_alike: bool) -> Iterator[Change]:
    ours, theirs = (Split(part.row.groups or 1, part.node.copies) for part in (before, after))
    if divided_alike and ours.groups != theirs.groups:
        yield Change("split", ours, theirs)
    elif ours.devices != theirs.devices:
        yield Change("devices", ours.devices, theirs.devices, idle=divided_alike)
    elif before.node.gather != after.node.gather:
        yield Change("gather", before.node.gather, after.node.gather, idle=divided_alike)
