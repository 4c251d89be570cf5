"""The specs that can be named, and spec files with their faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.budget.judgement import Judged, Verdict
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered
from archcalc.render.list import Listed


@dataclass(frozen=True, repr=False)
class Catalogue(Answer):
    """Specs, each with its table, or with its faults."""

    specs: tuple[Listed, ...]
    show_notes: bool = False
    """Whether the notes of the specs are shown."""

    def rendered(self) -> Rendered:
        from archcalc.render.list import answer

        return answer(self.specs, self.show_notes)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each spec."""
        for spec in self.specs:
            table = spec.table
            yield {
                "name": spec.name,
                "aliases": " ".join(spec.aliases),
                "title": spec.title,
                "family": spec.family,
                "layers": len(table.rows) if table else None,
                "params": table.totals.params if table else None,
                "macs": table.totals.macs if table else None,
                "file": spec.file,
                "faults": "; ".join(map(str, spec.faults)),
            }


@dataclass(frozen=True, repr=False)
class Validation(Catalogue):
    """Spec files, each with all its faults and their places, and held against its budget."""

    budgets: tuple[Judged | None, ...] = ()
    """The budget of each spec; None for a spec with faults."""

    @property
    def exceeded(self) -> list[tuple[str, Verdict]]:
        """The limits that are not kept, each with the name of its network."""
        return [(one.spec.label, verdict) for one in self.budgets if one for verdict in one.exceeded]

    def rendered(self) -> Rendered:
        from archcalc.render.validate import answer

        return answer(self.specs, self.budgets)
