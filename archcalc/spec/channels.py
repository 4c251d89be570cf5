"""How many channels there are at a place of a network that is still being read, for `$in_channels` in a block."""

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchError
from archcalc.layers import Shape
from archcalc.spec.expressions import IN_CHANNELS
from archcalc.spec.model import Entry


class Channels:
    """The shapes of layers outside of towers, computed as far as they are asked for."""

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        self._shapes: dict[str, Shape] = dict(inputs)
        self._walked = 0
        self.were_asked_for = False

    def of(self, name: str, entries: Sequence[Entry]) -> int:
        """Return the channels, or features, that a layer makes. Raises ArchError where they are not known."""
        self.were_asked_for = True
        for entry in entries[self._walked :]:
            self._walked += 1
            if entry.tower is None and all(source in self._shapes for source in entry.inputs):
                self._shapes[entry.name] = self._made(entry)
        if name not in self._shapes:
            raise ArchError(f"${IN_CHANNELS} is not known here, behind layers on several devices")
        return self._shapes[name][0]

    def _made(self, entry: Entry) -> Shape:
        reads = [self._shapes[source] for source in entry.inputs]
        try:
            entry.layer.check(*reads)
        except ArchError as error:
            what = f"${IN_CHANNELS} is not known here: layer {entry.name} {error.faults[0].what}"
            raise ArchError(what) from None
        shape: Shape = entry.layer.output_shape(*reads)
        return shape
