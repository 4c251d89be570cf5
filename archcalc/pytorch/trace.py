"""Somebody's model as it runs: its leaf modules and the functions between them, in the order of execution."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archcalc.analysis.check.against import Call
from archcalc.errors import ArchError
from archcalc.layers import KINDS
from archcalc.layers.fields import PaddingType, TwoIntegers

FUNCTIONS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    function: (kind.torch_call.rpartition(".")[2], words)
    for kind in KINDS.values()
    for function, words in kind.torch_functions.items()
}
"""Functions with the modules whose work they do, and the names of their arguments after the input."""

_BY_CLASS: Final = {kind.torch_call.removeprefix("nn."): kind for kind in KINDS.values()}

_RESHAPING: Final = ("view", "reshape", "squeeze")
_QUIET: Final = ("contiguous", "to", "detach", "clone", "float", "double", "type", "unsqueeze", "expand", "size")
"""Functions that compute nothing, and are not layers."""

_PAIRS: Final = frozenset(
    name
    for kind in KINDS.values()
    for name, field in kind.fields.items()
    if isinstance(field.type, TwoIntegers | PaddingType)
)
"""Arguments for which torch takes one number, or one for each axis."""


def trace(module: nn.Module, x: Tensor) -> tuple[list[Call], Any]:
    """Run a module on `x`; return every leaf module and function that runs, in order, and what comes out at the end.

    Raises ArchError, with the module that was running, for whatever the model raises.
    """
    seen = _Seen()
    with torch.no_grad(), seen.watching(module):
        try:
            result = module(x)
        except Exception as error:  # somebody's model may raise anything
            where = f" in {seen.running[-1]}" if any(seen.running[-1:]) else ""
            raise ArchError(f"cannot run on {'x'.join(map(str, x.shape))}{where}: {_said(error)}") from error
    return seen.calls, result


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


class _Seen(TorchFunctionMode):
    """Notes leaf modules by hooks, and between them, where no leaf is running, functions."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.running: list[str] = []

    @contextmanager
    def watching(self, module: nn.Module) -> Iterator[None]:
        leaves = {path: part for path, part in module.named_modules() if not list(part.children())}
        hooks = [hook for path, part in leaves.items() for hook in self._hooked(path, part)]
        try:
            with self:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _hooked(self, path: str, part: nn.Module) -> Iterator[Any]:
        def start(_: nn.Module, __: Any) -> None:
            self.running.append(path)

        def end(_: nn.Module, __: Any, out: Any) -> None:
            self.running.pop()
            self.calls.append(_call_of_module(path, part, out))

        yield part.register_forward_pre_hook(start)
        yield part.register_forward_hook(end)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        keywords = kwargs or {}
        if self.running:
            return func(*args, **keywords)
        name = getattr(func, "__name__", "").strip("_")
        self.running.append(f"({name})")
        try:
            result = func(*args, **keywords)
        finally:
            self.running.pop()
        call = _call_of_function(name, args, keywords, result)
        if call is not None:
            self.calls.append(call)
        return result


def _call_of_module(path: str, part: nn.Module, out: Any) -> Call:
    kind = next((c for c in type(part).__mro__ if c.__module__.startswith("torch.nn.modules")), nn.Module)
    is_known = kind is not nn.Module
    tensors = {name: tuple(tensor.shape) for name, tensor in part.state_dict().items()}
    op = kind.__name__ if is_known else type(part).__name__
    fields = _fields_of_module(part) if is_known else {}
    if op == "ZeroPad2d":
        op, fields = "ConstantPad2d", {**fields, "value": 0.0}
    return Call(path, op, fields, _shape_of(out), tensors, (path,), is_known)


def _fields_of_module(part: nn.Module) -> dict[str, Any]:
    """Return the constants of a module, which are its constructor's arguments."""
    constants = getattr(type(part), "__constants__", ())
    kind = next((_BY_CLASS[c.__name__] for c in type(part).__mro__ if c.__name__ in _BY_CLASS), None)
    ignored = kind.torch_ignored if kind else ()
    fields = {name: getattr(part, name) for name in constants if name not in ignored and hasattr(part, name)}
    if fields.pop("padding_mode", "zeros") != "zeros":
        fields["padding_mode"] = part.padding_mode
    if fields.get("padding") == "same":
        left, _, top, _ = cast(list[int], part._reversed_padding_repeated_twice)
        fields["padding"] = (top, left)
    elif fields.get("padding") == "valid":
        fields["padding"] = 0
    if hasattr(part, "in_channels") or hasattr(part, "in_features"):
        fields["bias"] = part.bias is not None
    return _normal(fields)


def _normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return sizes as pairs, wherever torch takes one number for both."""
    return {
        name: (value, value) if name in _PAIRS and isinstance(value, int) else _tuple(value)
        for name, value in fields.items()
        if value is not None
    }


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _call_of_function(name: str, args: tuple[Any, ...], keywords: Mapping[str, Any], result: Any) -> Call | None:
    if not isinstance(result, Tensor) or not result.dim() or name in _QUIET or name in ("get", "set"):
        return None
    if isinstance(args[0] if args else None, list | tuple) and len(args[0]) == 1:
        return None  # one tensor, put together with nothing
    shape = _shape_of(result)
    if name in _RESHAPING:
        was = args[0].dim() if args and isinstance(args[0], Tensor) else 0
        return Call(f"({name})", "Flatten", {}, shape, {}) if was > result.dim() else None
    op, words = FUNCTIONS.get(name.removeprefix("i") if name == "iadd" else name, (name, ()))
    given = {**dict(zip(words, args[1:], strict=False)), **{w: v for w, v in keywords.items() if w in words}}
    return Call(f"({name})", op, _normal(given), shape, {})


def _shape_of(out: Any) -> tuple[int, ...]:
    """Return an output's shape without the batch; empty for what is not a tensor."""
    return tuple(out.shape[1:]) if isinstance(out, Tensor) else ()
