"""How much of the input one output element sees.

Along each axis, through a window of span s and stride t, with p elements of padding before: start -= p * jump,
size += (s - 1) * jump, jump *= t, from 0, 1 and 1 at the input (`SOURCE`). The start of the first output is minus the
effective padding, and the jump, by which the fields of neighbours are apart, is the effective stride. Padding counts as
input, so that a field may be larger than the input.

Where paths meet, a field is the range from the first element that any of them sees to the last. Some layers also read
something of the whole input: a gate, such as that of squeeze-and-excitation, or the statistics of a norm. A field is
then the whole input, and is also said `beside` these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm, prod
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers import Shape
from archcalc.layers.reach import Reach, at_place, through

SOURCE: Final = "https://distill.pub/2019/computing-receptive-fields/"
"""Equations 2 and 3, and the alignment of paths."""

Seen = tuple[Reach, ...]
"""What outputs see along each axis of places of an input of the network."""


class Field(NamedTuple):
    """What outputs see of one input of the network, along each axis of places, such as (height, width).

    `start` is where the field of the first output starts; before the input, it is negative. Where outputs see fields of
    several sizes, as after an upsampling, `size` is the largest.
    """

    size: tuple[int, ...]
    jump: tuple[int | Fraction | None, ...]
    """How far apart the fields of neighbours are; None along an axis of which all outputs see the same."""
    start: tuple[int | None, ...]

    @property
    def padding(self) -> tuple[int | None, ...]:
        """The effective padding: how far the field of the first output starts before the input."""
        return tuple(None if start is None else -start for start in self.start)

    @property
    def centre(self) -> tuple[int | Fraction | None, ...]:
        """The middle of the field of the first output, in elements of the input."""
        sides = zip(self.start, self.size, strict=True)
        return tuple(None if start is None else whole_if_it_is(start + Fraction(size - 1, 2)) for start, size in sides)


class Sight(NamedTuple):
    """The receptive field of a layer in one of the network's inputs."""

    of: str
    field: Field
    beside: Field | None = None
    """Its field apart from what it reads of the whole input, such as gates, where that is another."""
    offset: tuple[int | Fraction, ...] = ()
    """How far apart the middles of the paths are that it joins, along each axis, where they are not one."""
    is_uneven: bool = False
    """Whether it joins paths whose outputs are not equally far apart, so that the field depends on the place."""
    seen: Seen = ()
    """What each output sees, along each axis, beside what it reads of the whole input: `seen[0].range_of(row)`."""

    @property
    def said(self) -> Field:
        """The field as sources say it: beside what is read of the whole input."""
        return self.beside or self.field


class _State(NamedTuple):
    """What a layer's outputs see of one input, with what they read of the whole of it, and beside that."""

    all: Seen
    beside: Seen
    offset: tuple[int | Fraction, ...] = ()
    is_uneven: bool = False


def receptive_fields(graph: Graph) -> dict[str, tuple[Sight, ...]]:
    """Return the fields of each layer's outputs, one for each of the network's inputs with places that it sees."""
    given = graph.spec.inputs
    states: dict[str, dict[str, _State]] = {name: {name: _point(shape)} for name, shape in given.items()}
    for node in graph.nodes:
        states[node.name] = _states(node, states)
    return {node.name: tuple(_sights(states[node.name], given)) for node in graph.nodes}


def seen_of(source: str, shape: Shape, nodes: Iterable[Node]) -> Seen:
    """Return what the last of some layers sees of what the first reads, `source`, which has a shape with places.

    Each reads the one before. What is read of the whole, by gates and norms, does not count.
    """
    states = {source: {source: _point(shape)}}
    last = source
    for node in nodes:
        states[node.name] = _states(node._replace(inputs=(last,)), states)
        last = node.name
    return states[last][source].beside


def last_with_places(graph: Graph) -> Node | None:
    """Return the last layer that has more than one place, whose field is said to be the network's; None for none.

    Those after it see the whole input.
    """
    return next((node for node in reversed(graph.nodes) if prod(node.output_shape[1:]) > 1), None)


def sizes_of(graph: Graph, node: Node) -> list[int]:
    """Return the sizes of a layer's field along all axes of all inputs. Raises ArchError where it has none."""
    sizes = [size for sight in receptive_fields(graph)[node.name] for size in sight.said.size]
    if not sizes:
        raise ArchError(f"{node.name} has no receptive field: what it reads has no places")
    return sizes


def _point(shape: Shape) -> _State:
    """Return what an element of an input sees: itself."""
    places = tuple(map(at_place, range(1, len(shape))))
    return _State(places, places)


