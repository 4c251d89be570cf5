"""What functions of torch do: as what layer's work they count, and which only hand a tensor on."""

import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Final, NamedTuple

from torch import Tensor, dtype

from archcalc.calls import Call
from archcalc.layers import KINDS, Shape
from archcalc.layers.fields import PaddingType, PerAxis
from archcalc.layers.sizes import AXES
from archcalc.pytorch.trace.origins import Origin, shape_of

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

_BY_NUMBER: Final = frozenset(function for kind in KINDS.values() for function in kind.torch_by_number)
"""Functions that do a layer's work with a tensor and a number."""

BROADCASTING: Final = frozenset(
    function for kind in KINDS.values() if kind.broadcasts for function in kind.torch_functions
)
"""Functions of kinds for which what is read need not be repeated first."""

_IGNORED: Final = ("input", "other", "out", "_stacklevel")
"""Arguments that change nothing about what a function computes, or are said otherwise."""

_DEFAULTS: Final = {"alpha": 1}
"""The values at which arguments change nothing, beside None and False."""

_DONE_BY: Final = {function: kind for kind in KINDS.values() for function in kind.torch_functions}
"""The kind of layer whose work each function does."""

_MERGING: Final = frozenset(function for function, kind in _DONE_BY.items() if kind.merges)
"""Functions that make one tensor of several, such as those of a list."""

_FIRST: Final = ("input", "self", "tensor", "tensors")
"""The names that functions have for what they read."""

_DIVIDING: Final = ("div", "divide", "truediv", "itruediv", "true_divide")
"""Functions that multiply by what a number is the inverse of."""

_RESHAPING: Final = frozenset(
    ("view", "reshape", "flatten", "ravel", "squeeze", "unsqueeze", "unflatten", "view_as", "reshape_as")
)
EXPANDING: Final = ("expand", "expand_as", "broadcast_to")
"""Functions that repeat what is read by kinds that broadcast."""

_QUIET: Final = frozenset(
    (
        *("contiguous", "to", "detach", "clone", "alias", "cpu", "cuda", "requires_grad", "pin_memory", "as_subclass"),
        *("float", "double", "half", "bfloat16", "type", "type_as", "data", *EXPANDING),
    )
)
"""Functions that compute nothing; where they change a shape, that is seen when it is read."""

REPLACING: Final = ("set_data",)
"""Functions that give a tensor the numbers of another, which its version does not count."""

READING: Final = frozenset(
    ("item", "tolist", "bool", "int", "float", "complex", "index", "numpy", "array", "equal", "allclose", "is_nonzero")
)
"""Functions that make numbers of tensors, of which no more is seen."""

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


