"""Linear layers, merges, reductions, and layers that lay elements out anew or take parts of them."""

from collections.abc import Mapping, Sequence
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.writing.writer import Rule, Step, Writer
from archcalc.layers.middle import starts

_SMOOTH: Final = {"linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
_CUBIC: Final = -0.75
"""torch's coefficient: UpSample.h, get_cubic_upsample_coefficients."""


def _linear(write: Writer, step: Step) -> None:
    weight, *bias = step.weights("weight", "bias")
    if len(step.x) == 1:
        write.node("Gemm", [step.reads[0], weight, *bias], step.makes, transB=1)
        return
    turned = write.between("Transpose", [weight], step, "turned", perm=(1, 0))
    if not bias:
        write.node("MatMul", [step.reads[0], turned], step.makes)
        return
    made = write.between("MatMul", [step.reads[0], turned], step, "product")
    write.node("Add", [made, *bias], step.makes)


def _of_two(op: str) -> Rule:
    """Return the rule of an operator that reads two values at a time."""

    def put(write: Writer, step: Step) -> None:
        first, *others, last = step.reads
        for place, source in enumerate(others):
            first = write.between(op, [first, source], step, f"part{place}")
        write.node(op, [first, last], step.makes)

    return put


def _of_all(op: str) -> Rule:
    return lambda write, step: _put(write, step, op)


def _put(write: Writer, step: Step, op: str) -> None:
    write.node(op, step.reads, step.makes)


def _add(write: Writer, step: Step) -> None:
    write.node("Add" if len(step.reads) == 2 else "Sum", step.reads, step.makes)


def _concat(write: Writer, step: Step) -> None:
    write.node("Concat", step.reads, step.makes, axis=step.layer.dim)


def _stack(write: Writer, step: Step) -> None:
    axes = write.integers([step.layer.dim], step, "axes")
    apart = [write.between("Unsqueeze", [source, axes], step, "one") for source in step.reads]
    write.node("Concat", apart, step.makes, axis=step.layer.dim)


def _reduce(op: str) -> Rule:
    def put(write: Writer, step: Step) -> None:
        axes = write.integers(step.layer.dim, step, "axes")
        write.node(op, [step.reads[0], axes], step.makes, keepdims=int(step.layer.keepdim))

    return put


def _laid_out(write: Writer, step: Step, source: str, sizes: Sequence[int], word: str = "") -> str:
    """Put down a new shape, of which the batch, 0, stays as it is."""
    shape = write.integers([0, *sizes], step, "shape")
    if word:
        return write.between("Reshape", [source, shape], step, word)
    return write.node("Reshape", [source, shape], step.makes)


def _reshape(write: Writer, step: Step) -> None:
    _laid_out(write, step, step.reads[0], step.output)


def _flatten(write: Writer, step: Step) -> None:
    if len(step.output) == 1:
        write.node("Flatten", step.reads, step.makes, axis=1)
    else:
        _reshape(write, step)


def _with_axes(op: str) -> Rule:
    def put(write: Writer, step: Step) -> None:
        dim = step.layer.dim
        axes = write.integers([dim] if isinstance(dim, int) else dim, step, "axes")
        write.node(op, [step.reads[0], axes], step.makes)

    return put


def _permute(write: Writer, step: Step) -> None:
    write.node("Transpose", step.reads, step.makes, perm=(0, *step.layer.order(len(step.x))))


def _pixel_shuffle(write: Writer, step: Step) -> None:
    write.node("DepthToSpace", step.reads, step.makes, blocksize=step.layer.upscale_factor, mode="CRD")


def _turned(write: Writer, step: Step, sizes: Sequence[int], order: Sequence[int]) -> None:
    """Put down a new shape, its axes in another order, and the shape that the layer makes."""
    apart = _laid_out(write, step, step.reads[0], sizes, "apart")
    _laid_out(write, step, write.between("Transpose", [apart], step, "turned", perm=[*order]), step.output)


def _pixel_unshuffle(write: Writer, step: Step) -> None:
    factor, (c, h, w) = step.layer.downscale_factor, step.x
    _turned(write, step, (c, h // factor, factor, w // factor, factor), (0, 1, 3, 5, 2, 4))


def _channel_shuffle(write: Writer, step: Step) -> None:
    groups, (c, h, w) = step.layer.groups, step.x
    _turned(write, step, (groups, c // groups, h, w), (0, 2, 1, 3, 4))


def cut(write: Writer, step: Step, start: int, length: int) -> None:
    """Put down a part along the axis of a layer."""
    ends = (write.integers([place], step, word) for word, place in (("start", start), ("end", start + length)))
    axes = write.integers([step.layer.dim], step, "axes")
    write.node("Slice", [step.reads[0], *ends, axes], step.makes)


def _slice(write: Writer, step: Step) -> None:
    cut(write, step, step.layer.start, step.layer.length)


def _center_crop(write: Writer, step: Step) -> None:
    begin = starts(step.x, step.output)
    end = [start + size for start, size in zip(begin, step.output[1:], strict=True)]
    ends = (write.integers(places, step, word) for word, places in (("start", begin), ("end", end)))
    axes = write.integers([2, 3], step, "axes")
    write.node("Slice", [step.reads[0], *ends, axes], step.makes)


def _part(write: Writer, step: Step) -> None:
    cut(write, step, step.layer.start(step.x), step.layer.length(step.x))


def _upsample(write: Writer, step: Step) -> None:
    """Put down a Resize by factors, where they make the size exactly, or to the size."""
    layer, places = step.layer, [*range(2, len(step.x) + 1)]
    factors = [out / size for out, size in zip(step.output[1:], step.x[1:], strict=True)]
    if layer.scale_factor is not None:
        each = layer.scale_factor * (len(factors) // len(layer.scale_factor))
        if [int(size * factor) for size, factor in zip(step.x[1:], each, strict=True)] != [*step.output[1:]]:
            raise ArchError("its factors make another size in floats, in which ONNX multiplies")
        reads = ["", write.numbers([*map(float, each)], step, "scales", (len(places),))]
    else:
        reads = ["", "", write.integers(step.output[1:], step, "sizes")]
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if layer.mode == "nearest-exact":
        how |= {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}
    elif layer.mode != "nearest":
        aligned = "align_corners" if layer.align_corners else "half_pixel"
        how = {"mode": _SMOOTH[layer.mode], "coordinate_transformation_mode": aligned}
    write.node("Resize", [step.reads[0], *reads], step.makes, axes=places, cubic_coeff_a=_CUBIC, **how)


RULES: Final[Mapping[str, Rule]] = {
    "linear": _linear,
    "add": _add,
    "sub": _of_two("Sub"),
    "mul": _of_two("Mul"),
    "maximum": _of_all("Max"),
    "matmul": _of_two("MatMul"),
    "concat": _concat,
    "stack": _stack,
    "mean": _reduce("ReduceMean"),
    "sum": _reduce("ReduceSum"),
    "flatten": _flatten,
    **dict.fromkeys(("reshape", "unflatten"), _reshape),
    "squeeze": _with_axes("Squeeze"),
    "unsqueeze": _with_axes("Unsqueeze"),
    **dict.fromkeys(("permute", "transpose"), _permute),
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "channel_shuffle": _channel_shuffle,
    "slice": _slice,
    **dict.fromkeys(("center_crop", "center_crop_like"), _center_crop),
    **dict.fromkeys(("chunk", "split"), _part),
    "upsample": _upsample,
}
