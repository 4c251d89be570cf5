"""A run of somebody's model, noted: leaf modules by hooks, and between them, where no leaf is running, functions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archcalc.calls import UNSEEN, Call, from_outside, with_axes_from_the_start
from archcalc.exchange.torch_models.functions import BROADCASTING, NARROW, SHUFFLE, with_parameter
from archcalc.layers import Shape
from archcalc.layers.reshape import laid_out
from archcalc.pytorch.trace.functions import (
    EXPANDING,
    FINDING,
    MAX_UNPOOL,
    READING,
    REPLACING,
    Use,
    as_pool,
    as_shuffle,
)
from archcalc.pytorch.trace.given import Given
from archcalc.pytorch.trace.lines import line
from archcalc.pytorch.trace.modules import call_of_module, leaves, torch_class
from archcalc.pytorch.trace.origins import Origin, Origins, Place, shape_of, tensors_in
from archcalc.pytorch.trace.parts import parts_of
from archcalc.pytorch.trace.weights import Weights


class Recorder(TorchFunctionMode):
    """Notes what runs, and which call made the tensors that it reads."""

    def __init__(self, xs: Sequence[Tensor]) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.running: list[str] = []
        self._given: list[Given] = []
        """What the leaf modules are given that are running."""
        self._origins = Origins()
        self.batch = xs[0].shape[0] if xs else 1
        for place, x in enumerate(xs):
            self._origins.put(x, Origin(from_outside(place), shape_of(x)))
        self._owners: dict[int, str] = {}
        """The module, or the parameter itself where a function does a layer's work, that had each parameter first."""
        self._read: set[int] = set()
        """The tensors that functions read."""
        self._beside: set[str] = set()
        """The model's own tensors that calls read beside their weights, by their paths."""
        self._counted: dict[str, Place] = {}
        """The model's own tensors that numbers are made of, by their paths, and where."""
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
                self._given.append(self._giving(args, keywords, known.__name__ if known else ""))
            self.running.append(path)

        def end(_: nn.Module, args: Any, keywords: Any, out: Any) -> Any:
            self.running.pop()
            with self._noting():
                given = self._given.pop()
                call = call_of_module(path, part, None if _trains(part) else known, given.rank, out)
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
        versions = Given(tensors_in((args, keywords)), ())
        self._read.update(id(tensor) for tensor, _ in versions.versions)
        self.running.append(f"({use.name})")
        result = func(*args, **keywords)
        self.running.pop()
        return self._note_function(use, versions, result)

    def _note_function(self, use: Use, before: Given, result: Any) -> Any:
        first = use.hands_on
        if first is not None and isinstance(result, Tensor) and _are_alike(first, result):
            origin = self._origins.of(first)
            if origin is None:
                self._weights.note(use, result)
            elif use.name in EXPANDING:  # what is repeated is laid out first as it was
                origin = Origin(self.read(first), shape_of(first))
            if origin is not None:
                self._origins.put(result, origin._replace(reshaped_by=use.name, place=self._place()))
            return result
        if use.name in REPLACING and isinstance(use.first, Tensor):
            number = self._add(
                Call(name=f"({use.name})", op=use.name, output_shape=shape_of(use.first), reads=(UNSEEN,))
            )
            self._origins.put(use.first, Origin(number, shape_of(use.first)))
            return result
        made = list(tensors_in(result))
        if not any(self._origins.of(tensor) for tensor, _ in before.versions) and before.versions:
            self._weights.note(use, result)
            if use.name in READING and not isinstance(result, Tensor):
                self._note_number(before)
            return result
        is_noted = self._note_pool(use, made) or self._note_shuffle(use, made) or self._note_parts(use, result)
        if is_noted or not self._is_work(before, made):
            return result
        keywords = {word: value for word, value in use.keywords.items() if word != "out"}
        given = self._giving(use.args, keywords, use.op, use.name in BROADCASTING)
        given.versions = before.versions
        call = self._with_weights(use, result) or self._with_parameter(use, before, result)
        if call is None:
            shape = shape_of(made[0]) if made else ()
            fields = with_axes_from_the_start(use.fields, given.rank)
            call = Call(name=f"({use.name})", op=use.op, output_shape=shape, fields=fields)
        return self._note(call, given, result)

    def _with_parameter(self, use: Use, before: Given, result: Any) -> Call | None:
        """Return the call of the layer whose work a function of a tensor and a parameter does, if it does one's."""
        tensors = [tensor for tensor, _ in before.versions]
        paths = {path: tensor for tensor in tensors if (path := self._weights.parameter(tensor))}
        if len(tensors) != 2 or len(paths) != 1 or not isinstance(result, Tensor):
            return None
        ((path, one),) = paths.items()
        call = with_parameter(use.name, path, tuple(one.shape), one.numel(), shape_of(result))
        return self._with_owner(call, self._weights.tensors(paths), path) if call else None

    def _with_weights(self, use: Use, result: Any) -> Call | None:
        """Return the call of the layer whose work a function does with weights that it is given, if it does one's."""
        call = self._weights.used(use, result)
        if call is None:
            return None
        return replace(self._with_owner(call, self._weights.tensors(call.state.values()), call.name), state={})

    def _is_work(self, before: Given, made: list[Tensor]) -> bool:
        """Whether a function makes something of what calls made, or a tensor that is no mere number of nothing."""
        is_of_calls = any(self._origins.of(tensor) for tensor, _ in before.versions)
        return any(tensor.dim() for tensor in made) or (is_of_calls and bool(made or before.written))

    def _giving(self, args: Any, keywords: Any, op: str = "", broadcasts: bool = False) -> Given:
        """Return what a call of an op is given. What is repeated for one that `broadcasts` is what is read."""
        tensors = list(tensors_in((args, keywords)))
        numbers = [self._source(tensor, op, broadcasts) for tensor in tensors]
        unseen = [tensor for tensor, number in zip(tensors, numbers, strict=True) if number == UNSEEN]
        self._beside.update(path for own in map(self._weights.of, unseen) if own for path in own.paths)
        return Given(tensors, numbers, map(self._in_words, unseen))

    def _source(self, tensor: Tensor, op: str, broadcasts: bool) -> int:
        """Return the number of the call that made a tensor; of the indices of a pool, of what the pool read."""
        origin = self._origins.of(tensor)
        if broadcasts and origin is not None and origin.reshaped_by in EXPANDING:
            return origin.number
        if op == MAX_UNPOOL and origin is not None and self._are_indices(tensor):
            return self.calls[origin.number].reads[0]
        return self.read(tensor)

    def _are_indices(self, tensor: Tensor) -> bool:
        """Whether a tensor says where a pool found the largest."""
        origin = self._origins.of(tensor)
        is_of_pool = origin is not None and origin.number >= 0 and self.calls[origin.number].op in FINDING
        return is_of_pool and not tensor.is_floating_point()

    def _in_words(self, tensor: Tensor) -> str:
        """Return what a tensor is that no call made."""
        return "the indices of a pool" if self._are_indices(tensor) else self._weights.in_words(tensor)

    def _note(self, call: Call, given: Given, result: Any) -> Any:
        """Note a call and what it made, and return that: what comes out as it went in becomes a tensor of its own."""
        written = given.written
        beside = given.beside if not call.paths and not call.state else ()
        seen = replace(
            call,
            reads=given.reads,
            beside=beside,
            in_place=call.in_place or bool(written),
            keeps_batch=not given.reads or all(map(self._has_batch, tensors_in(result))),
        )
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
        first = use.first
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
        first = use.first
        origin = self._origins.of(first) if isinstance(first, Tensor) else None
        fields = as_shuffle(use, origin) if origin else None
        if origin is None or fields is None:
            return False
        call = Call(name=f"({use.name})", op=SHUFFLE, output_shape=origin.shape, fields=fields, reads=(origin.number,))
        self._origins.put(made[0], Origin(self._add(call), origin.shape, use.name))
        return True

    def _note_parts(self, use: Use, result: Any) -> bool:
        """Note each part that a function makes of what a call made, as a call of its own."""
        first = use.first
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
        if origin is None or self._are_indices(tensor):
            return UNSEEN
        shape, has_batch = shape_of(tensor), self._has_batch(tensor)
        if shape == origin.shape and (has_batch or not origin.reshaped_by):
            return origin.number
        is_laid_out = has_batch and prod(shape) == prod(origin.shape)
        op = laid_out(origin.shape, shape).call.rpartition(".")[2] if is_laid_out else origin.reshaped_by
        name = f"({origin.reshaped_by})"
        call = Call(name=name, op=op, output_shape=shape, reads=(origin.number,), keeps_batch=has_batch)
        number = self._add(call, origin.place)
        self._origins.put(tensor, Origin(number, shape))
        return number

    def _has_batch(self, tensor: Tensor) -> bool:
        """Whether axis 0 of a tensor is as long as the batch is."""
        return tensor.dim() > 0 and tensor.shape[0] == self.batch

    def _add(self, call: Call, place: Place | None = None) -> int:
        if not call.paths:
            call = replace(call, **(place or self._place())._asdict())
        self.calls.append(replace(call, number=len(self.calls)))
        return len(self.calls) - 1

    def _place(self) -> Place:
        return Place(self._scopes[-1] if self._scopes else "", line())

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of the model's own tensors, by their paths."""
        return self._weights.shapes()

    def _note_number(self, before: Given) -> None:
        """Note the model's own tensors of which a number is made, and where."""
        owns = filter(None, (self._weights.of(tensor) for tensor, _ in before.versions))
        for path in (path for own in owns for path in own.paths):
            self._counted.setdefault(path, self._place())

    def numbers(self) -> dict[str, Place]:
        """Return the parameters that numbers are made of, and that no call has, by their paths, with where it is."""
        return {
            path: place
            for path, place in self._counted.items()
            for tensor in self._weights.tensors([path])
            if isinstance(tensor, nn.Parameter) and id(tensor) not in self._owners
        }

    def idle(self, module: nn.Module) -> dict[str, int]:
        """Return how many parameters of its own each module has that nothing read; they may be those of another.

        Where the recorder looks inside modules, what is read and comes to nothing is not read either.
        """
        read = {*self._beside, *self._counted} if self._origins.is_exact else set[str]()
        counts: dict[str, int] = {}
        for path, parameter in module.named_parameters():
            is_read = path in read if self._origins.is_exact else id(parameter) in self._read
            if not is_read and id(parameter) not in self._owners:
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


def _trains(part: nn.Module) -> bool:
    """Whether a norm uses the statistics of its batch, though the model is in evaluation and it keeps others."""
    return part.training and bool(getattr(part, "track_running_stats", False))


def _are_alike(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same numbers, if perhaps of another precision."""
    return one.dtype == other.dtype or (one.is_floating_point() and other.is_floating_point())
