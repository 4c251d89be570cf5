"""Linear layers, norms, activations and merges in Keras, which take axes in any order."""

from typing import Any, Final

from archcalc.exchange.keras.writing.model import Tensor
from archcalc.exchange.keras.writing.step import Step

_ACTIVATIONS: Final = {
    **{name: name for name in ("relu", "relu6", "tanh", "sigmoid", "silu", "mish")},
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu",
}
"""Activations without fields, by the names of Keras' functions."""

ACTIVATIONS: Final = (*_ACTIVATIONS,)


def linear(step: Step) -> Tensor:
    layer = step.layer
    x = step.with_last(len(step.shape))
    return step.put("Dense", {"units": layer.out_features, "use_bias": layer.bias}, x)


def batch_norm(step: Step) -> Tensor:
    layer = step.layer
    if not layer.track_running_stats:
        raise step.refuse("without running statistics")
    config = {"axis": step.x.axis(1), "momentum": round(1 - layer.momentum, 12), "epsilon": layer.eps}
    return step.put("BatchNormalization", {**config, "center": layer.affine, "scale": layer.affine})


def instance_norm(step: Step) -> Tensor:
    if step.layer.track_running_stats:
        raise step.refuse("with running statistics")
    return _in_groups(step, -1)


def group_norm(step: Step) -> Tensor:
    return _in_groups(step, step.layer.num_groups)


def _in_groups(step: Step, groups: int) -> Tensor:
    layer = step.layer
    config = {"groups": groups, "axis": -1, "epsilon": layer.eps, "center": layer.affine, "scale": layer.affine}
    return step.put("GroupNormalization", config, step.x_channels_last)


def layer_norm(step: Step) -> Tensor:
    rank = len(step.shape)
    return _of_axes(step, list(range(rank - len(step.layer.normalized_shape) + 1, rank + 1)))


def layer_norm2d(step: Step) -> Tensor:
    return _of_axes(step, [1])


def _of_axes(step: Step, dims: list[int]) -> Tensor:
    layer = step.layer
    places = sorted(step.x.order.index(dim) + 1 for dim in dims)
    axis = step.x.axis(dims[0]) if len(dims) == 1 else places
    center = layer.elementwise_affine and layer.bias
    config = {"axis": axis, "epsilon": layer.eps, "center": center, "scale": layer.elementwise_affine}
    return step.put("LayerNormalization", config)


def scale(step: Step) -> Tensor:
    """Put down the factors of channels by the class that Keras' own ConvNeXt has for them."""
    if step.layer.per != "channel" or step.layer.bias:
        raise step.refuse("with a bias or one factor for all")
    config = {"init_values": 1.0, "projection_dim": step.shape[0]}
    return step.put("LayerScale", config, step.with_last(1), module="keras.src.applications.convnext")


def times(step: Step) -> Tensor:
    return step.put("Rescaling", {"scale": step.layer.number, "offset": 0.0})


def activation(step: Step) -> Tensor:
    return step.put("Activation", {"activation": _ACTIVATIONS[step.layer.op]})


def absolute(step: Step) -> Tensor:
    """Put down a function of tensors, since Keras has no layer for it."""
    return step.put("Absolute", {}, module="keras.src.ops.numpy")


def leaky_relu(step: Step) -> Tensor:
    return step.put("LeakyReLU", {"negative_slope": step.layer.negative_slope})


def elu(step: Step) -> Tensor:
    return step.put("ELU", {"alpha": step.layer.alpha})


def gelu(step: Step) -> Tensor:
    if step.layer.approximate != "none":
        raise step.refuse("by its approximation")
    return step.put("Activation", {"activation": "gelu"})


def softplus(step: Step) -> Tensor:
    if step.layer.beta != 1:
        raise step.refuse(f"with beta {step.layer.beta:g}")
    return step.put("Activation", {"activation": "softplus"})


def hardtanh(step: Step) -> Tensor:
    ends = (step.layer.min_val, step.layer.max_val)
    if ends == (-1, 1):
        return step.put("Activation", {"activation": "hard_tanh"})
    if ends[0] == 0:
        return step.put("ReLU", {"max_value": ends[1]})
    raise step.refuse(f"from {ends[0]:g} to {ends[1]:g}")


def prelu(step: Step) -> Tensor:
    is_one = step.layer.num_parameters == 1
    x = step.x_channels_last
    shared = list(range(1, len(step.shape) + (1 if is_one else 0)))
    return step.put("PReLU", {"shared_axes": shared or None}, x)


def softmax(step: Step) -> Tensor:
    return step.put("Softmax", {"axis": step.x.axis(step.layer.dim)})


def log_softmax(step: Step) -> Tensor:
    return step.put("Activation", {"activation": "log_softmax"}, step.with_last(step.layer.dim))


def dropout(step: Step) -> Tensor:
    return step.put("Dropout", {"rate": step.layer.p})


def channel_dropout(step: Step) -> Tensor:
    return step.put(f"SpatialDropout{step.axes}D", {"rate": step.layer.p}, step.x_channels_last)


def stochastic_depth(step: Step) -> Tensor:
    """Put down a dropout of whole examples, which Keras' own networks have for it."""
    batch = None if step.layer.mode == "row" else 1
    return step.put("Dropout", {"rate": step.layer.p, "noise_shape": [batch, *(1 for _ in step.shape)]})


def identity(step: Step) -> Tensor:
    return step.put("Identity", {})


def merge(step: Step, class_name: str) -> Tensor:
    reads = _in_one_order(step)
    if len(reads) == 1:
        return step.put("Identity", {})
    return step.model.call(step.node.name, class_name, {}, reads, step.node.output_shape, reads[0].order)


def concat(step: Step) -> Tensor:
    reads = _in_one_order(step)
    if len(reads) == 1:
        return step.put("Identity", {})
    config: dict[str, Any] = {"axis": reads[0].axis(step.layer.dim)}
    return step.model.call(step.node.name, "Concatenate", config, reads, step.node.output_shape, reads[0].order)


def _in_one_order(step: Step) -> list[Tensor]:
    if len({tensor.order for tensor in step.reads}) == 1:
        return [*step.reads]
    return [step.model.in_keras_order(tensor) for tensor in step.reads]