def _states(node: Node, states: dict[str, dict[str, _State]]) -> dict[str, _State]:
    readings = list(node.layer.reads(*node.device_inputs))
    seen = dict.fromkeys(name for reading in readings for name in states[node.inputs[reading.of]])
    return {name: _state(node, name, readings, states) for name in seen}


def _state(node: Node, name: str, readings: Sequence[Any], states: dict[str, dict[str, _State]]) -> _State:
    """Return what the outputs of a layer see of the input `name`."""
    paths = [(states[node.inputs[one.of]].get(name), one.axes) for one in readings]
    read = [(state, axes) for state, axes in paths if state is not None]
    every = [_read(state.all, axes) for state, axes in read]
    beside = [_read(state.beside, axes) for state, axes in read]
    joined = [_joined(paths, node.device_output) for paths in zip(*every, strict=True)]
    apart = [
        _joined([one for one in paths if one.to is not None] or paths, node.device_output)
        for paths in zip(*beside, strict=True)
    ]
    offset = tuple(one.offset for one in apart)
    return _State(
        tuple(one.reach for one in joined),
        tuple(one.reach for one in apart),
        offset if any(offset) else (),
        any(one.is_uneven for one in (*joined, *apart)) or any(state.is_uneven for state, _ in read),
    )


def _read(seen: Seen, axes: tuple[Reach, ...]) -> Seen:
    """Return what outputs see along each axis of the network's input, that read as `axes` says what sees `seen`."""
    return tuple(inner if inner.to is None else through(inner, axes[inner.to]) for inner in seen)


class _Joined(NamedTuple):
    """What outputs see through several paths, how far apart the middles of these are, and whether evenly."""

    reach: Reach
    offset: int | Fraction = 0
    is_uneven: bool = False


def _joined(paths: Sequence[Reach], made: Shape) -> _Joined:
    """Return the range from the first element that a path sees to the last, along one axis of the network's input."""
    first = paths[0]
    if all(one == first for one in paths):
        return _Joined(first)
    if len({one.to for one in paths}) > 1:
        return _Joined(_everywhere(paths, made))
    rates = {Fraction(one.step, len(one.phases)) for one in paths}
    count = lcm(*(len(one.phases) for one in paths)) if len(rates) == 1 else made[first.to or 0]
    ranges = [[one.range_of(place) for one in paths] for place in range(count)]
    phases = tuple(_hull(several) for several in ranges)
    if len(rates) > 1:
        return _Joined(Reach(first.to, phases, round(count * max(rates))), is_uneven=True)
    middles = [[Fraction(start + end - 1, 2) for start, end in several] for several in ranges]
    offset = max(max(several) - min(several) for several in middles)
    return _Joined(Reach(first.to, phases, int(count * rates.pop())), whole_if_it_is(offset))


def _everywhere(paths: Iterable[Reach], made: Shape) -> Reach:
    """Return the range of all that the outputs see together."""
    ranges = [one.range_of(place) for one in paths for place in (0, made[one.to] - 1 if one.to is not None else 0)]
    return Reach(None, (_hull(ranges),), 0)


def _hull(ranges: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return where the first of some ranges starts, and how far it is from there to the end of the last."""
    starts, ends = zip(*ranges, strict=True)
    return min(starts), max(ends) - min(starts)


def _sights(states: dict[str, _State], given: Mapping[str, Shape]) -> Iterator[Sight]:
    for name, (every, beside, offset, is_uneven) in states.items():
        if every:
            field, apart = _field(every, given[name]), _field(beside, given[name])
            yield Sight(name, field, apart if apart != field else None, offset, is_uneven, beside)


def _field(seen: Seen, shape: Shape) -> Field:
    axes = [_of_axis(reach, size) for reach, size in zip(seen, shape[1:], strict=True)]
    size, jump, start = zip(*axes, strict=True)
    return Field(size, jump, start)


def _of_axis(reach: Reach, size: int) -> tuple[int, int | Fraction | None, int | None]:
    """Return size, jump and start along an axis; what all outputs see is within the input."""
    start, end = reach.range_of(0)
    if reach.to is None:
        return max(min(end, size) - max(start, 0), 0), None, None
    return reach.size, whole_if_it_is(Fraction(reach.step, len(reach.phases))), start


def whole_if_it_is(number: Fraction) -> int | Fraction:
    """
    >>> whole_if_it_is(Fraction(4, 2)), whole_if_it_is(Fraction(1, 2))
    (2, Fraction(1, 2))
    """
    return number.numerator if number.denominator == 1 else number
