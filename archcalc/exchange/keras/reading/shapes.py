"""Keras' layers that lay elements out in other shapes, cut some off, or put more around them.

Where the order of elements matters, what is reshaped has its channels put last before, and first again after it.
"""

from collections.abc import Sequence
from math import prod
from typing import Any, Final

from archcalc.exchange.keras.axes import Axes
from archcalc.exchange.keras.step import Step
from archcalc.layers import Shape
from archcalc.layers.fields import SIDES

_MODES: Final = {
    "nearest": ("nearest",) * 3,
    "bilinear": ("linear", "bilinear", "trilinear"),
    "bicubic": ("bicubic",) * 3,
}
_ORDER: Final = "Keras' features of a flattened map are in another order: its channels come last there."


def flatten(step: Step) -> str:
    if not _has_one_order(step.shape, step.axes):
        step.sketch.note(_ORDER)
    return step.put("flatten")


def reshape(step: Step) -> str:
    wanted = _filled(step.config.integers("target_shape"), prod(step.shape))
    if wanted is None:
        raise step.refuse(f"to {step.config.get('target_shape')}: it reads {prod(step.shape)} elements")
    target = step.axes.ours(wanted)
    if target == step.shape:
        return step.source
    if len(target) == 1:
        return flatten(step)
    source = step.source
    if not _has_one_order(step.shape, step.axes):
        source = step.put("permute", source, ".last", dims=step.axes.order_of_theirs(step.rank))
    if _has_one_order(target, step.axes):
        return step.put("reshape", source, shape=target)
    if step.rank == 1:
        step.sketch.note(_ORDER)
        return step.put("reshape", source, shape=target)
    made = step.put("reshape", source, shape=wanted)
    return step.put("permute", made, ".first", dims=step.axes.order(len(wanted)))


def permute(step: Step) -> str:
    dims = step.config.integers("dims")
    if sorted(dims) != [*range(1, step.rank + 1)]:
        raise step.refuse(f"with dims {list(dims)}: it reads {step.rank} axes after the batch")
    moved = [step.axes.dim(axis, step.rank) for axis in dims]
    order = [moved[axis - 1] for axis in step.axes.order(step.rank)]
    return step.source if order == sorted(order) else step.put("permute", dims=order)


def zero_padding(step: Step, axes: int) -> str:
    sides = [side for pair in step.config.pairs("padding", axes) for side in pair]
    named = {name: size for name, size in zip(SIDES[axes], sides, strict=True) if size}
    return step.put(f"zero_pad{axes}d", padding=named) if named else step.source


def cropping(step: Step, axes: int) -> str:
    """Put down a slice for each axis of which something is cut off."""
    made = step.source
    pairs = [(dim, *pair) for dim, pair in enumerate(step.config.pairs("cropping", axes), start=2) if any(pair)]
    if step.rank != axes + 1:
        raise step.refuse(f"with {step.rank} axes after the batch")
    for dim, before, after in pairs:
        length = step.shape[dim - 1] - before - after
        part = "" if (dim, before, after) == pairs[-1] else f".{dim}"
        made = step.put("slice", made, part, dim=dim, start=before, length=length)
    return made


def center_crop(step: Step) -> str:
    sizes = [step.config.integer("height"), step.config.integer("width")]
    if step.rank != 3 or any(size < wanted for size, wanted in zip(step.shape[1:], sizes, strict=True)):
        raise step.refuse("with what is smaller than the crop")
    made = step.source
    for dim, wanted in enumerate(sizes, start=2):
        start = (step.shape[dim - 1] - wanted) // 2
        made = step.put("slice", made, "" if dim == 3 else ".2", dim=dim, start=start, length=wanted)
    return made


def up_sampling(step: Step, axes: int) -> str:
    factors = step.config.sizes("size", axes, 2)
    fields: dict[str, Any] = {"scale_factor": factors[0] if len({*factors}) == 1 else factors}
    return step.put("upsample", **fields, **_mode(step, axes, "nearest"))


def resizing(step: Step) -> str:
    config = step.config
    for key in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if config.flag(key, False):
            raise step.refuse(f"with {key}")
    size = [config.integer("height"), config.integer("width")]
    return step.put("upsample", size=size, **_mode(step, 2, "bilinear"))


def _mode(step: Step, axes: int, default: str) -> dict[str, str]:
    word = step.config.word("interpolation", default, tuple(_MODES))
    mode = _MODES[word][axes - 1]
    return {} if mode == "nearest" else {"mode": mode}


def _has_one_order(shape: Shape, axes: Axes) -> bool:
    """Return whether elements are in the same order here and there: whether it has channels or places only."""
    return not axes.are_last or shape[0] == 1 or prod(shape[1:]) == 1


def _filled(sizes: Sequence[int], whole: int) -> tuple[int, ...] | None:
    """Return sizes with what is left in the place of -1; None where these cannot hold the whole."""
    known = prod(size for size in sizes if size != -1)
    if known < 1 or sizes.count(-1) > 1 or whole % known or any(size < -1 for size in sizes):
        return None
    filled = tuple(whole // known if size == -1 else size for size in sizes)
    return filled if prod(filled) == whole else None
