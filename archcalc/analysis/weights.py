"""Which tensors of a checkpoint fit which layers of a network, by their names and shapes."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import prod
from typing import Final, NamedTuple

from archcalc.graph import side_by_side
from archcalc.layers import Shape
from archcalc.twins import Placed, own_tensors

Tensors = Mapping[str, Shape]

_OPTIONAL: Final = "num_batches_tracked"
"""A buffer that older checkpoints lack, which torch forgives."""


CLASSES: Final = "num_classes"
"""The name in specs of the param that says how many outputs the last layer has."""


class Verdict(StrEnum):
    FITS = "fits"
    OTHER_SHAPE = "other shape"
    MISSING = "missing"
    EXTRA = "extra"
    NOT_NEEDED = "missing, not needed"


class Fit(NamedTuple):
    """One tensor of a layer next to one of a checkpoint; None where there is none."""

    layer: str | None
    name: str | None
    """As in the module's state_dict: conv1.weight."""
    shape: Shape | None
    found_name: str | None
    found_shape: Shape | None
    verdict: Verdict


class Weights(NamedTuple):
    """A network next to a checkpoint, tensor by tensor."""

    network: str
    fits: tuple[Fit, ...]

    @property
    def misfits(self) -> list[Fit]:
        return [fit for fit in self.fits if fit.verdict not in (Verdict.FITS, Verdict.NOT_NEEDED)]

    @property
    def elements(self) -> int:
        """Elements of the tensors that fit."""
        return sum(prod(fit.shape or ()) for fit in self.fits if fit.verdict is Verdict.FITS)

    @property
    def rows(self) -> int | None:
        """How many outputs the checkpoint's last layer has, where that alone does not fit."""
        misfits = self.misfits
        rows = {fit.found_shape[0] for fit in misfits if fit.found_shape}
        only_rows = all(fit.shape and fit.found_shape and fit.shape[1:] == fit.found_shape[1:] for fit in misfits)
        return rows.pop() if only_rows and len(rows) == 1 else None

    @property
    def names_agree(self) -> bool:
        """Whether every tensor that fits has the name that the module gives it, as load_state_dict asks."""
        return all(fit.name == fit.found_name for fit in self.fits if fit.verdict is Verdict.FITS)


class _Part(NamedTuple):
    """The tensors of one layer on one device, or of one module of a checkpoint, under torch's names for them."""

    owner: str
    path: str
    tensors: Tensors
    names: Mapping[str, str]
    """The full names of the tensors."""

    @property
    def shapes(self) -> Hashable:
        return frozenset((name, shape) for name, shape in self.tensors.items() if name != _OPTIONAL)

    @property
    def weight(self) -> Hashable:
        return self.tensors.get("weight")

    @property
    def ranks(self) -> Hashable:
        return frozenset((name, len(shape)) for name, shape in self.tensors.items() if name != _OPTIONAL)


_LIKENESS: Final[Sequence[Callable[[_Part], Hashable]]] = (
    lambda part: part.path,
    lambda part: part.shapes,
    lambda part: part.weight,
    lambda part: part.ranks,
)
"""By what a layer and a module of a checkpoint are put together, the surest first."""


def fit(network: str, placed: Sequence[Placed], found: Tensors) -> Weights:
    """Put each tensor of the network next to the one that fits it: by the names of modules, then by shapes, in order.

    A layer on several devices may stand in the checkpoint as one, its devices' outputs side by side.
    """
    groups = _groups(found)
    ways = [_match(network, parts, groups) for parts in (list(_apart(placed)), list(_folded(placed)))]
    return min(ways, key=lambda way: len(way.misfits))


def _apart(placed: Iterable[Placed]) -> Iterator[_Part]:
    for layer in placed:
        tensors = own_tensors(layer.node)
        if tensors:
            yield from (_part(layer.node.name, path, tensors) for path in layer.paths)


def _folded(placed: Iterable[Placed]) -> Iterator[_Part]:
    for layer in placed:
        node = layer.node
        tensors = {name: side_by_side(shape, node.copies) if shape else () for name, shape in own_tensors(node).items()}
        if tensors:
            path = layer.paths[0] if node.copies == 1 else layer.paths[0].partition(".")[2]
            yield _part(node.name, path, tensors)


def _part(owner: str, path: str, tensors: Tensors) -> _Part:
    return _Part(owner, path, tensors, {own: f"{path}.{own}" for own in tensors})


def _groups(found: Tensors) -> list[_Part]:
    """Return the tensors by the module that they belong to."""
    groups: dict[str, _Part] = {}
    for name, shape in found.items():
        path, _, own = name.rpartition("." if "." in name else "_")
        group = groups.setdefault(path, _Part("", path, {}, {}))
        groups[path] = group._replace(tensors={**group.tensors, own: shape}, names={**group.names, own: name})
    return list(groups.values())


def _match(network: str, parts: Sequence[_Part], groups: Sequence[_Part]) -> Weights:
    pairs: dict[str, _Part] = {}
    left = {group.path: group for group in groups}
    for likeness in _LIKENESS:
        waiting: dict[Hashable, deque[_Part]] = defaultdict(deque)
        for group in left.values():
            waiting[likeness(group)].append(group)
        for part in parts:
            if part.path not in pairs and likeness(part) is not None and waiting[likeness(part)]:
                pairs[part.path] = waiting[likeness(part)].popleft()
                del left[pairs[part.path].path]
    fits = [one for part in parts for one in _beside(part, pairs.get(part.path))]
    extra = [one for group in left.values() for one in _beside(None, group)]
    return Weights(network, (*fits, *extra))


def _beside(part: _Part | None, group: _Part | None) -> Iterator[Fit]:
    ours, theirs = part.tensors if part else {}, group.tensors if group else {}
    for own in dict.fromkeys((*ours, *theirs)):
        shape, found = ours.get(own), theirs.get(own)
        yield Fit(
            layer=part.owner if part else None,
            name=part.names.get(own) if part else None,
            shape=shape,
            found_name=group.names.get(own) if group else None,
            found_shape=found,
            verdict=_verdict(own, shape, found),
        )


def _verdict(own: str, shape: Shape | None, found: Shape | None) -> Verdict:
    if found is None:
        return Verdict.NOT_NEEDED if own == _OPTIONAL else Verdict.MISSING
    if shape is None:
        return Verdict.EXTRA
    return Verdict.FITS if shape == found else Verdict.OTHER_SHAPE
