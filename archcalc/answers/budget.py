"""A network held against a budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.budget.judgement import Judged, Verdict
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Budget(Answer):
    """The limits of a network, each with the number that is true: what is over, and by how much."""

    found: Judged

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every limit with its number."""
        return self.found.verdicts

    @property
    def exceeded(self) -> list[Verdict]:
        """The limits that are not kept."""
        return self.found.exceeded

    def rendered(self) -> Rendered:
        from archcalc.render.budget import answer

        return answer(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each limit, with the keys of JSON."""
        from archcalc.render.budget import verdicts_data

        for row in verdicts_data(self.found)["budget"]:
            names = [part["name"] for part in row.pop("largest")]
            yield row | {"of": " ".join(row["of"]), "verdict": str(row["verdict"]), "largest": " ".join(names)}
