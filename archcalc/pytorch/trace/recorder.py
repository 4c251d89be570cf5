"""A run of somebody's model, noted: leaf modules by hooks, and between them, where no leaf is running, functions."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

import archcalc
from archcalc.analysis.check.calls import with_joined
from archcalc.calls import UNSEEN, Call, Seen, from_outside, with_axes_from_the_start
from archcalc.errors import ArchError, listing
from archcalc.layers import Shape
from archcalc.layers.reshape import laid_out
from archcalc.layers.sizes import dims
from archcalc.pytorch.raised import in_words
from archcalc.pytorch.trace.crops import with_crops_apart
from archcalc.pytorch.trace.functions import (
    BROADCASTING,
    EXPANDING,
    MAX_POOL,
    REDUCTIONS,
    SHUFFLE,
    Use,
    as_pool,
    as_shuffle,
    with_parameter,
)
from archcalc.pytorch.trace.modules import call_of_module, leaves, torch_class
from archcalc.pytorch.trace.origins import Origin, Origins, Place, shape_of, tensors_in
from archcalc.pytorch.trace.pairs import with_pairs_joined
from archcalc.pytorch.trace.parts import NARROW, parts_of
from archcalc.pytorch.trace.weights import Weights


@dataclass(frozen=True)
class Traced:
    """A run of a model: what was seen, and the tensors that came out, in the order of `seen.outputs`."""

    seen: Seen
    outputs: tuple[Tensor, ...]
    kind: str
    """The name of the class of its result."""
    idle: Mapping[str, int]
    """The parameters of each module that has some which nothing read, by its path."""


def trace(module: nn.Module, *xs: Tensor, looks_inside: bool = False) -> Traced:
    """Run a model on its inputs, and return every leaf module and function that ran, in order, and what each read.

    A leaf of a class of somebody's own is one call, of which only shapes are known; with `looks_inside` the functions
    that it calls are noted in its place. Raises ArchError, with the module that was running, for whatever the model
    raises.
    """
    _expect_watchable(module)
    _finish(module, xs)
    recorder = _Recorder(xs)
    with torch.no_grad(), recorder.watching(module, looks_inside):
        try:
            result = module(*xs)
        except (Exception, SystemExit) as error:  # somebody's model may raise anything
            where = f" in {recorder.running[-1]}" if any(recorder.running[-1:]) else ""
            shapes = listing([dims(x.shape) for x in xs], "and")
            raise ArchError(f"cannot run on {shapes}{where}: {in_words(error)}") from error
    outputs = tuple(tensors_in(result))
    numbers = tuple(map(recorder.read, outputs))
    calls = with_joined(recorder.without_unread_parts(numbers), numbers, _are_one_mean)
    calls = with_pairs_joined(calls, numbers, recorder.shapes())
    seen = with_crops_apart(Seen(tuple(calls), numbers), [shape_of(x) for x in xs])
    return Traced(seen, outputs, type(result).__name__, recorder.idle(module))


def _expect_watchable(module: nn.Module) -> None:
    """Raise ArchError for a model whose layers run out of Python's sight."""
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            what = f"its module {path}" if path else "it"
            raise ArchError(f"cannot be watched: {what} is TorchScript; name the torch.nn.Module that it was made from")


def _finish(module: nn.Module, xs: Sequence[Tensor]) -> None:
    """Run a model that makes some of its parameters when it is first run; if it fails, so does the next run."""
    if any(map(is_lazy, module.parameters())):
        with suppress(Exception), torch.no_grad():
            module(*xs)


def _are_one_mean(inner: Call, outer: Call) -> bool:
    """Whether two calls are a mean, or a maximum, over one axis of places and then over the other."""
    return inner.name.strip("()") in REDUCTIONS and (inner.name, inner.op) == (outer.name, outer.op)


