"""The networks that a number, a shape or a checkpoint may be of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.identify.number_meanings import Meaning
from archcalc.analysis.identify.sayings import Saying
from archcalc.analysis.identify.shapes import ShapeMeaning
from archcalc.analysis.weights import Weights
from archcalc.answers.answer import Answer
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Meanings(Answer):
    """The meanings of a quoted number or shape, the likeliest first.

    `sayings` are claims of sources. `meanings` are numbers of networks, those that do not match too, by nearness. Of a
    shape there are `shapes` in their place.
    """

    quoted: str
    meanings: tuple[Meaning, ...] = ()
    sayings: tuple[Saying, ...] = ()
    shapes: tuple[ShapeMeaning, ...] = ()
    hint: str = ""
    """A hint on how to write a number that matches nothing."""
    show_all: bool = False
    """Whether all that match are shown, and not the likely ones alone."""

    @property
    def has_match(self) -> bool:
        return bool(self.sayings or self.shapes or any(one.fit for one in self.meanings))

    def rendered(self) -> Rendered:
        from archcalc.render.identify.meanings import Found, of_number

        return of_number(Found(self.quoted, self.sayings, self.meanings, self.shapes), self.show_all)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number or shape that may be meant."""
        for one in self.to_dict()["meanings"]:
            yield {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in one.items()}


@dataclass(frozen=True, repr=False)
class Candidates(Answer):
    """Networks next to a checkpoint, the best fitting first."""

    checkpoint: Checkpoint
    candidates: tuple[Weights, ...]

    @property
    def has_match(self) -> bool:
        return any(not one.misfit_count for one in self.candidates)

    def rendered(self) -> Rendered:
        from archcalc.render.identify import of_checkpoint

        return of_checkpoint(self.candidates, self.checkpoint)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each network."""
        for one in self.candidates:
            yield {
                "name": one.network,
                "fits": not one.misfit_count,
                "elements": one.elements,
                "guesses": one.guesses,
                "misfits": one.misfit_count,
            }
