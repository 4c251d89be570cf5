"""Networks side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.compare import comparison
from archcalc.answers.answer import Answer, along_axes
from archcalc.render.answer import Answer as Rendered
from archcalc.spec.inputs import inputs_in_words


@dataclass(frozen=True, repr=False)
class Comparison(comparison.Comparison, Answer):
    """Networks side by side: their `layers` aligned by what they do, and what differs from the first."""

    only: str | None = None
    """The quantity that is shown: "shapes", "params", "macs" or "activations"; all but the last, if none is chosen."""
    changed: bool = False
    """Whether only layers that differ are shown."""

    def rendered(self) -> Rendered:
        from archcalc.render.compare import View, answer

        return answer(View(self, self.only, self.changed))

    @property
    def differ_as_shown(self) -> bool:
        """Whether anything differs in the quantity that is shown; anything at all, if none is chosen."""
        from archcalc.render.compare import View

        if self.only is None or self.are_apart:
            return self.differ
        inputs = {inputs_in_words(table.input_shape) for table in self.tables if self.only == "shapes"}
        return len(inputs) > 1 or any(map(View(self, self.only).differs, self.layers))

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer and network that has it."""
        from archcalc.render.compare.words import in_words

        for place, aligned in enumerate(self.layers, start=1):
            for spec, part, changes in zip(self.specs, aligned.parts, aligned.changes, strict=True):
                if part is not None:
                    yield {
                        "place": place,
                        "network": spec.name,
                        "name": part.row.name,
                        "op": part.row.op,
                        **along_axes("out", part.row.output_shape),
                        "params": part.row.params,
                        "macs": part.row.macs,
                        "differs": "; ".join(map(in_words, changes)),
                    }
