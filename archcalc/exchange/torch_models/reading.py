"""Calls of a model as layers: their names, what they read, and whose weights they have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from archcalc.calls import UNSEEN, Call, Seen, names_of_inputs
from archcalc.errors import ArchError, listing
from archcalc.exchange.lines import Line
from archcalc.exchange.names import Names
from archcalc.exchange.torch_models.kinds import is_padding, layer_of, with_its_padding
from archcalc.layers import Layer, Shape

_NOTHING_SEEN: Final = ("a tensor that is neither an input nor made of one",)


class Reader:
    """Calls as layers, in order."""

    def __init__(self, given: Mapping[str, Shape], seen: Seen) -> None:
        self.lines: list[Line] = []
        self.names = dict(names_of_inputs(given))
        """The name of what makes each output, by the number of its call."""
        self._seen = seen
        self._shapes = {number: given[name] for number, name in self.names.items()}
        self._names = Names({*given})
        self._owners: dict[str, str] = {}
        self._waiting: dict[int, Call] = {}
        """Paddings that may be those of the layer that reads them."""

    def read(self) -> None:
        """Take all calls in. Raises ArchError, with its place, for one that a spec cannot say."""
        times_read = Counter(number for call in self._seen.calls for number in call.reads)
        for call in self._seen.calls:
            self._shapes[call.number] = call.output_shape
            try:
                _expect_batch(call)
                is_an_output = call.number in self._seen.outputs
                if is_padding(call) and times_read[call.number] == 1 and not is_an_output and not call.beside:
                    self._put_paddings(self._waiting.pop(number) for number in call.reads if number in self._waiting)
                    self._waiting[call.number] = call
                else:
                    self._take(call)
            except ArchError as error:
                raise ArchError(f"{place_of(call)}: {error}") from None

    def _take(self, call: Call) -> None:
        """Take one call in, after the paddings that it reads, or with that which is its own."""
        pads = [self._waiting.pop(number) for number in call.reads if number in self._waiting]
        if len(pads) == 1 == len(call.reads):
            (pad,) = pads
            layer = with_its_padding(call, pad, self._shapes[pad.reads[0]])
            if layer is not None:
                self._put(call, layer, pad.reads)
                return
        self._put_paddings(pads)
        self._put(call, self._layer(call), call.reads)

    def _put_paddings(self, pads: Iterable[Call]) -> None:
        """Put down paddings that are layers of their own."""
        for pad in pads:
            self._put(pad, self._layer(pad), pad.reads)

    def _layer(self, call: Call) -> Layer:
        """Return the layer that a call is. Raises ArchError where none is."""
        if call.beside or UNSEEN in call.reads or not call.reads:
            raise ArchError(
                f"no layer kind does what {call.op} does with {listing(call.beside or _NOTHING_SEEN, 'and')}"
            )
        inputs = [self._shapes[number] for number in call.reads]
        layer = layer_of(call, inputs)
        _expect(layer, inputs, call)
        return layer

    def _put(self, call: Call, layer: Layer, reads: Sequence[int]) -> None:
        name = self._names.give(_name(call, layer.op))
        self.names[call.number] = name
        again = self._owners[call.weights_of] if call.weights_of else ""
        if call.owner:
            self._owners.setdefault(call.owner, name)
        inputs = tuple(self.names[number] for number in reads)
        self.lines.append(Line(name, layer, inputs, again, bool(call.tensors), call.in_place))


def _expect_batch(call: Call) -> None:
    """Raise ArchError where axis 0 of what a call makes is not the batch."""
    if not call.keeps_batch:
        raise ArchError(
            f"axis 0 of what {call.op} makes is not the batch, and no layer kind computes across the examples of one"
        )


def _expect(layer: Layer, inputs: Sequence[Shape], call: Call) -> None:
    """Raise ArchError where a layer does not make of its inputs what the call made."""
    layer.check(*inputs)
    out = layer.output_shape(*inputs)
    if out != call.output_shape:
        raise ArchError(f"it makes {call.output_shape}, where a {layer.op} would make {out}")


def _name(call: Call, op: str) -> str:
    """Return what a layer is to be called: its module's path, or for a function its op within the module that calls."""
    if call.state:
        return call.name
    if call.paths:
        return call.paths[0]
    return f"{call.scope}.{op}" if call.scope else op


def place_of(call: Call) -> str:
    """Return where a call is, in words: its name, the module in whose code it is, and the line."""
    within = f" in {call.scope}" if call.scope else ""
    at = f", at {call.where}" if call.where else ""
    return f"{call.name}{within}{at}"