class Use(NamedTuple):
    """A call of a function: its name in torch, without the underscores, and its arguments."""

    name: str
    args: tuple[Any, ...]
    keywords: Mapping[str, Any]

    @classmethod
    def of(cls, function: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> "Use":
        called = getattr(function, "__name__", "")
        name = called.strip("_")
        if called in ("__get__", "__set__"):  # of an attribute, whose name is the descriptor's
            attribute = getattr(getattr(function, "__self__", None), "__name__", name)
            name = attribute if name == "get" else f"set_{attribute}"
        named = {"dim" if word == "axis" else word: value for word, value in keywords.items()}  # as numpy calls it
        if not args:
            args = tuple(named.pop(word) for word in _FIRST if word in named)
        if name in _DIVIDING and len(args) == 2 and type(args[1]) in (int, float) and args[1] and not named:
            return cls("mul", (args[0], 1 / args[1]), named)
        return cls({"iadd": "add", "radd": "add"}.get(name, name), args, named)

    @property
    def first(self) -> Any:
        return next(iter(self.args), None)

    @property
    def hands_on(self) -> Tensor | None:
        """The tensor that comes out as it is, if only with another shape; None where something is computed."""
        first = self.first
        if isinstance(first, list | tuple) and len(first) == 1 and self.name in _MERGING:
            return first[0] if isinstance(first[0], Tensor) else None  # put together with nothing
        if self.name == "add" and _is_zero(self.args) and not self.keywords:
            return next((one for one in self.args if isinstance(one, Tensor)), None)  # as sum() begins
        if self.name == "pad" and not any(self._sides()):
            return first if isinstance(first, Tensor) else None
        is_quiet = self._lays_out() or self.name in _QUIET or self._takes_all()
        return first if is_quiet and isinstance(first, Tensor) else None

    def _lays_out(self) -> bool:
        """Whether it is a view of the same numbers, and not of their bytes as numbers of another type."""
        given = (*self.args, *self.keywords.values())
        return self.name in _RESHAPING and not any(isinstance(one, dtype) for one in given)

    def _takes_all(self) -> bool:
        """Whether it is an index that leaves nothing out, such as `[:, :, 0, 0]` of one place, or `[..., None]`."""
        if self.name != "getitem" or not isinstance(self.first, Tensor):
            return False
        index = self.args[1] if isinstance(self.args[1], tuple) else (self.args[1],)
        if not all(isinstance(one, int | slice | type(None) | type(...)) for one in index):
            return False
        return bool(self.args[0][self.args[1]].numel() == self.args[0].numel())

    def _new_axis(self) -> int:
        """The axis that a stack makes, counted from the start among those that come out."""
        given = self.args[1] if len(self.args) > 1 else self.keywords.get("dim", 0)
        rank: int = self.args[0][0].dim() + 1
        return int(given) % rank

    def _sides(self) -> list[int]:
        """The padding that it is told, at both ends of the last axis, of the one before it, and so on."""
        given = self.args[1] if len(self.args) > 1 else self.keywords.get("pad", ())
        return list(given)

    @property
    def _padding(self) -> tuple[str, dict[str, Any]] | None:
        """The class of torch.nn that pads so, with its fields; None for a function that does not pad places."""
        x = self.first
        if self.name != "pad" or not isinstance(x, Tensor):
            return None
        axes, sides = x.dim() - 2, self._sides()
        more = {**dict(zip(("mode", "value"), self.args[2:], strict=False)), **self.keywords}
        kind = PAD_CLASSES.get(more.get("mode", "constant"))
        is_legal = axes in AXES and len(sides) <= 2 * axes and all(type(side) is int and side >= 0 for side in sides)
        if not kind or not is_legal:
            return None
        padding = {"padding": (*sides, *[0] * (2 * axes - len(sides)))}
        value = {"value": float(more.get("value") or 0)} if kind == PAD_CLASSES["constant"] else {}
        return kind.format(axes), padding | value

    @property
    def op(self) -> str:
        if _order(self):
            return PERMUTE
        if self._padding:
            return self._padding[0]
        return FUNCTIONS[self.name][0] if self.name in FUNCTIONS else self.name

    @property
    def fields(self) -> dict[str, Any]:
        """The arguments under the names of the module's, and what it is given beside them."""
        order = _order(self)
        if order:
            return {"dims": tuple(order)}
        if self.name == STACK:
            return {"dim": self._new_axis()}
        if self._padding:
            return self._padding[1]
        numbers = [one for one in self.args if type(one) in (int, float)]
        if self.name in _BY_NUMBER and len(numbers) == 1:
            return {"other": numbers[0]}
        if self.name not in FUNCTIONS:
            return {}
        _, words = FUNCTIONS[self.name]
        given = dict(zip(words, self.args[1:], strict=False))
        others = [(f"argument {place}", value) for place, value in enumerate(self.args, 1)][1 + len(words) :]
        named = [*self.keywords.items(), *(one for one in others if not isinstance(one[1], Tensor))]
        more = {word: v for word, v in named if word in words or _says_something(word, v)}
        axes = {"dim": tuple(sorted(_axes(self) or ()))} if self.name in REDUCTIONS and _axes(self) else {}
        ignored = _DONE_BY[self.name].torch_ignored
        said = {word: v for word, v in (given | more | axes).items() if word not in ignored}
        return as_torch_holds(said, self.name)


def _is_zero(args: tuple[Any, ...]) -> bool:
    return any(type(one) in (int, float) and one == 0 for one in args)


def _says_something(word: str, value: Any) -> bool:
    """Whether an argument that no layer has changes what a function computes."""
    changes_nothing = value is None or value is False or value == _DEFAULTS.get(word)
    is_precision = isinstance(value, dtype) and value.is_floating_point
    return word not in _IGNORED and not changes_nothing and not is_precision


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


def with_parameter(use: Use, path: str, parameter: Tensor, out: Tensor) -> Call | None:
    """Return the call of a layer whose work a function does with a parameter; None where it does no layer's work."""
    kind = BY_PARAMETER.get(use.name)
    layer = kind.of_parameter(tuple(parameter.shape)) if kind else None
    x, weight = shape_of(out), tuple(parameter.shape)
    if len(weight) == 1 + len(x) and weight[0] == 1:  # laid out with the axis of the batch
        weight = weight[1:]
    if layer is None or not x or layer.param_shapes(x) != {"weight": weight or (1,)}:
        return None
    twin = layer.twin(x)
    return Call(
        name=path,
        op=twin.call,
        output_shape=x,
        fields=twin.keywords,
        tensors={"weight": weight},
        params=parameter.numel(),
        state={"weight": path},
        paths=(path,),
    )


class Pooled(NamedTuple):
    """A reduction over height, width or both, as the pool that it is."""

    op: str
    output_shape: Shape


def as_pool(use: Use, origin: Origin) -> Pooled | None:
    """Return the pool that a mean or a maximum over height and width is; None for other functions and other axes.

    Its input may have been flattened to one axis of places since a call made it, or have lost its width of 1.
    """
    if use.name not in REDUCTIONS or len(origin.shape) != 3:
        return None
    x, axes = use.first, _axes(use)
    if not isinstance(x, Tensor) or axes is None or _says_something("dtype", use.keywords.get("dtype")):
        return None
    (c, h, w), now = origin.shape, shape_of(x)
    if now == (c, h, w) and axes <= {*MAP_AXES}:
        return Pooled(REDUCTIONS[use.name], (c, 1 if 2 in axes else h, 1 if 3 in axes else w))
    if axes == {2} and now in ((c, h * w), (c, h)) and prod(now) == c * h * w:
        return Pooled(REDUCTIONS[use.name], (c, 1, 1))
    return None


def _axes(use: Use) -> set[int] | None:
    """Return the axes that a reduction is given, counted from the start; None for none."""
    given = use.args[1] if len(use.args) > 1 else use.keywords.get("dim")
    several = (given,) if type(given) is int else given
    if not isinstance(several, list | tuple) or not several or not all(type(axis) is int for axis in several):
        return None
    rank = use.args[0].dim()
    return {axis % rank for axis in several}


SHUFFLE: Final = FUNCTIONS["channel_shuffle"][0]


def as_shuffle(use: Use, origin: Origin) -> dict[str, int] | None:
    """Return the fields of the shuffle of channels that exchanges them, laid out on two axes; None for other functions.

    The groups of channels are the first of both. Its output has the axes in their new order, which are then put
    together.
    """
    x = use.first
    if not isinstance(x, Tensor) or len(origin.shape) != len(MAP_AXES) + 1 or _order(use) != [0, 2, 1, 3, 4]:
        return None
    groups, each, *places = shape_of(x)
    is_divided = [groups * each, *places] == [*origin.shape] and use.name in _ORDERING
    return {"groups": groups} if is_divided else None


STACK: Final = FUNCTIONS["stack"][0]
"""What puts tensors side by side along a new axis."""

FINDING: Final = frozenset(
    kind.torch_call.rpartition(".")[2] for kind in KINDS.values() if "return_indices" in kind.torch_ignored
)
"""The pools that can say where they found the largest."""

MAX_UNPOOL: Final = FUNCTIONS["max_unpool2d"][0]
"""What puts back what a pool found, where it found it."""

RESHAPE: Final = FUNCTIONS["reshape"][0]
"""Whatever lays elements out in another shape does this function's work, or it is a flatten."""

PERMUTE: Final = FUNCTIONS["permute"][0]
"""Whatever puts axes in another order does this function's work."""

_ORDERING: Final = ("transpose", "swapaxes", "swapdims", "permute", "mT")
"""Functions that put axes in another order."""


def _order(use: Use) -> list[int]:
    """Return which axis of the input comes where in the output; nothing for a function that leaves axes in order."""
    x = use.first
    if use.name not in _ORDERING or not isinstance(x, Tensor):
        return []
    several = [one if isinstance(one, list | tuple) else [one] for one in (*use.args[1:], *use.keywords.values())]
    axes = [axis % x.dim() for one in several for axis in one if type(axis) is int]
    if use.name == "permute":
        return axes
    first, second = axes or (x.dim() - 2, x.dim() - 1)
    order = list(range(x.dim()))
    order[first], order[second] = second, first
    return order
