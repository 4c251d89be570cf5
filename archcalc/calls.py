"""What runs in a network: modules and functions, in order, and what each reads; as data, without torch."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from archcalc.layers import KINDS, Shape
from archcalc.layers.fields import Axis, from_the_start

UNSEEN: Final = -1
"""The number that stands for what no call was seen to make."""
_FIRST_INPUT: Final = -2


def from_outside(place: int) -> int:
    """Return the number that stands for an input of the network, by its place among all."""
    return _FIRST_INPUT - place


def is_from_outside(number: int) -> bool:
    return number <= _FIRST_INPUT


def names_of_inputs(names: Iterable[str]) -> dict[int, str]:
    """Return the names of the network's inputs, by the numbers that stand for them."""
    return {from_outside(place): name for place, name in enumerate(names)}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One module or function as it runs: a layer of the spec, or what was seen in the model."""

    name: str
    """The layer's name, or the module's path; a function's name in brackets, such as (relu)."""
    op: str
    """As the class in torch.nn is called, or the function in torch."""
    output_shape: Shape
    number: int = 0
    """Its place among the calls, in the order in which they run."""
    reads: tuple[int, ...] = ()
    """The numbers of the calls whose outputs it reads, in order."""
    beside: tuple[str, ...] = ()
    """What a function reads beside those: the paths of parameters, or words for what no call made."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Shape] = field(default_factory=dict)
    """Parameters and buffers under torch's names."""
    params: int = 0
    state: Mapping[str, str] = field(default_factory=dict)
    """The names of tensors in the model's state, where these are not their own names under its path."""
    paths: tuple[str, ...] = ()
    """Where the modules stand; several for a layer on several devices, none for a function."""
    is_known: bool = True
    """False for a class that is none of torch.nn's, or changes what that does: only its shapes are known."""
    commutes: bool = False
    """Whether the order of what it reads changes nothing; known of layers only."""
    associates: bool = False
    """Whether what it reads may be put together in parts; known of layers only."""
    scope: str = ""
    """The module of the model in whose own code a function is called, by its path."""
    where: str = ""
    """The file and the line of somebody's code that call a function."""
    in_place: bool = False
    """Whether the model writes its output over its input."""
    keeps_batch: bool = True
    """Whether axis 0 of what it makes is the batch."""
    weights_of: str = ""
    """The call before it that has the same weights, if there is one: its name, of the model its `owner`."""
    shared_params: int = 0
    """How many of its parameters calls before it have."""

    @property
    def own_params(self) -> int:
        """How many parameters it has that no call before it has: those that are shared count where they are first."""
        return self.params - self.shared_params

    @property
    def owner(self) -> str:
        """Where its weights are: the path of its module, or the name of its parameter."""
        return next(iter((*self.paths, *self.state.values())), "")


@dataclass(frozen=True)
class Seen:
    """What was seen of a model: its calls in the order in which they run, and those that make its outputs."""

    calls: tuple[Call, ...]
    outputs: tuple[int, ...]

    def without_unread_functions(self) -> "Seen":
        """Return it without functions that nothing reads, such as those of which a model asks for a number only."""
        read, kept = {*self.outputs}, list[Call]()
        for call in reversed(self.calls):
            if call.paths or call.number in read:
                kept.append(call)
                read.update(call.reads)
        return Seen(tuple(reversed(kept)), self.outputs)

    def without(self, op: str) -> "Seen":
        """Return it without calls of an op that hands on what it reads, except where nothing else makes an output."""
        source: dict[int, int] = {}
        for call in self.calls:
            if call.op == op and len(call.reads) == 1:
                before = source.get(call.reads[0], call.reads[0])
                if not is_from_outside(before) or call.number not in self.outputs:
                    source[call.number] = before
        kept = [call for call in self.calls if call.number not in source]
        calls = (replace(call, reads=tuple(source.get(number, number) for number in call.reads)) for call in kept)
        return Seen(tuple(calls), tuple(source.get(number, number) for number in self.outputs))

    def with_outputs_apart(self, op: str, given: Iterable[Shape]) -> "Seen":
        """Return it with a call of an op that hands on what it reads, for each output that is one before, or an input.

        A model that computes nothing stays as it is. `given` are the shapes of the inputs.
        """
        calls, outputs = [*self.calls], list[int]()
        shapes = {from_outside(place): shape for place, shape in enumerate(given)}
        shapes |= {call.number: call.output_shape for call in calls}
        for number in self.outputs:
            made = number
            if calls and number != UNSEEN and (number in outputs or is_from_outside(number)):
                made = 1 + max(call.number for call in calls)
                calls.append(Call(name="(output)", op=op, output_shape=shapes[number], number=made, reads=(number,)))
            outputs.append(made)
        return Seen(tuple(calls), tuple(outputs))


def with_joined(calls: Sequence[Call], kept: Container[int], is_part: Callable[[Call, Call], bool]) -> list[Call]:
    """Return calls in which one that only another reads, and is a part of its work, is joined with that.

    So `a + b + c` is one sum of three. `is_part` is asked of a call and the one that reads it; calls whose outputs are
    `kept` stay.
    """
    times_read = Counter(number for call in calls for number in call.reads)
    alone = {call.number: call for call in calls if times_read[call.number] == 1 and call.number not in kept}
    inner = {n for call in calls for n in call.reads if n in alone and is_part(alone[n], call)}
    reads: dict[int, tuple[int, ...]] = {}
    for call in calls:
        parts = (reads[number] if number in inner else (number,) for number in call.reads)
        reads[call.number] = tuple(chain.from_iterable(parts))
    return [replace(call, reads=reads[call.number]) for call in calls if call.number not in inner]


_AXES: Final = frozenset(
    name for kind in KINDS.values() for name, field in kind.fields.items() if isinstance(field.type, Axis)
)


def with_axes_from_the_start(fields: Mapping[str, Any], rank: int) -> dict[str, Any]:
    """Return fields in which axes are counted from the start, the batch being 0."""
    return {
        name: from_the_start(value, rank) if name in _AXES and type(value) is int else value
        for name, value in fields.items()
    }
