"""What it takes to train a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.training import training
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Training(training.Training, Answer):
    """A training: iterations, FLOPs by each way of counting (`counts`), time, and the share of the devices' peak.

    Numbers are exact; those that lie between two are spans, from the least to the most.
    """

    def rendered(self) -> Rendered:
        from archcalc.render.training import answer

        return answer(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each way of counting; what lies between two numbers has two columns."""
        from archcalc.render.training.data import count_data

        for count in self.counts:
            row = count_data(self, count)
            for name in ("tflops", "utilisation"):
                row[f"{name}_least"], row[f"{name}_most"] = row.pop(name) or (None, None)
            yield row

    def __repr__(self) -> str:
        days = float(self.exact.pflops_days)
        return f"<Training of {self.spec.name}: {self.plan.iterations:,} iterations, {days:.3g} PFLOP/s-days>"
