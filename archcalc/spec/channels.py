"""How many channels there are at a place of a network that is still being read, for `$in_channels` in a block."""

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchError
from archcalc.layers import Layer, Shape
from archcalc.layers.varying import Varying, as_number, as_numbers
from archcalc.spec.expressions import IN_CHANNELS
from archcalc.spec.model import Entry


class Channels:
    """The shapes of layers outside of towers, computed as far as they are asked for."""

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        self._shapes: dict[str, Shape] = {name: tuple(map(as_number, shape)) for name, shape in inputs.items()}
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
        layer = _with_numbers(entry.layer)
        if layer is not entry.layer or any(isinstance(size, Varying) for shape in reads for size in shape):
            varying: Shape = layer.output_shape(*reads)  # what it does not read is found when all layers are walked
            return varying
        try:
            entry.layer.check(*reads)
        except ArchError as error:
            what = f"${IN_CHANNELS} is not known here: layer {entry.name} {error.faults[0].what}"
            raise ArchError(what) from None
        shape: Shape = entry.layer.output_shape(*reads)
        return shape


def _with_numbers(layer: Layer) -> Layer:
    """Return a layer whose fields that vary are numbers that rules can compute with."""
    found = {
        name: as_numbers(layer.fields[name].type, value)
        for name, value in vars(layer).items()
        if isinstance(value, Varying)
    }
    return layer.with_stand_ins(**found) if found else layer
