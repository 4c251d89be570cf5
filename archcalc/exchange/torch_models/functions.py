"""What functions of torch do, as the kinds declare it: whose work each does, and the names of its arguments."""

import re
from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer, Shape
from archcalc.layers.fields import PaddingType, PerAxis

FUNCTIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    function: (kind.torch_call.rpartition(".")[2], words)
    for kind in KINDS.values()
    for function, words in kind.torch_functions.items()
}
"""Functions with the modules whose work they do, and the names of their arguments after the input."""

REDUCTIONS: Final[Mapping[str, str]] = {
    function: kind.torch_call.rpartition(".")[2] for kind in KINDS.values() for function in kind.torch_reductions
}
"""Functions that do a module's work over the axes that they are given."""

BY_PARAMETER: Final = {function: kind for kind in KINDS.values() for function in kind.torch_by_parameter}
"""Functions that do a kind's work where one of the tensors that they are given is a parameter."""

BY_NUMBER: Final = frozenset(function for kind in KINDS.values() for function in kind.torch_by_number)
"""Functions that do a layer's work with a tensor and a number."""

BROADCASTING: Final = frozenset(
    function for kind in KINDS.values() if kind.broadcasts for function in kind.torch_functions
)
"""Functions of kinds for which what is read need not be repeated first."""

DONE_BY: Final = {function: kind for kind in KINDS.values() for function in kind.torch_functions}
"""The kind of layer whose work each function does."""

WEIGHTED: Final[dict[str, list[type[Layer]]]] = {}
"""The kinds whose work a function does with weights."""
for _kind in KINDS.values():
    for _function in _kind.torch_weighted:
        WEIGHTED.setdefault(_function, []).append(_kind)

TENSORS: Final = ("weight", "bias", "running_mean", "running_var")
"""The arguments of these functions that are tensors."""
COUNTER: Final = "num_batches_tracked"
STATE: Final = (*TENSORS, "gain", COUNTER)
"""The names that the tensors of such a layer have in a model's state, after its path."""

PER_AXIS: Final = frozenset(
    name
    for kind in KINDS.values()
    for name, field in kind.fields.items()
    if isinstance(field.type, PerAxis | PaddingType)
)
"""Arguments for which torch takes one number, or one for each axis."""

MAP_AXES: Final = (2, 3)
"""Height and width, as torch counts axes."""

PAD_CLASSES: Final = {"constant": "ConstantPad{}d", "reflect": "ReflectionPad{}d", "replicate": "ReplicationPad{}d"}
"""The classes of torch.nn that pad as a function does in each of its modes."""

SHUFFLE: Final = FUNCTIONS["channel_shuffle"][0]

STACK: Final = FUNCTIONS["stack"][0]
"""What puts tensors side by side along a new axis."""

RESHAPE: Final = FUNCTIONS["reshape"][0]
"""Whatever lays elements out in another shape does this function's work, or it is a flatten."""

PERMUTE: Final = FUNCTIONS["permute"][0]
"""Whatever puts axes in another order does this function's work."""

NARROW: Final = FUNCTIONS["narrow"][0]
"""Whatever takes a part along one axis does this function's work."""


def goes_over(kind: type[Layer], rank: int) -> bool:
    """Whether a kind goes over as many axes of places as a tensor of `rank` has; most go over any."""
    return not kind.op.endswith("d") or kind.axes == max(1, rank - 2)


def as_torch_holds(fields: Mapping[str, Any], called: str) -> dict[str, Any]:
    """Return fields as plain values; sizes one for each axis, where torch takes one number for all.

    What is `called` conv1d or Conv1d has one axis.
    """
    plain = {name: _plain(value) for name, value in fields.items() if value is not None}
    axes = int(called[-2]) if _OF_AXES.search(called) else 2
    return {
        name: (value,) * axes if name in PER_AXIS and type(value) is int else value for name, value in plain.items()
    }


_OF_AXES: Final = re.compile("[123]d$")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value if type(value) in (bool, int, float, str, type(None)) else type(value).__name__


