"""The networks that a number or a checkpoint may be of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.identify.number_meanings import Meaning
from archcalc.analysis.weights import Weights
from archcalc.answers.answer import Answer
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Meanings(Answer):
    """What a quoted number may mean, the likeliest first; those that do not match are there too, by nearness."""

    quoted: str
    meanings: tuple[Meaning, ...]
    hint: str = ""
    """What may have been meant by a number that matches nothing."""

    @property
    def has_match(self) -> bool:
        return any(one.units is not None for one in self.meanings)

    def rendered(self) -> Rendered:
        from archcalc.render.identify import of_number

        return of_number(self.meanings, self.quoted)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number that may be meant."""
        for one in self.to_dict()["meanings"]:
            yield {key: ", ".join(value) if isinstance(value, list) else value for key, value in one.items()}


@dataclass(frozen=True, repr=False)
class Candidates(Answer):
    """Networks beside a checkpoint, the best fitting first."""

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
