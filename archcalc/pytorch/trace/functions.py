"""What functions of torch do: as what layer's work they count, and which only hand a tensor on."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from torch import Tensor, dtype

from archcalc.exchange.torch_models.functions import (
    BY_NUMBER,
    DONE_BY,
    FUNCTIONS,
    PAD_CLASSES,
    PERMUTE,
    REDUCTIONS,
    STACK,
    Pooled,
    as_torch_holds,
    groups_shuffled,
    pooled,
)
from archcalc.layers import KINDS
from archcalc.layers.sizes import AXES
from archcalc.pytorch.trace.origins import Origin, shape_of

_IGNORED: Final = ("input", "other", "out", "_stacklevel")
"""Arguments that change nothing about what a function computes, or are said otherwise."""

_DEFAULTS: Final = {"alpha": 1}
"""The values at which arguments change nothing, beside None and False."""

_MERGING: Final = frozenset(function for function, kind in DONE_BY.items() if kind.merges)
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
        if self.name in BY_NUMBER and len(numbers) == 1:
            return {"other": numbers[0]}
        if self.name not in FUNCTIONS:
            return {}
        _, words = FUNCTIONS[self.name]
        given = dict(zip(words, self.args[1:], strict=False))
        others = [(f"argument {place}", value) for place, value in enumerate(self.args, 1)][1 + len(words) :]
        named = [*self.keywords.items(), *(one for one in others if not isinstance(one[1], Tensor))]
        more = {word: v for word, v in named if word in words or _says_something(word, v)}
        axes = {"dim": tuple(sorted(_axes(self) or ()))} if self.name in REDUCTIONS and _axes(self) else {}
        ignored = DONE_BY[self.name].torch_ignored
        said = {word: v for word, v in (given | more | axes).items() if word not in ignored}
        return as_torch_holds(said, self.name)


def _is_zero(args: tuple[Any, ...]) -> bool:
    return any(type(one) in (int, float) and one == 0 for one in args)


def _says_something(word: str, value: Any) -> bool:
    """Whether an argument that no layer has changes what a function computes."""
    changes_nothing = value is None or value is False or value == _DEFAULTS.get(word)
    is_precision = isinstance(value, dtype) and value.is_floating_point
    return word not in _IGNORED and not changes_nothing and not is_precision


def as_pool(use: Use, origin: Origin) -> Pooled | None:
    """Return the pool that a mean or a maximum over height and width is; None for other functions and other axes.

    Its input may have been flattened to one axis of places since a call made it, or have lost its width of 1.
    """
    if use.name not in REDUCTIONS or len(origin.shape) != 3:
        return None
    x, axes = use.first, _axes(use)
    if not isinstance(x, Tensor) or axes is None or _says_something("dtype", use.keywords.get("dtype")):
        return None
    return pooled(use.name, axes, origin.shape, shape_of(x))


def _axes(use: Use) -> set[int] | None:
    """Return the axes that a reduction is given, counted from the start; None for none."""
    given = use.args[1] if len(use.args) > 1 else use.keywords.get("dim")
    several = (given,) if type(given) is int else given
    if not isinstance(several, list | tuple) or not several or not all(type(axis) is int for axis in several):
        return None
    rank = use.args[0].dim()
    return {axis % rank for axis in several}


def as_shuffle(use: Use, origin: Origin) -> dict[str, int] | None:
    """Return the fields of the shuffle of channels that exchanges them, laid out on two axes; None for other functions.

    The groups of channels are the first of both. Its output has the axes in their new order, which are then put
    together.
    """
    x = use.first
    if not isinstance(x, Tensor):
        return None
    groups = groups_shuffled(_order(use), origin.shape, shape_of(x))
    return {"groups": groups} if groups else None


FINDING: Final = frozenset(
    kind.torch_call.rpartition(".")[2] for kind in KINDS.values() if "return_indices" in kind.torch_ignored
)
"""The pools that can say where they found the largest."""

MAX_UNPOOL: Final = FUNCTIONS["max_unpool2d"][0]
"""What puts back what a pool found, where it found it."""

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
