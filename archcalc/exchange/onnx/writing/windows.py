"""Convolutions and pools, with the padding that is really read, as all sides before and then all after."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.onnx.writing.writer import Rule, Step, Writer
from archcalc.layers import window
from archcalc.layers.fields import Sides

_LOWEST: Final = -3.4028234663852886e38
"""The least 32-bit number, which no maximum is."""

_MOST_BINS: Final = 16

_MODES: Final = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def onnx_order(sides: Sides) -> list[int]:
    """Return padding in the order of ONNX.

    >>> onnx_order(Sides(1, 2, 3, 4))
    [1, 3, 2, 4]
    """
    return [*sides.before, *(after for _, after in sides.along_axes)]


def pad(write: Writer, step: Step, sides: Sides, mode: str = "constant", value: float = 0.0, makes: str = "") -> str:
    """Put a padding of places down, and return what it makes."""
    pads = write.integers(onnx_order(sides), step, "pads")
    axes = write.integers([*range(2, 2 + len(sides) // 2)], step, "axes")
    number = write.number(value, step, "value") if value else ""
    reads = [step.reads[0], pads, number, axes]
    if makes:
        return write.node("Pad", reads, makes, mode=mode)
    return write.between("Pad", reads, step, "pad", mode=mode)


def _conv(write: Writer, step: Step) -> None:
    layer, slides = step.layer, window.applied(step.layer, step.x)
    source, sides = step.reads[0], slides.padding
    if layer.padding_mode != "zeros" and any(sides):
        source, sides = pad(write, step, sides, _MODES[layer.padding_mode]), Sides(*(0,) * len(sides))
    write.node(
        "Conv",
        [source, *step.weights("weight", "bias")],
        step.makes,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        pads=onnx_order(sides),
        dilations=layer.dilation,
        group=layer.groups,
    )


def _conv_transpose(write: Writer, step: Step) -> None:
    layer = step.layer
    write.node(
        "ConvTranspose",
        [step.reads[0], *step.weights("weight", "bias")],
        step.makes,
        kernel_shape=layer.kernel_size,
        strides=layer.stride,
        pads=[*layer.padding, *layer.padding],
        output_padding=layer.output_padding,
        dilations=layer.dilation,
        group=layer.groups,
    )


def _blur(write: Writer, step: Step) -> None:
    """Put a blur pool down: a padding, and a convolution with the filters that are stored."""
    slides = step.layer.slides()
    source = pad(write, step, slides.padding, "reflect") if any(slides.padding) else step.reads[0]
    reads = [source, *step.weights("filt")]
    write.node("Conv", reads, step.makes, kernel_shape=slides.kernel_size, strides=slides.stride, group=step.x[0])


def _as_asked(step: Step) -> Sides:
    """Return the padding that a pool asks for, without what rounding up reads past it."""
    layer = step.layer
    return layer.padding if isinstance(layer.padding, Sides) else window.applied(layer, step.x).padding


def _rounds_as_onnx(step: Step) -> bool:
    """Return whether a pool rounds up as ONNX does, and no last window is dropped, on which runtimes differ."""
    layer = step.layer
    if layer.ceil_mode is False or isinstance(layer.padding, str):
        return False
    plain = _Unclipped(layer.kernel_size, layer.stride, layer.padding, layer.dilation, "unclipped")
    return window.places(plain, step.x) == step.output[1:]


class _Unclipped(NamedTuple):
    """The window of a pool whose last window is never dropped."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]
    ceil_mode: str


def _slides(layer: Any) -> dict[str, Any]:
    return {"kernel_shape": layer.kernel_size, "strides": layer.stride}


def _max_pool(write: Writer, step: Step) -> None:
    layer, sides = step.layer, window.applied(step.layer, step.x).padding
    fields = _slides(layer) | {"dilations": layer.dilation}
    spans = tuple(map(window.span, layer.kernel_size, layer.dilation))
    if not _is_within(sides, spans):
        raise ArchError("a window of it lies outside of what it reads, of which ONNX has no maximum")
    if layer.ceil_mode is True and _rounds_as_onnx(step):
        write.node("MaxPool", step.reads, step.makes, pads=onnx_order(_as_asked(step)), ceil_mode=1, **fields)
    elif _is_within(sides, layer.kernel_size):
        write.node("MaxPool", step.reads, step.makes, pads=onnx_order(sides), **fields)
    else:
        write.node("MaxPool", [pad(write, step, sides, value=_LOWEST)], step.makes, **fields)


def _is_within(sides: Sides, kernel: tuple[int, ...]) -> bool:
    """Return whether padding is less than the window along each axis, as runtimes ask."""
    return all(max(pair) < size for pair, size in zip(sides.along_axes, kernel, strict=True))


