"""The layer kinds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.answers.answer import Answer
from archcalc.layers import KINDS
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Kinds(Answer):
    """Layer kinds and structures, with their fields; all, or the one called `op`."""

    op: str | None = None

    def rendered(self) -> Rendered:
        """Return the answer in every form. Raises ArchError for an unknown op, with the nearest name."""
        from archcalc.render.ops import answer

        return answer(self.op)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each field of each layer kind."""
        for op, kind in KINDS.items():
            for name, field in kind.fields.items():
                if self.op in (None, op):
                    yield {"op": op, "field": name, "required": field.required, "values": field.type.words}
