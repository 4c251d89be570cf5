"""The time of a network that was not measured, and what it is predicted from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.predict import prediction
from archcalc.analysis.predict.calibration import Calibration
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Prediction(prediction.Prediction, Answer):
    """The time of a forward pass on a calibrated machine, `seconds`, and that of each of its `layers`."""

    def rendered(self) -> Rendered:
        from archcalc.render.predict import of_prediction

        return of_prediction(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer, with the keys of JSON."""
        from archcalc.render.predict import layer_data

        return map(layer_data, self.layers)

    def __repr__(self) -> str:
        return f"<Prediction {self.spec.name}: {1e3 * self.seconds:.3g} ms at batch {self.batch}>"


@dataclass(frozen=True, repr=False)
class Calibrated(Answer):
    """How far predictions were off on this machine, of networks that nothing was learnt from."""

    calibration: Calibration

    def rendered(self) -> Rendered:
        from archcalc.render.predict import of_calibration

        return of_calibration(self.calibration)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each network that was held out."""
        yield from self.to_dict()["held_out"]
