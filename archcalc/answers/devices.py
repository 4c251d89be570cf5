"""The data sheets of devices."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.datasheets import Device
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Devices(Answer):
    """Devices with their peaks, and where these are written."""

    devices: tuple[Device, ...]
    is_all: bool = True

    def rendered(self) -> Rendered:
        from archcalc.render.devices import all_of_them, one_of_them

        return all_of_them(self.devices) if self.is_all else one_of_them(self.devices[0])

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each device, with the keys of JSON."""
        from archcalc.render.devices import device_data

        for device in self.devices:
            lists = {"sources", "derived"}
            yield {key: " ".join(value) if key in lists else value for key, value in device_data(device).items()}
