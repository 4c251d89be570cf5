"""The layers of a network, those of the TEST phase, as lines of a spec."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.caffe.generations import layers_of
from archcalc.exchange.caffe.inputs import SOURCES, blobs_given, inputs_of
from archcalc.exchange.caffe.layers import LAYERS, Blobs
from archcalc.exchange.caffe.prototext import Message, parse
from archcalc.exchange.sketch import Sketch, Taken, take_each
from archcalc.layers.sizes import dims
from archcalc.spec.catalogue import name_of
from archcalc.spec.inputs import Inputs
from archcalc.spec.text import decode, read_bytes

_TEST: Final = "TEST"
_SILENCE: Final = "Silence"
_LEFT_OUT: Final = frozenset(
    (
        *("Accuracy", "ContrastiveLoss", "EuclideanLoss", "HDF5Output", "HingeLoss", "InfogainLoss", _SILENCE),
        *("MultinomialLogisticLoss", "SigmoidCrossEntropyLoss"),
    )
)
"""Layers that only training and tests have: they make one number, or nothing."""


def read(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    """Return the spec of a file, read up to what cannot be said. Raises ArchError as `read_text` does."""
    return read_text(decode(read_bytes(path, shown), shown), shown, name, given)


def read_text(text: str, file: str, name: str, given: Inputs | None = None) -> Taken:
    """Return the spec of a network, read up to what cannot be said.

    Raises ArchError where the text is not in the format, and where nobody says what the network reads.
    """
    net = parse(text, file)
    layers = [layer for layer in layers_of(net) if _is_tested(layer)]
    if not layers:
        raise ArchError("this is not a network of Caffe: it has no layers").at(net.mark)
    outside = blobs_given(net, layers)
    inputs, names = inputs_of(outside, given, net)
    sketch = Sketch(inputs)
    blobs = Blobs(sketch, names, _silent(layers))
    fault = take_each(layers, lambda layer: _take(layer, blobs))
    own = " ".join(net.word("name").split())
    head = {"name": name_of(own) if own else name, "title": f"{own or name}, from a .prototxt file of Caffe"}
    sketch.notes += _rounded_up(sketch)
    return sketch.taken(head, () if fault else blobs.outputs(), fault)


def _is_tested(layer: Message) -> bool:
    """Return whether a layer is there when a network is tested, at level 0, with no stage."""
    includes = layer.messages("include")
    if includes:
        return any(map(_holds, includes))
    return not any(map(_holds, layer.messages("exclude")))


def _holds(rule: Message) -> bool:
    is_at_level = rule.integer("min_level", 0, least=-(10**9)) <= 0 <= rule.integer("max_level", 0, least=-(10**9))
    phase = rule.word("phase", _TEST)
    return phase in (_TEST, "1") and is_at_level and not rule.words("stage")


def _silent(layers: Sequence[Message]) -> frozenset[str]:
    """Return the blobs that nothing but a Silence reads."""
    read = {blob for layer in layers if layer.word("type") != _SILENCE for blob in layer.words("bottom")}
    silenced = {blob for layer in layers if layer.word("type") == _SILENCE for blob in layer.words("bottom")}
    return frozenset(silenced - read)


def _take(layer: Message, blobs: Blobs) -> None:
    """Put a layer down. Raises ArchError, with its place, for what cannot be said."""
    kind = layer.word("type")
    if kind in SOURCES:
        return
    if kind in _LEFT_OUT:
        blobs.leave_out(layer)
        return
    if kind not in LAYERS:
        hint = did_you_mean(kind, LAYERS)
        raise ArchError(f"no layer kind does what {kind or 'a layer without a type'} does{hint}").at(
            layer.mark, f"layer {layer.word('name')}"
        )
    try:
        LAYERS[kind](layer, blobs)
    except ArchError as error:
        raise error.at(layer.mark, f"layer {layer.word('name')}") from None


def _rounded_up(sketch: Sketch) -> Iterator[str]:
    """Yield what Caffe's rounding of pools has done, where rounding down would make another size."""
    for line in sketch.lines:
        fields: Mapping[str, object] = line.layer.fields
        if "ceil_mode" not in fields or not getattr(line.layer, "ceil_mode", False):
            continue
        x: Sequence[int] = sketch.shape(line.inputs[0])
        here = sketch.shape(line.name)
        down = line.layer.with_stand_ins(ceil_mode=False).output_shape(x)
        if here != down:
            yield f"{line.name} makes {dims(here[1:])}, since Caffe rounds up; rounded down it is {dims(down[1:])}."
