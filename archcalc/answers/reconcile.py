"""Why tools print different numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.reconcile import ladder
from archcalc.analysis.reconcile.memory import MemoryLadder
from archcalc.answers.answer import Answer
from archcalc.graph import Graph
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Ladder(Answer):
    """The numbers of conventions for one network, `found`, and the terms that lead from each to the next."""

    found: ladder.Ladder
    is_way: bool = False
    """Whether the conventions were named."""

    def rendered(self) -> Rendered:
        from archcalc.render.reconcile import of_ladder, of_way

        return of_way(self.found) if self.is_way else of_ladder(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number, and before it one for each term on the way."""
        for rung in self.to_dict()["rungs"]:
            for step in rung["steps"]:
                yield {"total": None, "conventions": None, **step, "layers": " ".join(step["layers"])}
            yield {"total": rung["total"], "conventions": " ".join(rung["conventions"])}


@dataclass(frozen=True, repr=False)
class OfMemory(Answer):
    """What tools print about a network's memory, `found`, and the terms that lead from each number to the next."""

    found: MemoryLadder

    def rendered(self) -> Rendered:
        from archcalc.render.reconcile.memory import of_memory_ladder

        return of_memory_ladder(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number, and before it one for each term on the way."""
        for rung in self.to_dict()["rungs"]:
            for step in rung["steps"]:
                yield {"bytes": None, "of": None, **step, "layers": " ".join(step["layers"])}
            yield {"bytes": rung["bytes"], "of": rung["of"]}


@dataclass(frozen=True, repr=False)
class Matches(Answer):
    """Conventions next to a printed number: first those that give it, then the others by nearness."""

    graph: Graph
    matches: tuple[ladder.Match, ...]
    printed: str
    batch: int

    def rendered(self) -> Rendered:
        from archcalc.render.reconcile import of_matches

        return of_matches(self.graph, self.matches, self.printed, self.batch)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each convention."""
        for one in self.to_dict()["conventions"]:
            yield {key: " ".join(value) if isinstance(value, list) else value for key, value in one.items()}
