"""The graph of gradients, as torch's engine builds it in the forward pass and runs it in the backward pass.

Calls run in the reverse order of their making, each once all that read its output have run. After each, what it kept is
given up, and then the gradient that it read; its gradients are added to what the calls before it have already.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from archcalc.analysis.memory.pool import Sort
from archcalc.layers.gradients import Backward
from archcalc.layers.tensors import Storage, Tensor, as_ordered, same_order


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter, where gradients end."""

    tensor: Tensor
    gradient: Storage | None = None
    waiting: int = 0
    """How many calls have yet to give their gradient."""
    given: Tensor | None = None


@dataclass(slots=True, eq=False)
class Call:
    """A call in the graph, with what it keeps and whom it gives gradients to."""

    layer: str
    sources: list["Call | Parameter | None"]
    kept: list[Storage]
    backward: Backward
    holders: int = 0
    """How many tensors and calls hold it; when none does, it is gone."""
    given: Tensor | None = None
    """The gradient of its output, so far."""
    is_reached: bool = False


@dataclass
class Tape:
    """The calls that were recorded."""

    sums_in_place: bool = True
    """Whether gradients of one map are added in the first, where that is a tensor of its own that nobody else holds."""
    calls: list[Call] = field(default_factory=list)

    def record(
        self, layer: str, made: Tensor, reads: Sequence[Tensor], keeps: Sequence[Tensor], back: Backward
    ) -> None:
        """Put a call in the graph."""
        for kept in keeps:
            kept.storage.holders += 1
        call = Call(layer, [x.node for x in reads], [kept.storage for kept in keeps], back)
        for source in call.sources:
            if isinstance(source, Call):
                source.holders += 1
        self.calls.append(call)
        made.node = call
        call.holders += 1

    def give_up(self, node: object) -> None:
        """Give up a call, whose kept tensors and sources are given up too if nobody else holds it."""
        waiting = [node]
        while waiting:
            call = waiting.pop()
            if isinstance(call, Call):
                call.holders -= 1
                if not call.holders:
                    self._free_kept(call)
                    waiting += call.sources

    def _free_kept(self, call: Call) -> None:
        for storage in call.kept:
            storage.release()
        call.kept = []

    def run(self, loss: Tensor, seed: Tensor, play: Callable[[Call, Tensor], list[Tensor | None]]) -> None:
        """Run the backward pass from the loss, each call by `play`."""
        self._count(loss.node)
        loss.node.given = seed
        for call in reversed(self.calls):
            if call.is_reached and call.given is not None:
                self._run_one(call, play)

    def _count(self, last: Call) -> None:
        """Mark what the loss was made of, and count for each parameter how many gradients it gets."""
        last.is_reached = True
        for call in reversed(self.calls):
            for source in call.sources if call.is_reached else ():
                if isinstance(source, Call):
                    source.is_reached = True
                elif source is not None:
                    source.waiting += 1

    def _run_one(self, call: Call, play: Callable[[Call, Tensor], list[Tensor | None]]) -> None:
        grad = call.given
        assert grad is not None
        call.given = None
        made = play(call, grad)
        self._free_kept(call)
        grad.storage.release()
        for source, own in zip(call.sources, made, strict=True):
            if source is not None and own is not None:
                own.storage.holders += 1
                self._add(source, own)
        for own in made:
            if own is not None:
                own.storage.release()
        for source in call.sources:
            if isinstance(source, Parameter) and source.given is not None and not source.waiting:
                self._accumulate(source)

    def _add(self, source: Call | Parameter, own: Tensor) -> None:
        """Add a gradient to what there is: the first is held as it is."""
        if isinstance(source, Parameter):
            source.waiting -= 1
        first = source.given
        if first is None:
            source.given = own
        elif self.sums_in_place and first.storage.holders == 1 and first.is_dense and not first.is_alias:
            own.storage.release()
        else:
            strides = first.strides if first.is_dense else as_ordered(first.shape, first.strides)
            source.given = Tensor(first.shape, strides, first.storage.memory.make(first.size), first.item)
            first.storage.release()
            own.storage.release()

    def _accumulate(self, parameter: Parameter) -> None:
        """Make what was given the gradient: itself if nobody else holds it and it lies as the parameter, or a copy."""
        given, parameter.given = parameter.given, None
        assert given is not None
        tensor = parameter.tensor
        if given.storage.holders > 1 or not same_order(given.shape, given.strides, tensor.strides):
            copy: Storage = given.storage.memory.make(given.size)
            given.storage.release()
        else:
            copy = given.storage
        copy.memory.sort_as(copy, Sort.GRADIENTS)
        parameter.gradient = copy
