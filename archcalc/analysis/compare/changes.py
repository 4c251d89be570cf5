"""Differences between two layers, as far as the layers themselves show them."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from archcalc.graph import Node
from archcalc.layers.base import Role, field_of_type
from archcalc.layers.fields import Width
from archcalc.table import Row

_INPUTS: Final = {0: "in_channels", -1: "in_features"}
"""The name of what is read along the axis that weights go with."""

_ALL: Final = ("shapes", "params", "macs")
_BEARING: Final = {
    **dict.fromkeys(("layer", "op", "reads"), _ALL),
    **dict.fromkeys(("in_channels", "in_features", "devices", "gather", "split"), ("params", "macs")),
    "in_size": ("macs",),
}
"""The quantities that change with another input, or with another division."""


class Part(NamedTuple):
    """A layer of one network."""

    node: Node
    row: Row

    @property
    def role(self) -> Role:
        return self.node.layer.role

    @property
    def split(self) -> int:
        """How devices and groups divide the work, as a number that is equal where they divide it alike.

        It is the number of parts of the input that have outputs of their own, or for a kind that leaves channels apart
        how often each is worked on.
        """
        whole, read = self.node.input_shapes[0][0], self.node.device_inputs[0][0]
        if self.node.layer.mixes_channels:
            return whole // read * (self.row.groups or 1)
        return read * self.node.copies // whole


class Split(NamedTuple):
    """How a layer is divided."""

    groups: int
    devices: int


class Change(NamedTuple):
    """One difference.

    `what` is a field, `op`, `reads` (the layers that it reads), `in_channels`, `in_features` or `in_size` (what it
    reads of them), `devices`, `gather`, `split` (groups and devices, where these differ and divide alike) or `layer`,
    the layer itself, which None says is not there.
    """

    what: str
    before: Any
    after: Any
    idle: bool = False
    """Whether the layer computes the same nevertheless."""
    of_field: tuple[str, ...] = ()
    """Of a field, the quantities whose rules read it."""

    @property
    def bears_on(self) -> tuple[str, ...]:
        """Of "shapes", "params" and "macs", those that it may change; some, such as a dropout's p, change none."""
        return _BEARING.get(self.what, self.of_field)


def changes(before: Part, after: Part) -> Iterator[Change]:
    """Return what differs in `after`, except where the layers that it reads stand in its network."""
    if before.row.op != after.row.op:
        yield Change("op", before.row.op, after.row.op)
        yield from _across_kinds(before, after)
    else:
        yield from _reading(before, after)
    ours, theirs = _fields(before), _fields(after)
    layer, reads = before.node.layer, before.node.device_inputs
    divided_alike = before.split == after.split
    for name in ours:
        if name in theirs and ours[name] != theirs[name] and not (name == "groups" and divided_alike):
            yield Change(name, ours[name], theirs[name], of_field=layer.bearing(name, *reads))
    yield from _dividing(before, after, divided_alike)


def _across_kinds(before: Part, after: Part) -> Iterator[Change]:
    """Compare what a linear layer and a convolution that stands in for it read and make, both counted as features."""
    if not (before.role is after.role is Role.WEIGHTS):
        return
    ours, theirs = ({"in_features": _features_read(p), "out_features": p.row.output_shape[0]} for p in (before, after))
    for what in ours:
        if ours[what] != theirs[what]:
            yield Change(what, ours[what], theirs[what])


def _features_read(part: Part) -> int:
    """Return how many features one output reads."""
    return part.row.macs // part.row.activations


def _reading(before: Part, after: Part) -> Iterator[Change]:
    """Return differences in what is read that change weights and work, although no field of the layer differs."""
    ours, theirs = before.row.input_shapes[0], after.row.input_shapes[0]
    axis = before.node.layer.input_axis
    if axis is None or len(ours) != len(theirs) or not (before.row.params or after.row.params):
        return
    what = _INPUTS[axis if len(ours) > 1 else -1]
    if ours[axis] != theirs[axis]:
        yield Change(what, ours[axis], theirs[axis])
    if what == "in_channels" and ours[1:] != theirs[1:] and before.row.macs != after.row.macs:
        yield Change("in_size", ours[1:], theirs[1:])


def _fields(part: Part) -> dict[str, Any]:
    """Return the layer's fields; what several devices make side by side is counted together."""
    copies = part.node.copies
    widths = (field_of_type(type(part.node.layer), Width),)
    return {name: value * copies if name in widths else value for name, value in vars(part.node.layer).items()}


def _dividing(before: Part, after: Part, divided_alike: bool) -> Iterator[Change]:
    ours, theirs = (Split(part.row.groups or 1, part.node.copies) for part in (before, after))
    if divided_alike and ours.groups != theirs.groups:
        yield Change("split", ours, theirs)
    elif ours.devices != theirs.devices:
        yield Change("devices", ours.devices, theirs.devices, idle=divided_alike)
    elif before.node.gather != after.node.gather:
        yield Change("gather", before.node.gather, after.node.gather, idle=divided_alike)