class _Given:
    """The tensors that a call is given, what made them, and their versions, which count what is written into them."""

    def __init__(self, tensors: Iterable[Tensor], reads: Iterable[int], beside: Iterable[str] = ()) -> None:
        self.versions = [(tensor, _version(tensor)) for tensor in tensors]
        self.reads = tuple(number for number in reads if number != UNSEEN)
        self.beside = tuple(beside)
        """What no call made, in words."""

    @property
    def rank(self) -> int:
        """How many axes the first of them has."""
        return self.versions[0][0].dim() if self.versions else 0

    @property
    def written(self) -> list[Tensor]:
        """The tensors that have been written into since."""
        return [tensor for tensor, version in self.versions if _version(tensor) != version]

    def holds(self, tensor: object) -> bool:
        return any(tensor is one for one, _ in self.versions)


class _Recorder(TorchFunctionMode):
    """Notes what runs, and which call made the tensors that it reads."""

    def __init__(self, xs: Sequence[Tensor]) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.running: list[str] = []
        self._given: list[_Given] = []
        """What the leaf modules are given that are running."""
        self._origins = Origins()
        for place, x in enumerate(xs):
            self._origins.put(x, Origin(from_outside(place), shape_of(x)))
        self._owners: dict[int, str] = {}
        """The module, or the parameter itself where a function does a layer's work, that had each parameter first."""
        self._read: set[int] = set()
        """The tensors that functions read."""
        self._parts: set[int] = set()
        """The calls that take a part of what they read."""
        self._is_noting = False
        self._scopes: list[str] = []
        """The modules whose own code is running, by their paths."""

    @contextmanager
    def watching(self, module: nn.Module, looks_inside: bool) -> Iterator[None]:
        self._weights = Weights(module)
        self._origins.is_exact = looks_inside
        watched = leaves(module, looks_inside)
        hooks = [hook for path, part in watched.items() for hook in self._hooked(path, part)]
        others = ((path, part) for path, part in module.named_modules() if path not in watched)
        hooks += [hook for path, part in others for hook in self._scoped(path, part)]
        try:
            with self:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _hooked(self, path: str, part: nn.Module) -> Iterator[Any]:
        """Put hooks on a leaf; while it runs, the functions that it calls are its own business."""
        known = torch_class(part)  # before there are hooks of ours

        def start(_: nn.Module, args: Any, keywords: Any) -> None:
            with self._noting():
                self._given.append(self._giving(args, keywords))
            self.running.append(path)

        def end(_: nn.Module, args: Any, keywords: Any, out: Any) -> Any:
            self.running.pop()
            with self._noting():
                given = self._given.pop()
                call = call_of_module(path, part, known, given.rank, out)
                return self._note(self._with_owner(call, part.parameters(), path), given, out)

        yield part.register_forward_pre_hook(start, with_kwargs=True)
        yield part.register_forward_hook(end, with_kwargs=True)

    def _scoped(self, path: str, part: nn.Module) -> Iterator[Any]:
        """Put hooks on a module whose own functions are noted."""

        def start(*_: Any) -> None:
            self._scopes.append(path)

        def end(*_: Any) -> None:
            self._scopes.pop()

        yield part.register_forward_pre_hook(start)
        yield part.register_forward_hook(end)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What is called inside is called by the recorder, and not by the model."""
        self._is_noting = True
        try:
            yield
        finally:
            self._is_noting = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        keywords = kwargs or {}
        if self.running or self._is_noting:
            return func(*args, **keywords)
        use = Use.of(func, args, keywords)
        versions = _Given(tensors_in((args, keywords)), ())
        self._read.update(id(tensor) for tensor, _ in versions.versions)
        self.running.append(f"({use.name})")
        result = func(*args, **keywords)
        self.running.pop()
        return self._note_function(use, versions, result)

    def _note_function(self, use: Use, before: _Given, result: Any) -> Any:
        first = use.hands_on
        if first is not None and isinstance(result, Tensor):
            origin = self._origins.of(first)
            if origin is None:
                self._weights.note(use, result)
            elif use.name in EXPANDING:  # what is repeated is laid out first as it was
                origin = Origin(self.read(first), shape_of(first))
            if origin is not None:
                self._origins.put(result, origin._replace(reshaped_by=use.name, place=self._place()))
            return result
        made = list(tensors_in(result))
        if not any(self._origins.of(tensor) for tensor, _ in before.versions) and before.versions:
            self._weights.note(use, result)
            return result
        is_noted = self._note_pool(use, made) or self._note_shuffle(use, made) or self._note_parts(use, result)
        if is_noted or not self._is_work(before, made):
            return result
        keywords = {word: value for word, value in use.keywords.items() if word != "out"}
        given = self._giving(use.args, keywords, use.name in BROADCASTING)
        given.versions = before.versions
        call = self._with_weights(use, result) or self._with_parameter(use, before, result)
        if call is None:
            shape = shape_of(made[0]) if made else ()
            fields = with_axes_from_the_start(use.fields, given.rank)
            call = Call(name=f"({use.name})", op=use.op, output_shape=shape, fields=fields)
        return self._note(call, given, result)

    def _with_parameter(self, use: Use, before: _Given, result: Any) -> Call | None:
        """Return the call of the layer whose work a function of a tensor and a parameter does, if it does one's."""
        tensors = [tensor for tensor, _ in before.versions]
        paths = {path: tensor for tensor in tensors if (path := self._weights.parameter(tensor))}
        if len(tensors) != 2 or len(paths) != 1 or not isinstance(result, Tensor):
            return None
        ((path, one),) = paths.items()
        call = with_parameter(use, path, one, result)
        return self._with_owner(call, self._weights.tensors(paths), path) if call else None

    def _with_weights(self, use: Use, result: Any) -> Call | None:
        """Return the call of the layer whose work a function does with weights that it is given, if it does one's."""
        call = self._weights.used(use, result)
        if call is None:
            return None
        return replace(self._with_owner(call, self._weights.tensors(call.state.values()), call.name), state={})

    def _is_work(self, before: _Given, made: list[Tensor]) -> bool:
        """Whether a function makes something of what calls made, or a tensor that is no mere number of nothing."""
        is_of_calls = any(self._origins.of(tensor) for tensor, _ in before.versions)
        return any(tensor.dim() for tensor in made) or (is_of_calls and bool(made or before.written))

    def _giving(self, args: Any, keywords: Any, broadcasts: bool = False) -> _Given:
        tensors = list(tensors_in((args, keywords)))
        numbers = [self._source(tensor, broadcasts) for tensor in tensors]
        unseen = (tensor for tensor, number in zip(tensors, numbers, strict=True) if number == UNSEEN)
        return _Given(tensors, numbers, map(self._weights.in_words, unseen))

    def _source(self, tensor: Tensor, broadcasts: bool) -> int:
        """Return the number of the call that made a tensor; of the indices of a pool, of what the pool read.

        What is repeated for a function that `broadcasts` is what is read.
        """
        origin = self._origins.of(tensor)
        if broadcasts and origin is not None and origin.reshaped_by in EXPANDING:
            return origin.number
        number = self.read(tensor)
        is_of_pool = number >= 0 and self.calls[number].op == MAX_POOL and not tensor.is_floating_point()
        return self.calls[number].reads[0] if is_of_pool else number

    def _note(self, call: Call, given: _Given, result: Any) -> Any:
        """Note a call and what it made, and return that: what comes out as it went in becomes a tensor of its own."""
        written = given.written
        beside = given.beside if not call.paths and not call.state else ()
        seen = replace(call, reads=given.reads, beside=beside, in_place=call.in_place or bool(written))
        number = self._add(seen)
        for tensor in written:
            self._origins.change(tensor, number)
        if isinstance(result, Tensor) and given.holds(result) and not any(result is one for one in written):
            result = result.view_as(result)
        for tensor in tensors_in(result):
            self._origins.put(tensor, Origin(number, shape_of(tensor)))
        return result

    def _note_pool(self, use: Use, made: list[Tensor]) -> bool:
        """Note a mean or a maximum over places as the pool that it is, after which axes are dropped."""
        first = next(iter(use.args), None)
        origin = self._origins.of(first) if isinstance(first, Tensor) else None
        pooled = as_pool(use, origin) if origin else None
        if origin is None or pooled is None:
            return False
        name, size = f"({use.name})", {"output_size": pooled.output_shape[1:]}
        call = Call(name=name, op=pooled.op, output_shape=pooled.output_shape, fields=size, reads=(origin.number,))
        self._origins.put(made[0], Origin(self._add(call), pooled.output_shape, use.name))
        return True

    def _note_shuffle(self, use: Use, made: list[Tensor]) -> bool:
        """Note an exchange of two axes, as which channels are laid out, as the shuffle that it is."""
        first = next(iter(use.args), None)
        origin = self._origins.of(first) if isinstance(first, Tensor) else None
        fields = as_shuffle(use, origin) if origin else None
        if origin is None or fields is None:
            return False
        call = Call(name=f"({use.name})", op=SHUFFLE, output_shape=origin.shape, fields=fields, reads=(origin.number,))
        self._origins.put(made[0], Origin(self._add(call), origin.shape, use.name))
        return True

    def _note_parts(self, use: Use, result: Any) -> bool:
        """Note each part that a function makes of what a call made, as a call of its own."""
        first = next(iter(use.args), None)
        if not isinstance(first, Tensor) or self._origins.of(first) is None:
            return False
        parts = parts_of(use, result)
        source = self.read(first) if parts else UNSEEN
        for part in parts:
            number, shape = source, shape_of(first)
            for step in part.steps:
                shape = (*shape[: step.dim - 1], step.length, *shape[step.dim :])
                call = Call(name=f"({use.name})", op=NARROW, output_shape=shape, fields=step._asdict())
                number = self._add(replace(call, reads=(number,)))
                self._parts.add(number)
            self._origins.put(part.tensor, Origin(number, shape))
        return bool(parts)

    def without_unread_parts(self, outputs: Iterable[int]) -> list[Call]:
        """Return the calls without parts that nothing reads: a function that makes several makes all of them."""
        read, kept = set(outputs), list[Call]()
        for call in reversed(self.calls):
            if call.number in read or call.number not in self._parts:
                kept.append(call)
                read.update(call.reads)
        return kept[::-1]

    def read(self, tensor: Tensor) -> int:
        """Return the number of the call that made a tensor; one that only reshaped it is noted first."""
        origin = self._origins.of(tensor)
        if origin is None:
            return UNSEEN
        shape = shape_of(tensor)
        if shape == origin.shape:
            return origin.number
        is_laid_out = prod(shape) == prod(origin.shape)
        op = laid_out(origin.shape, shape).call.rpartition(".")[2] if is_laid_out else origin.reshaped_by
        call = Call(name=f"({origin.reshaped_by})", op=op, output_shape=shape, reads=(origin.number,))
        number = self._add(call, origin.place)
        self._origins.put(tensor, Origin(number, shape))
        return number

    def _add(self, call: Call, place: Place | None = None) -> int:
        if not call.paths:
            call = replace(call, **(place or self._place())._asdict())
        self.calls.append(replace(call, number=len(self.calls)))
        return len(self.calls) - 1

    def _place(self) -> Place:
        return Place(self._scopes[-1] if self._scopes else "", _line())

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of the model's own tensors, by their paths."""
        return self._weights.shapes()

    def idle(self, module: nn.Module) -> dict[str, int]:
        """Return how many parameters of its own each module has that nothing read; they may be those of another."""
        counts: dict[str, int] = {}
        for path, parameter in module.named_parameters():
            if id(parameter) not in self._read | self._owners.keys():
                owner = path.rpartition(".")[0]
                counts[owner] = counts.get(owner, 0) + parameter.numel()
        return counts

    def _with_owner(self, call: Call, parameters: Iterable[Tensor], path: str) -> Call:
        """Return the call at `path` with the call before it that has one of its parameters, and how many it shares."""
        own = {id(one): one for one in parameters}
        shared = {one: tensor for one, tensor in own.items() if one in self._owners}
        owner = next((self._owners[one] for one in shared), "")
        for one in own:
            self._owners.setdefault(one, path)
        return replace(call, weights_of=owner, shared_params=sum(tensor.numel() for tensor in shared.values()))


_OWN: Final = tuple(f"{Path(module.__file__ or '').parent}{os.sep}" for module in (torch, archcalc))
"""Where the code is that is nobody's own."""


def _line() -> str:
    """Return the file and the line of the nearest code that is somebody's own; empty for none."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    is_own = not frame.f_code.co_filename.startswith(_OWN)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if is_own else ""


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version
