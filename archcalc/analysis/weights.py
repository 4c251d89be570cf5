"""Which tensors of a checkpoint fit which layers of a network."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain
from math import prod
from typing import Final, NamedTuple

from archcalc.analysis.module_pairs import Pair, PairedBy, pair
from archcalc.analysis.modules import OPTIONAL, Module, Modules, Tensor
from archcalc.collector import collector_at_rest
from archcalc.graph import side_by_side
from archcalc.layers import Shape
from archcalc.twins import Placed, own_tensors

CLASSES: Final = "num_classes"
"""The name in specs of the param that says how many outputs the last layer has."""


class Verdict(StrEnum):
    FITS = "fits"
    OTHER_SHAPE = "other shape"
    MISSING = "missing"
    EXTRA = "extra"
    NOT_NEEDED = "missing, not needed"


_GOOD: Final = (Verdict.FITS, Verdict.NOT_NEEDED)


class Fit(NamedTuple):
    """One tensor of a layer next to one of a checkpoint; None where there is none."""

    layer: str | None
    name: str | None
    """As in the module's state_dict: conv1.weight."""
    shape: Shape | None
    found_name: str | None
    found_shape: Shape | None
    verdict: Verdict
    paired_by: PairedBy | None = None
    """How the module of the checkpoint was found for the layer."""
    found_mask: str | None = None
    """The tensor of the checkpoint by which the other is multiplied, where it is pruned."""
    names: tuple[str, ...] = ()
    """The names in the module's state_dict: several where a layer on several devices is one in the checkpoint."""


@dataclass(frozen=True)
class Weights:
    """A network next to a checkpoint, tensor by tensor."""

    network: str
    pairs: tuple[Pair, ...]
    modules: Modules

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """Every tensor of the network, and every tensor that only the checkpoint has."""
        return tuple(self.each())

    def each(self) -> Iterator[Fit]:
        """Yield the same, where a few of them are enough."""
        taken = {one.theirs for one in self.pairs}
        extra = (Pair(_NOTHING, module) for module in self.modules.all if module not in taken)
        return (one for each in chain(self.pairs, extra) for one in _fits(each))

    @property
    def misfits(self) -> Iterator[Fit]:
        """Each tensor that does not fit."""
        return (fit for fit in self.each() if fit.verdict not in _GOOD)

    @cached_property
    def misfit_count(self) -> int:
        """How many tensors do not fit; those that only the checkpoint has are counted without being looked at."""
        return sum(fit.verdict not in _GOOD for fit in self.own) + self.count - len(self.own)

    @property
    def count(self) -> int:
        """How many tensors there are: those of the network, and those that only the checkpoint has."""
        return len(self.own) + self.modules.tensors - sum(fit.found_name is not None for fit in self.own)

    @cached_property
    def own(self) -> tuple[Fit, ...]:
        """Every tensor of the network."""
        return tuple(_fit(one, own) for one in self.pairs for own in one.ours.tensors)

    @property
    def elements(self) -> int:
        """Elements of the tensors that fit."""
        return sum(prod(fit.shape or ()) for fit in self.own if fit.verdict is Verdict.FITS)

    @property
    def guesses(self) -> int:
        """How many tensors fit by a guess."""
        return sum(fit.paired_by is PairedBy.GUESS and fit.verdict is Verdict.FITS for fit in self.own)

    @property
    def rows(self) -> int | None:
        """How many outputs the checkpoint's last layer has, where that alone does not fit."""
        misfits = [fit for fit in self.own if fit.verdict is Verdict.OTHER_SHAPE]
        rows = {fit.found_shape[0] for fit in misfits if fit.found_shape}
        only_rows = all(fit.shape and fit.found_shape and fit.shape[1:] == fit.found_shape[1:] for fit in misfits)
        return rows.pop() if only_rows and len(misfits) == self.misfit_count and len(rows) == 1 else None

    @property
    def names_agree(self) -> bool:
        """Whether every tensor that fits has the name that the module gives it, as load_state_dict asks."""
        return all(fit.name == fit.found_name for fit in self.own if fit.verdict is Verdict.FITS)


_NOTHING: Final = Module("", {})
"""In the place of a layer, beside a module for which there is none."""


@collector_at_rest()
def fit(network: str, placed: Sequence[Placed], modules: Modules) -> Weights:
    """Return each tensor of the network next to the one of the checkpoint that belongs to it.

    A layer on several devices may stand in the checkpoint as one, its devices' outputs side by side.
    """
    ways = [list(_apart(placed))]
    if any(layer.node.copies > 1 for layer in placed):
        ways.append(list(_folded(placed)))
    found = [Weights(network, tuple(pair(ours, modules)), modules) for ours in ways]
    return min(found, key=lambda way: way.misfit_count)


def _apart(placed: Iterable[Placed]) -> Iterator[Module]:
    for layer in placed:
        own = own_tensors(layer.node)
        for path in layer.paths if own else ():
            tensors = {name: Tensor(f"{path}.{name}", shape, names=(f"{path}.{name}",)) for name, shape in own.items()}
            yield Module(path, tensors, layer.node.name)


def _folded(placed: Iterable[Placed]) -> Iterator[Module]:
    for layer in placed:
        node = layer.node
        own = {name: side_by_side(shape, node.copies) if shape else () for name, shape in own_tensors(node).items()}
        path = layer.paths[0] if node.copies == 1 else layer.paths[0].partition(".")[2]
        tensors = {
            name: Tensor(f"{path}.{name}", shape, names=tuple(f"{each}.{name}" for each in layer.paths))
            for name, shape in own.items()
        }
        if tensors:
            yield Module(path, tensors, node.name)


def _fits(one: Pair) -> Iterator[Fit]:
    """Yield the tensors of a layer and those that only the checkpoint has of it."""
    theirs = one.theirs.tensors if one.theirs else {}
    return (_fit(one, own) for own in dict.fromkeys((*one.ours.tensors, *theirs)))


def _fit(one: Pair, own: str) -> Fit:
    ours, theirs = one.ours.tensors.get(own), one.theirs.tensors.get(own) if one.theirs else None
    return Fit(
        layer=one.ours.layer,
        name=ours.name if ours else None,
        shape=ours.shape if ours else None,
        found_name=theirs.name if theirs else None,
        found_shape=theirs.shape if theirs else None,
        verdict=_verdict(own, ours, theirs),
        paired_by=one.paired_by if theirs else None,
        found_mask=theirs.mask if theirs else None,
        names=ours.names if ours else (),
    )


def _verdict(own: str, ours: Tensor | None, theirs: Tensor | None) -> Verdict:
    if theirs is None:
        return Verdict.NOT_NEEDED if own == OPTIONAL else Verdict.MISSING
    if ours is None:
        return Verdict.EXTRA
    return Verdict.FITS if ours.shape == theirs.shape else Verdict.OTHER_SHAPE
