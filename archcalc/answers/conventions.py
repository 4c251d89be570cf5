"""How tools count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.conventions import Convention
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Conventions(Answer):
    """Counting conventions: those that a word means, or all."""

    conventions: tuple[Convention, ...]
    is_all: bool = True

    def rendered(self) -> Rendered:
        from archcalc.render.conventions import all_of_them, some_of_them

        return all_of_them(self.conventions) if self.is_all else some_of_them(self.conventions)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each convention and layer kind, with what is counted of it, in words."""
        from archcalc.analysis.conventions.convention import in_words
        from archcalc.layers import KINDS

        for one in self.conventions:
            for op in KINDS:
                weights = one.weights(op)
                counted = None if weights is None else in_words(weights)
                yield {"convention": one.name, "op": op, "counted": counted, "is_known": one.is_known(op)}