def with_parameter(function: str, path: str, weight: Shape, params: int, out: Shape) -> Call | None:
    """Return the call of a layer whose work a function does with a parameter; None where it does no layer's work.

    The parameter is the model's at `path`, laid out as `weight`; `out` is what comes out, without the batch.
    """
    kind = BY_PARAMETER.get(function)
    layer = kind.of_parameter(weight) if kind else None
    if len(weight) == 1 + len(out) and weight[0] == 1:  # laid out with the axis of the batch
        weight = weight[1:]
    if layer is None or not out or layer.param_shapes(out) != {"weight": weight or (1,)}:
        return None
    twin = layer.twin(out)
    return Call(
        name=path,
        op=twin.call,
        output_shape=out,
        fields=twin.keywords,
        tensors={"weight": weight},
        params=params,
        state={"weight": path},
        paths=(path,),
    )


class Pooled(NamedTuple):
    """A reduction over height, width or both, as the pool that it is."""

    op: str
    output_shape: Shape


def pooled(function: str, axes: set[int], made: Shape, now: Shape) -> Pooled | None:
    """Return the pool that a reduction over these axes is of what a call `made`, which now is laid out so.

    None for other axes. Maps may have been flattened to one axis of places since, or have lost their width of 1.
    """
    if function not in REDUCTIONS or len(made) != 1 + len(MAP_AXES):
        return None
    c, h, w = made
    if now == made and axes <= {*MAP_AXES}:
        return Pooled(REDUCTIONS[function], (c, 1 if 2 in axes else h, 1 if 3 in axes else w))
    if axes == {2} and now in ((c, h * w), (c, h)) and prod(now) == c * h * w:
        return Pooled(REDUCTIONS[function], (c, 1, 1))
    return None


def groups_shuffled(order: Sequence[int], made: Shape, now: Shape) -> int | None:
    """Return the groups of channels that axes in this order shuffle, where channels are laid out on two; else None.

    `made` is what a call made, and `now` how it is laid out.
    """
    if [*order] != [0, 2, 1, 3, 4] or len(made) != 1 + len(MAP_AXES) or len(now) != 2 + len(MAP_AXES):
        return None
    groups, each, *places = now
    return groups if [groups * each, *places] == [*made] else None


class Stored(NamedTuple):
    """A tensor of a model's own."""

    shape: Shape
    is_learnt: bool


class Weighed(NamedTuple):
    """A function that is given weights: its other arguments, and what it reads and makes, without the batch."""

    fields: Mapping[str, Any]
    x: Shape
    out: Shape


def with_weights(
    kind: type[Layer], use: Weighed, owner: str, paths: Collection[str], own: Mapping[str, Stored]
) -> Call | None:
    """Return the call of a layer of a kind whose function reads the tensors at these paths, of a model's `own`.

    None where it does not do the kind's work, or the tensors are not those of the module `owner`.
    """
    state = {name: f"{owner}.{name}".removeprefix(".") for name in STATE}
    if not {*paths} <= {*state.values()}:
        return None
    state = {name: path for name, path in state.items() if path in paths or name == COUNTER}
    state = {name: path for name, path in state.items() if path in own}
    tensors = {name: own[path].shape for name, path in state.items()}
    learnt = {name for name, path in state.items() if own[path].is_learnt}
    try:
        layer = kind.of_weights(use.fields, tensors)
        twin = layer.twin(use.x)
    except (ArchError, KeyError, IndexError, ValueError):  # tensors that are not the kind's, or have other axes
        return None
    if layer.param_shapes(use.x) != {name: tensors[name] for name in learnt}:
        return None
    return Call(
        name=owner,
        op=twin.call.rpartition(".")[2],
        output_shape=use.out,
        fields={**twin.keywords, "padding": in_order(twin.pad.keywords["padding"])} if twin.pad else twin.keywords,
        tensors=tensors,
        state=state,
        params=sum(prod(own[path].shape) for path in paths if own[path].is_learnt),
        paths=(owner,),
    )


def in_order(sides: Sequence[int]) -> tuple[int, ...] | tuple[tuple[int, int], ...]:
    """Return a padding that is told at both ends of the last axis first, for each axis in order.

    That is one number for an axis, or where the ends differ somewhere, two.

    >>> in_order([1, 1, 2, 2]), in_order([1, 2, 0, 0])
    ((2, 1), ((0, 0), (1, 2)))
    """
    pairs = [*zip(sides[::2], sides[1::2], strict=True)][::-1]
    is_even = all(before == after for before, after in pairs)
    return tuple(before for before, _ in pairs) if is_even else tuple(pairs)
