"""What lays elements out in other shapes, takes some of them, or repeats them, in Keras."""

from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.keras.writing.model import Tensor, keras_order
from archcalc.exchange.keras.writing.step import CHANNELS_LAST, Step
from archcalc.layers.middle import starts

_MODES: Final = {"nearest": "nearest", "nearest-exact": "nearest", "bilinear": "bilinear", "bicubic": "bicubic"}


def flatten(step: Step) -> Tensor:
    """Put down a flatten of all axes, channels last as Keras has it, or what makes one axis of some."""
    out = step.node.output_shape
    if len(out) == 1:
        x = step.x if step.x.is_in_one_order else step.x_channels_last
        return step.put("Flatten", {}, x)
    if step.layer.start_dim > 1 and step.x.order == keras_order(len(step.shape)):
        order = keras_order(len(out))
        return step.put("Reshape", {"target_shape": [out[axis - 1] for axis in order]})
    return reshape(step)


def reshape(step: Step) -> Tensor:
    return step.model.reshaped(step.node.name, step.x, step.node.output_shape)


def permute(step: Step) -> Tensor:
    """Return what is read, of which other axes are which of Keras'."""
    dims = step.layer.order(len(step.shape))
    order = tuple(dims.index(axis) + 1 for axis in step.x.order)
    return step.x._replace(shape=step.node.output_shape, order=order)


def cut(step: Step) -> Tensor:
    layer = step.layer
    return _between(step, layer.dim, layer.start, layer.length)


def part(step: Step) -> Tensor:
    layer = step.layer
    return _between(step, layer.dim, layer.start(step.shape), layer.length(step.shape))


def _between(step: Step, dim: int, start: int, length: int) -> Tensor:
    """Put down a cropping. Channels are not cropped, so they are put elsewhere for that."""
    rank, ends = len(step.shape), (start, step.shape[dim - 1] - start - length)
    if rank > 4:
        raise step.refuse(f"with {rank} axes")
    if rank == 1:
        column = (step.shape[0], 1)
        x = step.put("Reshape", {"target_shape": column}, part="_column", shape=column)._replace(order=(1, 2))
        made = step.put("Cropping1D", {"cropping": ends}, x, "_cropping", shape=(length, 1))
        return step.put("Reshape", {"target_shape": [length]}, made)
    x = step.x
    if x.order[-1] == dim:
        x = step.model.ordered(x, (dim, *x.order[:-1]))
    pairs = [ends if axis == dim else (0, 0) for axis in x.order[:-1]]
    config = {"cropping": pairs, **CHANNELS_LAST} if rank > 2 else {"cropping": pairs[0]}
    return step.put(f"Cropping{rank - 1}D", config, x)


def center_crop(step: Step) -> Tensor:
    """Put down a cropping of what is read first; Keras' own CenterCrop begins elsewhere at an odd place."""
    out = step.node.output_shape
    begin = starts(step.shape, out)
    ends = [size - start - kept for size, start, kept in zip(step.shape[1:], begin, out[1:], strict=True)]
    config = {"cropping": [*zip(begin, ends, strict=True)], **CHANNELS_LAST}
    return step.put("Cropping2D", config, step.x_channels_last)


def pixel_shuffle(step: Step) -> Tensor:
    (c, h, w), r = step.node.output_shape, step.layer.upscale_factor
    return _rearranged(step, [h // r, w // r, c, r, r], [1, 4, 2, 5, 3])


def pixel_unshuffle(step: Step) -> Tensor:
    (c, h, w), r = step.shape, step.layer.downscale_factor
    return _rearranged(step, [h // r, r, w // r, r, c], [1, 3, 5, 2, 4])


def channel_shuffle(step: Step) -> Tensor:
    (c, h, w), groups = step.shape, step.layer.groups
    return _rearranged(step, [h, w, groups, c // groups], [1, 2, 4, 3])


def _rearranged(step: Step, sizes: list[int], dims: list[int]) -> Tensor:
    """Put down what lays places and channels out, puts the axes in another order, and joins them again."""
    out = step.node.output_shape
    several = step.put("Reshape", {"target_shape": sizes}, step.x_channels_last, "_parts", shape=tuple(sizes))
    several = several._replace(order=tuple(range(1, len(sizes) + 1)))
    moved_sizes = tuple(sizes[axis - 1] for axis in dims)
    moved = step.put("Permute", {"dims": dims}, several, "_permute", shape=moved_sizes)
    return step.put("Reshape", {"target_shape": [*out[1:], out[0]]}, moved)


def upsample(step: Step) -> Tensor:
    """Put down what repeats places by whole factors, or resizes maps."""
    layer, axes = step.layer, step.axes
    both = [*zip(step.shape[1:], step.node.output_shape[1:], strict=True)]
    factors = [out // size for size, out in both]
    is_whole = all(out % size == 0 for size, out in both)
    if layer.align_corners:
        raise step.refuse("with align_corners")
    if layer.mode not in _MODES or (_MODES[layer.mode] != "nearest" and axes != 2):
        raise step.refuse(f"in mode {layer.mode}")
    mode = _MODES[layer.mode]
    x = step.x_channels_last
    if is_whole and mode == "nearest":
        size = {"size": factors if axes > 1 else factors[0]}
        return step.put(f"UpSampling{axes}D", {**size, **(CHANNELS_LAST if axes > 1 else {})}, x)
    if is_whole:
        return step.put("UpSampling2D", {"size": factors, **CHANNELS_LAST, "interpolation": mode}, x)
    if axes != 2 or mode == "nearest":
        raise ArchError("Keras repeats places by whole factors only")
    height, width = step.node.output_shape[1:]
    return step.put("Resizing", {"height": height, "width": width, "interpolation": mode, **CHANNELS_LAST}, x)
