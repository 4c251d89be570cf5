"""A network at the roofs of a device."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.roofline import roofline
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Roofline(roofline.Roofline, Answer):
    """The time that each layer takes at least on a device: `layers`, with what bounds them, and their sum, `seconds`.

    FLOPs and bytes are those of `batch` examples, as eager PyTorch runs the network in inference.
    """

    def rendered(self) -> Rendered:
        from archcalc.render.roofline import answer

        return answer(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer, with the keys of JSON."""
        from archcalc.render.roofline.data import layer_data

        return map(layer_data, self.layers)

    def __repr__(self) -> str:
        time = f"{1e3 * self.seconds:.3g} ms"
        return (
            f"<Roofline {self.spec.name} on {self.roofs.name}: {time} at batch {self.batch}, {len(self.layers)} rows>"
        )
