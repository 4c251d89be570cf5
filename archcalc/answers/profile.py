"""How fast a network is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.profile.record import Record
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Profile(Record, Answer):
    """The record of a measurement: what was asked for, the times, and what follows from them."""

    def rendered(self) -> Rendered:
        from archcalc.render.profile import answer

        return answer((self,))

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for inference and one for training, as far as they were measured; times are milliseconds."""
        for mode, part in self.by_mode().items():
            yield {
                "name": self.spec.name,
                "mode": str(mode),
                "device": self.environment.device,
                "precision": str(self.request.precision),
                "batch": self.batch.used,
                "images_per_second": part.speed.images_per_second,
                "step_ms": part.times.step.median_ms,
                "tflops": part.speed.tflops,
                "of_datasheet": part.speed.of_datasheet,
                "of_measured": part.speed.of_measured,
            }
