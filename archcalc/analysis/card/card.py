"""A network's figures by all conventions, what its sources say of it, and whether a checkpoint is of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archcalc.analysis.audit.claims import Audit, audit
from archcalc.analysis.conventions.costs import Total, totals
from archcalc.analysis.memory.pool import Moment, Sort
from archcalc.analysis.memory.request import requested
from archcalc.analysis.memory.timeline import timeline
from archcalc.analysis.modules import Modules
from archcalc.analysis.receptive_field import Sight, last_with_places, receptive_fields
from archcalc.analysis.weights import Weights, fit
from archcalc.checkpoint.read import read
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.table import Table, measure
from archcalc.twins import place

_BLOCK: Final = 2**20


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights: which bytes it has, and how its tensors stand beside the network's."""

    name: str
    bytes: int
    sha256: str
    weights: Weights

    @property
    def fits(self) -> bool:
        """Whether every tensor of the network is there with its shape, and no other."""
        return not self.weights.misfit_count


@dataclass(frozen=True, repr=False)
class Card:
    """What can be said of a network without running it."""

    graph: Graph
    table: Table
    totals: tuple[Total, ...]
    """By all conventions."""
    inference: Moment | None
    """When most is alive in inference of one example in fp32; None where torch does not run the network."""
    training: Moment | None
    """The same in a step of training, by stochastic gradient descent with momentum."""
    seer: str | None
    """The last layer that has more than one place."""
    seen: tuple[Sight, ...]
    """What its outputs see of each input."""
    audit: Audit
    word: str
    """How the command line names the network, with what is set; empty where it was not named so."""
    checkpoint: Checkpoint | None = None

    @property
    def weight_bytes(self) -> int | None:
        """The bytes of parameters and buffers in fp32, as torch has them; None where it does not run the network."""
        if self.inference is None:
            return None
        return sum(self.inference.by_sort.get(sort, 0) for sort in (Sort.WEIGHTS, Sort.BUFFERS))


def card(graph: Graph, word: str = "", checkpoint: Path | None = None, key: str | None = None) -> Card:
    """Return a network's card, beside a checkpoint where there is one; `key` is that of the state_dict in its file.

    Raises ArchError for what is no checkpoint.
    """
    last = last_with_places(graph)
    return Card(
        graph,
        measure(graph),
        tuple(totals(graph)),
        _peak(graph, "infer"),
        _peak(graph, "train"),
        last.name if last else None,
        receptive_fields(graph)[last.name] if last else (),
        audit(graph),
        word,
        None if checkpoint is None else _held_against(graph, checkpoint, key),
    )


def _peak(graph: Graph, mode: str) -> Moment | None:
    try:
        return timeline(graph, requested(mode)).peak
    except ArchError:
        return None


def _held_against(graph: Graph, path: Path, key: str | None) -> Checkpoint:
    found = read(path, key)
    weights = fit(graph.spec.name, place(graph), Modules(found))
    return Checkpoint(path.name, path.stat().st_size, _sha256(path), weights)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
