"""Activations, norms, products and what does nothing in inference."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.writing.writer import Rule, Step, Writer

_LEAST_THRESHOLD: Final = 15
"""From here on softplus is x itself, to seven digits."""


def _plain(op: str, **attributes: Any) -> Rule:
    return lambda write, step: _put(write, step, op, **attributes)


def _by_fields(op: str, attributes: Callable[[Any], dict[str, Any]]) -> Rule:
    return lambda write, step: _put(write, step, op, **attributes(step.layer))


def _put(write: Writer, step: Step, op: str, **attributes: Any) -> None:
    write.node(op, step.reads, step.makes, **attributes)


def _clip(write: Writer, step: Step, least: float, most: float) -> None:
    bounds = [write.number(least, step, "min"), write.number(most, step, "max")]
    write.node("Clip", [step.reads[0], *bounds], step.makes)


def _silu(write: Writer, step: Step) -> None:
    curve = write.between("Sigmoid", step.reads, step, "sigmoid")
    write.node("Mul", [step.reads[0], curve], step.makes)


def _softplus(write: Writer, step: Step) -> None:
    beta = step.layer.beta
    if step.layer.threshold < _LEAST_THRESHOLD:
        raise ArchError(f"ONNX has no softplus that is x itself from {step.layer.threshold:g} on")
    if beta == 1:
        _put(write, step, "Softplus")
        return
    scaled = write.between("Mul", [step.reads[0], write.number(beta, step, "beta")], step, "scaled")
    curve = write.between("Softplus", [scaled], step, "softplus")
    write.node("Div", [curve, write.number(beta, step, "by")], step.makes)


def _prelu(write: Writer, step: Step) -> None:
    write.node("PRelu", [step.reads[0], step.tensors["weight"]], step.makes)


def _glu(write: Writer, step: Step) -> None:
    half, gate = f"{step.makes}/half", f"{step.makes}/gate"
    write.node("Split", step.reads, half, gate, axis=step.layer.dim, num_outputs=2)
    write.node("Mul", [half, write.between("Sigmoid", [gate], step, "sigmoid")], step.makes)


def _scale(write: Writer, step: Step) -> None:
    weight, bias = step.weights("weight"), step.weights("bias")
    if not bias:
        write.node("Mul", [step.reads[0], *weight], step.makes)
        return
    scaled = write.between("Mul", [step.reads[0], *weight], step, "scaled") if weight else step.reads[0]
    write.node("Add", [scaled, *bias], step.makes)


def _times(write: Writer, step: Step) -> None:
    write.node("Mul", [step.reads[0], write.number(step.layer.number, step, "number")], step.makes)


def _dropout(write: Writer, step: Step) -> None:
    write.node("Dropout", [step.reads[0], write.number(step.layer.p, step, "ratio")], step.makes)


def _lrn(write: Writer, step: Step) -> None:
    layer = step.layer
    if layer.size % 2 == 0:
        raise ArchError(f"of {layer.size} adjacent channels, ONNX has one more after a channel, and torch before it")
    alpha = layer.alpha * layer.size if layer.alpha_per == "sum" else layer.alpha
    _put(write, step, "LRN", size=layer.size, alpha=alpha, beta=layer.beta, bias=layer.k)


def _affine(write: Writer, step: Step, channels: int) -> list[str]:
    """Return the names of a norm's weight and bias, or of ones and zeros where it has none."""
    if "weight" in step.tensors:
        return step.weights("weight", "bias")
    ones = write.numbers([1.0] * channels, step, "ones", (channels,))
    return [ones, write.numbers([0.0] * channels, step, "zeros", (channels,))]


def _batch_norm(write: Writer, step: Step) -> None:
    layer = step.layer
    if not layer.track_running_stats:
        raise ArchError("ONNX has no batch norm by the statistics of the batch that it reads")
    reads = [step.reads[0], *_affine(write, step, step.x[0]), *step.weights("running_mean", "running_var")]
    write.node("BatchNormalization", reads, step.makes, epsilon=layer.eps, momentum=1 - layer.momentum)


def _frozen_batch_norm(write: Writer, step: Step) -> None:
    reads = [step.reads[0], *step.weights("weight", "bias", "running_mean", "running_var")]
    write.node("BatchNormalization", reads, step.makes, epsilon=step.layer.eps)


def _instance_norm(write: Writer, step: Step) -> None:
    if step.layer.track_running_stats:
        _batch_norm(write, step)
        return
    reads = [step.reads[0], *_affine(write, step, step.x[0])]
    write.node("InstanceNormalization", reads, step.makes, epsilon=step.layer.eps)


def _group_norm(write: Writer, step: Step) -> None:
    layer, reads = step.layer, [step.reads[0], *_affine(write, step, step.x[0])]
    write.node("GroupNormalization", reads, step.makes, num_groups=layer.num_groups, epsilon=layer.eps)


def _layer_norm(write: Writer, step: Step) -> None:
    shape = step.layer.normalized_shape
    count = 1
    for size in shape:
        count *= size
    learnt = step.weights("weight", "bias") or [write.numbers([1.0] * count, step, "ones", shape)]
    reads = [step.reads[0], *learnt]
    write.node("LayerNormalization", reads, step.makes, axis=-len(shape), epsilon=step.layer.eps)


def _layer_norm2d(write: Writer, step: Step) -> None:
    channels = step.x[0]
    learnt = step.weights("weight", "bias") or [write.numbers([1.0] * channels, step, "ones", (channels,))]
    last = write.between("Transpose", step.reads, step, "channels_last", perm=(0, 2, 3, 1))
    normed = write.between("LayerNormalization", [last, *learnt], step, "norm", axis=-1, epsilon=step.layer.eps)
    write.node("Transpose", [normed], step.makes, perm=(0, 3, 1, 2))


RULES: Final[Mapping[str, Rule]] = {
    "relu": _plain("Relu"),
    "tanh": _plain("Tanh"),
    "sigmoid": _plain("Sigmoid"),
    "hardsigmoid": _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hardswish": _plain("HardSwish"),
    "abs": _plain("Abs"),
    "mish": _plain("Mish"),
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _by_fields("Gelu", lambda layer: {"approximate": layer.approximate}),
    "leaky_relu": _by_fields("LeakyRelu", lambda layer: {"alpha": layer.negative_slope}),
    "elu": _by_fields("Elu", lambda layer: {"alpha": layer.alpha}),
    "prelu": _prelu,
    "relu6": lambda write, step: _clip(write, step, 0.0, 6.0),
    "hardtanh": lambda write, step: _clip(write, step, step.layer.min_val, step.layer.max_val),
    "softmax": _by_fields("Softmax", lambda layer: {"axis": layer.dim}),
    "log_softmax": _by_fields("LogSoftmax", lambda layer: {"axis": layer.dim}),
    "glu": _glu,
    "scale": _scale,
    "times": _times,
    **dict.fromkeys(("dropout", "dropout1d", "dropout2d", "dropout3d"), _dropout),
    **dict.fromkeys(("identity", "stochastic_depth"), _plain("Identity")),
    "local_response_norm": _lrn,
    **dict.fromkeys(("batch_norm1d", "batch_norm2d", "batch_norm3d"), _batch_norm),
    **dict.fromkeys(("instance_norm1d", "instance_norm2d", "instance_norm3d"), _instance_norm),
    "frozen_batch_norm2d": _frozen_batch_norm,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "layer_norm2d": _layer_norm2d,
}