def _avg_pool(write: Writer, step: Step) -> None:
    """Put a mean down: what rounding up reads past the end counts for nothing, whether padding counts or not."""
    layer, asked, sides = step.layer, _as_asked(step), window.applied(step.layer, step.x).padding
    if not _is_within(sides, layer.kernel_size):
        raise ArchError("a window of it lies outside of what it reads, of which ONNX has no mean")
    fields, source = _slides(layer), step.reads[0]
    if layer.ceil_mode is True and sides != asked and _rounds_as_onnx(step) and not any(asked):
        write.node("AveragePool", [source], step.makes, ceil_mode=1, **fields)
        return
    past = Sides(*(side - own for side, own in zip(sides, asked, strict=True)))
    if layer.count_include_pad and any(past) and any(asked):
        source, sides = pad(write, step, asked), past
    counts = int(layer.count_include_pad and not any(past))
    write.node("AveragePool", [source], step.makes, pads=onnx_order(sides), count_include_pad=counts, **fields)


def _adaptive(op: str) -> Rule:
    def put(write: Writer, step: Step) -> None:
        sizes, bins = step.x[1:], step.output[1:]
        if sizes == bins:
            write.node("Identity", step.reads, step.makes)
        elif set(bins) == {1}:
            write.node(f"Global{op}", step.reads, step.makes)
        elif all(size % count == 0 for size, count in zip(sizes, bins, strict=True)):
            each = [size // count for size, count in zip(sizes, bins, strict=True)]
            write.node(op, step.reads, step.makes, kernel_shape=each, strides=each)
        else:
            _put_bins(write, step, "ReduceMean" if op == "AveragePool" else "ReduceMax")

    return put


def _put_bins(write: Writer, step: Step, op: str) -> None:
    """Put down bins of several sizes, one axis after the other: torch's begin at floor and end at ceil."""
    made = step.reads[0]
    for axis, (size, count) in enumerate(zip(step.x[1:], step.output[1:], strict=True), start=2):
        if count > _MOST_BINS:
            raise ArchError(f"ONNX has no pool with bins of several sizes, and {count} are too many to write each")
        axes = write.integers([axis], step, "axes")
        bins = []
        for number in range(count):
            ends = (number * size // count, -(-(number + 1) * size // count))
            start, end = (write.integers([place], step, "end") for place in ends)
            part = write.between("Slice", [made, start, end, axes], step, "bin")
            bins.append(write.between(op, [part, axes], step, "pooled"))
        is_last = axis == len(step.x)
        made = write.node("Concat", bins, step.makes if is_last else f"{step.makes}/axis{axis}", axis=axis)


def _max_unpool(write: Writer, step: Step) -> None:
    layer, (pooled, whole) = step.layer, step.reads
    _expect_whole(step)
    pads = onnx_order(layer.padding)
    indices = f"{step.makes}/indices"
    fields = _slides(layer) | {"pads": pads}
    write.node("MaxPool", [whole], f"{step.makes}/pool", indices, ceil_mode=int(layer.ceil_mode), **fields)
    shape = write.between("Shape", [whole], step, "shape")
    write.node("MaxUnpool", [pooled, indices, shape], step.makes, **fields)


def _expect_whole(step: Step) -> None:
    """Raise ArchError where the last window of the pool that is undone ends past what it read."""
    layer, (pooled, whole) = step.layer, step.inputs
    sizes = zip(pooled[1:], whole[1:], layer.kernel_size, layer.stride, layer.padding.before, strict=True)
    for count, size, kernel, stride, before in sizes:
        if (count - 1) * stride + kernel - 2 * before > size:
            raise ArchError("ONNX undoes no pool whose last window ends past what it reads")


def _pads(mode: str) -> Rule:
    def put(write: Writer, step: Step) -> None:
        pad(write, step, step.layer.padding, mode, getattr(step.layer, "value", 0.0), step.makes)

    return put


def _of_axes(name: str, rule: Rule) -> dict[str, Rule]:
    return {f"{name}{axes}d": rule for axes in (1, 2, 3)}


RULES: Final[Mapping[str, Rule]] = {
    **_of_axes("conv", _conv),
    **_of_axes("conv_transpose", _conv_transpose),
    **_of_axes("max_pool", _max_pool),
    **_of_axes("avg_pool", _avg_pool),
    **_of_axes("adaptive_avg_pool", _adaptive("AveragePool")),
    **_of_axes("adaptive_max_pool", _adaptive("MaxPool")),
    **_of_axes("zero_pad", _pads("constant")),
    **_of_axes("constant_pad", _pads("constant")),
    **_of_axes("reflection_pad", _pads("reflect")),
    **_of_axes("replication_pad", _pads("edge")),
    "blur_pool2d": _blur,
    "max_unpool2d": _max_unpool,
}
