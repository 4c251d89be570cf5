"""What a network of Caffe reads: its declared inputs, or what its data layers make."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange import inputs
from archcalc.exchange.caffe.prototext import Message
from archcalc.exchange.inputs import Declared
from archcalc.layers import Shape
from archcalc.spec.inputs import Inputs

_COLOURS: Final = 3
_DATA: Final = "data"


def blobs_given(net: Message, layers: Sequence[Message]) -> Mapping[str, Shape | None]:
    """Return the shapes of what comes from outside, without labels. Raises ArchError for shapes that are none."""
    given: dict[str, Shape | None] = dict(_declared(net))
    for layer in layers:
        if layer.word("type") in _SOURCES:
            given.update(_SOURCES[layer.word("type")](layer))
    return given


def inputs_of(
    blobs: Mapping[str, Shape | None], given: Inputs | None, where: Message
) -> tuple[Inputs, Mapping[str, str]]:
    """Return the inputs of a spec, and the name that each blob has among them.

    Raises ArchError where the file does not say a shape, and nobody gives it.
    """
    if not blobs:
        raise ArchError("the network has no input in the TEST phase").at(where.mark)
    declared = [Declared(blob, shape, is_open=shape is None) for blob, shape in blobs.items()]
    try:
        return inputs.inputs_of(declared, given, lambda one: f"{one.name} has no shape in the file")
    except ArchError as error:
        raise error.at(where.mark) from None


def _declared(net: Message) -> Iterator[tuple[str, Shape]]:
    """Yield the inputs that stand before the layers, in either form."""
    names = net.words("input")
    dims, shapes = net.integers("input_dim", least=1), net.messages("input_shape")
    if dims and len(dims) != 4 * len(names):
        raise ArchError(f"input_dim must be four for each input, got {len(dims)}").at(net.at("input_dim"))
    if shapes and len(shapes) != len(names):
        raise ArchError(f"input_shape must be one for each input, got {len(shapes)}").at(net.at("input_shape"))
    for place, name in enumerate(names):
        sizes = shapes[place].integers("dim", least=1) if shapes else dims[4 * place : 4 * place + 4]
        if not sizes:
            raise ArchError(f"input '{name}' needs an input_shape").at(net.at("input"))
        yield name, _without_batch(sizes, net)


def _without_batch(sizes: Sequence[int], where: Message) -> Shape:
    if not 2 <= len(sizes) <= 5:
        raise ArchError(f"a shape must be the batch and one to four sizes, got {[*sizes]}").at(where.mark)
    return tuple(sizes[1:])


def _of_input(layer: Message) -> dict[str, Shape | None]:
    shapes = layer.message("input_param").messages("shape")
    tops = layer.words("top")
    if len(shapes) == 1:
        shapes *= len(tops)
    if len(shapes) != len(tops):
        raise ArchError(f"an Input of {len(tops)} tops needs as many shapes, got {len(shapes)}").at(layer.mark)
    return {top: _without_batch(shape.integers("dim", least=1), shape) for top, shape in zip(tops, shapes, strict=True)}


def _of_data(layer: Message) -> dict[str, Shape | None]:
    """Return the images of a data layer, of which only what is cut out is known: labels are left out."""
    transform = layer.message("transform_param")
    names = ("data_param", "image_data_param", "window_data_param")
    crop = next((m for m in (transform, *map(layer.message, names)) if m.has("crop_size")), transform)
    size = crop.integer("crop_size", 0)
    images = layer.message("image_data_param")
    high, wide = (size, size) if size else (images.integer("new_height", 0), images.integer("new_width", 0))
    gray = transform.flag("force_gray", False) or len(transform.words("mean_value")) == 1
    return {_first_top(layer): (1 if gray else _COLOURS, high, wide) if high and wide else None}


def _of_memory(layer: Message) -> dict[str, Shape | None]:
    own = layer.message("memory_data_param")
    shape = tuple(own.integer(key, 0) for key in ("channels", "height", "width"))
    return {_first_top(layer): shape if all(shape) else None}


def _of_dummy(layer: Message) -> dict[str, Shape | None]:
    shapes = layer.message("dummy_data_param").messages("shape")
    if shapes:
        return {_first_top(layer): _without_batch(shapes[0].integers("dim", least=1), shapes[0])}
    own = layer.message("dummy_data_param")
    shape = tuple(own.integer(key, 0) for key in ("channels", "height", "width"))
    return {_first_top(layer): shape if all(shape) else None}


def _of_files(layer: Message) -> dict[str, Shape | None]:
    return {_first_top(layer): None}


def _first_top(layer: Message) -> str:
    return next(iter(layer.words("top")), _DATA)


_SOURCES: Final[Mapping[str, Callable[[Message], dict[str, Shape | None]]]] = {
    "Input": _of_input,
    **dict.fromkeys(("Data", "ImageData", "WindowData"), _of_data),
    "MemoryData": _of_memory,
    "DummyData": _of_dummy,
    "HDF5Data": _of_files,
}
"""The layers that make blobs of nothing, by their types."""

SOURCES: Final = frozenset(_SOURCES)
