"""Convolutions and pools in Keras, whose padding is `valid` or `same`; any other is a layer of its own before them."""

from typing import Any

from archcalc.exchange.keras.writing.model import Tensor
from archcalc.exchange.keras.writing.step import CHANNELS_LAST, Step
from archcalc.layers import window
from archcalc.layers.fields import Sides


def convolution(step: Step) -> Tensor:
    layer, axes, channels = step.layer, step.axes, step.shape[0]
    if set(layer.stride) != {1} and set(layer.dilation) != {1}:
        raise step.refuse("with a stride and a dilation")
    sides = _sides(step)
    if layer.padding_mode != "zeros" and any(sides):
        raise step.refuse(f"with padding_mode {layer.padding_mode}")
    x, padding = _padded(step, sides)
    config = {
        "kernel_size": layer.kernel_size,
        "strides": layer.stride,
        "padding": padding,
        **CHANNELS_LAST,
        "dilation_rate": layer.dilation,
        "use_bias": layer.bias,
    }
    is_depthwise = layer.groups == channels > 1 and axes < 3 and len(set(layer.stride)) == 1
    if is_depthwise:
        return step.put(f"DepthwiseConv{axes}D", {"depth_multiplier": layer.out_channels // channels, **config}, x)
    groups = {"groups": layer.groups} if layer.groups > 1 else {}
    return step.put(f"Conv{axes}D", {"filters": layer.out_channels, **config, **groups}, x)


def transposed(step: Step) -> Tensor:
    """Put down a transposed convolution, and where it pads as Keras cannot, what cuts the padding off."""
    layer, axes = step.layer, step.axes
    if layer.groups > 1:
        raise step.refuse("in groups")
    if set(layer.stride) != {1} and set(layer.dilation) != {1}:
        raise step.refuse("with a stride and a dilation")
    reach = [window.span(*both) for both in zip(layer.kernel_size, layer.dilation, strict=True)]
    more = [stride - one for stride, one in zip(layer.stride, reach, strict=True)]
    is_same = all(
        (cut, extra) == (max(0, -(one // 2)), one + 2 * max(0, -(one // 2)))
        for cut, extra, one in zip(layer.padding, layer.output_padding, more, strict=True)
    )
    config: dict[str, Any] = {
        "filters": layer.out_channels,
        "kernel_size": layer.kernel_size,
        "strides": layer.stride,
        "padding": "same" if is_same else "valid",
        **CHANNELS_LAST,
        "dilation_rate": layer.dilation,
        "use_bias": layer.bias,
    }
    x = step.x_channels_last
    if is_same:
        return step.put(f"Conv{axes}DTranspose", config, x)
    config["output_padding"] = layer.output_padding
    if any(extra >= stride for extra, stride in zip(layer.output_padding, layer.stride, strict=True)):
        raise step.refuse("with an output_padding that is not less than its stride")
    whole = [size + 2 * cut for size, cut in zip(step.node.output_shape[1:], layer.padding, strict=True)]
    made = step.put(f"Conv{axes}DTranspose", config, x, shape=(layer.out_channels, *whole))
    if not any(layer.padding):
        return made
    cut = [[side, side] for side in layer.padding]
    return step.put(f"Cropping{axes}D", {"cropping": cut if axes > 1 else cut[0], **_format(axes)}, made, "_cropping")


def max_pool(step: Step) -> Tensor:
    """Put down a pool. Zeros that are put around a map never win where nothing in it is negative."""
    layer = step.layer
    if set(layer.dilation) != {1}:
        raise step.refuse("with a dilation")
    sides = _sides(step)
    x, padding = _padded(step, sides, is_harmless=step.reads_signless)
    return _pool(step, "MaxPooling", x, padding)


def avg_pool(step: Step) -> Tensor:
    layer, sides = step.layer, _sides(step)
    if not any(sides):
        return _pool(step, "AveragePooling", step.x_channels_last, "valid")
    if not layer.count_include_pad:
        x, padding = _padded(step, sides, is_harmless=False)
        return _pool(step, "AveragePooling", x, padding)
    if not window.fits_exactly(layer, step.shape):
        raise step.refuse("with windows that reach past the end")
    return _pool(step, "AveragePooling", _zero_padded(step, sides), "valid")


def adaptive_pool(step: Step, kind: str) -> Tensor:
    """Put down a global pool, or one whose windows are all alike where the bins are, or an adaptive one."""
    axes, sizes, bins = step.axes, step.shape[1:], step.node.output_shape[1:]
    x = step.x_channels_last
    if set(bins) == {1}:
        return step.put(f"Global{kind}Pooling{axes}D", {**CHANNELS_LAST, "keepdims": True}, x)
    if sizes == bins:
        return step.put("Identity", {}, x)
    if all(size % count == 0 for size, count in zip(sizes, bins, strict=True)):
        window = [size // count for size, count in zip(sizes, bins, strict=True)]
        config = {"pool_size": window, "strides": window, "padding": "valid", **CHANNELS_LAST}
        return step.put(f"{kind}Pooling{axes}D", config, x)
    return step.put(f"Adaptive{kind}Pooling{axes}D", {"output_size": bins, **CHANNELS_LAST}, x)


def mean(step: Step) -> Tensor:
    """Put down a pool over some axes, and what drops them after it."""
    dims, axes, keepdim = step.layer.dim, step.axes, step.layer.keepdim
    if 1 in dims or not 1 <= axes <= 3:
        raise step.refuse("over channels")
    x = step.x_channels_last
    if len(dims) == axes:
        return step.put(f"GlobalAveragePooling{axes}D", {**CHANNELS_LAST, "keepdims": keepdim}, x)
    window = [size if axis in dims else 1 for axis, size in enumerate(step.shape[1:], start=2)]
    kept = (step.shape[0], *(1 if axis in dims else size for axis, size in enumerate(step.shape[1:], start=2)))
    config = {"pool_size": window, "strides": window, "padding": "valid", **CHANNELS_LAST}
    made = step.put(f"AveragePooling{axes}D", config, x, shape=kept)
    if keepdim:
        return made
    out = step.node.output_shape
    sizes = [*out[1:], out[0]]
    return step.put("Reshape", {"target_shape": sizes}, made, "_reshape")


def zero_pad(step: Step) -> Tensor:
    return _zero_padded(step, step.layer.padding, part="")


def _pool(step: Step, name: str, x: Tensor, padding: str) -> Tensor:
    layer = step.layer
    config = {"pool_size": layer.kernel_size, "strides": layer.stride, "padding": padding, **CHANNELS_LAST}
    return step.put(f"{name}{step.axes}D", config, x)


def _sides(step: Step) -> Sides:
    """Return the padding that a window reads, with what rounding up reads past the end."""
    return window.applied(step.layer.slides(), step.shape).padding


def _padded(step: Step, sides: Sides, *, is_harmless: bool = True) -> tuple[Tensor, str]:
    """Return what a window reads, and the word for its padding; with zeros around it where there is no such word."""
    layer = step.layer
    if not any(sides):
        return step.x_channels_last, "valid"
    same = [
        window.same_padding(*of_axis)
        for of_axis in zip(step.shape[1:], layer.kernel_size, layer.stride, layer.dilation, strict=True)
    ]
    if [*sides.along_axes] == same:
        return step.x_channels_last, "same"
    if not is_harmless:
        raise step.refuse("with this padding: it pads with zeros, and what is read may be negative")
    return _zero_padded(step, sides), "valid"


def _zero_padded(step: Step, sides: Sides, part: str = "_padding") -> Tensor:
    axes, x = step.axes, step.x_channels_last
    pairs = [[*pair] for pair in sides.along_axes]
    shape = (step.shape[0], *(sum(pair) + size for pair, size in zip(pairs, step.shape[1:], strict=True)))
    config = {"padding": pairs if axes > 1 else pairs[0], **_format(axes)}
    return step.put(f"ZeroPadding{axes}D", config, x, part, shape)


def _format(axes: int) -> dict[str, Any]:
    """Return where channels are, which Keras' croppings of sequences do not say."""
    return dict(CHANNELS_LAST) if axes > 1 else {}
