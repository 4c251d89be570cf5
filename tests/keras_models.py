"""A graph as a model of Keras, and what Keras and TensorFlow's profiler say of it.

Only what Keras has a layer for can be made: no towers, no rounding up, no adaptive pool but the global one.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
import tensorflow as tf

from archcalc.graph import Graph, Node
from archcalc.spec.inputs import INPUT

L: Final = keras.layers

_ACTIVATIONS: Final = {
    **{name: name for name in ("relu", "relu6", "tanh", "sigmoid", "silu", "elu", "gelu", "leaky_relu")},
    "hardswish": "hard_swish",
}


class _Lrn(keras.layers.Layer):  # type: ignore[misc]
    """A response normalization, for which Keras has no layer and TensorFlow an operation."""

    def call(self, x: Any) -> Any:
        return tf.nn.local_response_normalization(x)


def model(graph: Graph) -> Any:
    """Return the model, whose maps have their channels last. Raises ValueError for what Keras has no layer for."""
    made = {INPUT: keras.Input(_channels_last(graph.spec.input_shape))}
    for node in graph.nodes:
        if node.copies > 1:
            raise ValueError("it has towers")
        made[node.name] = _apply(node, [made[name] for name in node.inputs])
        if tuple(made[node.name].shape[1:]) != _channels_last(node.output_shape):
            raise ValueError(f"{node.name} has another shape in Keras")
    return keras.Model(made[INPUT], made[graph.nodes[-1].name])


def params(made: Any) -> int:
    return int(made.count_params())


def flops(made: Any) -> int:
    """Return what TensorFlow's profiler counts of one example."""
    shapes = [tf.TensorSpec((1, *one.shape[1:]), one.dtype) for one in made.inputs]
    graph = tf.function(lambda *x: made(*x, training=False)).get_concrete_function(*shapes).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation() | {"output": "none"}
    return int(tf.compat.v1.profiler.profile(graph, options=options).total_float_ops)


def is_seen(graph: Graph) -> bool:
    """Whether the profiler sees all layers: a convolution in groups runs as a function that it does not look into."""
    return all(_groups(node) in (1, node.device_inputs[0][0]) for node in graph.nodes)


def _groups(node: Node) -> int:
    return int(getattr(node.layer, "groups", 1))


def _channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape


def _apply(node: Node, reads: list[Any]) -> Any:
    op, layer = node.layer.op, node.layer
    if op in _MERGES:
        return _MERGES[op]()(reads)
    (x,) = reads
    if op in _ACTIVATIONS:
        return L.Activation(_ACTIVATIONS[op])(x)
    if op not in _MADE or (op == "linear" and len(node.output_shape) > 1):
        raise ValueError(f"Keras has no layer such as {node.name}")
    padding = layer.padding if op == "zero_pad2d" else getattr(layer.window(*node.device_inputs), "padding", None)
    if padding is not None and any(padding) and op != "conv_transpose2d":
        x = L.ZeroPadding2D(padding.along_axes)(x)
    return _MADE[op](node, layer)(x)


def _conv(node: Node, layer: Any) -> Any:
    words = {"strides": layer.stride, "dilation_rate": layer.dilation, "use_bias": layer.bias}
    channels = node.device_inputs[0][0]
    if layer.groups == channels > 1:
        return L.DepthwiseConv2D(layer.kernel_size, depth_multiplier=layer.out_channels // channels, **words)
    return L.Conv2D(layer.out_channels, layer.kernel_size, groups=layer.groups, **words)


def _transposed(node: Node, layer: Any) -> Any:
    if layer.groups > 1 or any(layer.padding):
        raise ValueError("Keras has no such transposed convolution")
    words = {"strides": layer.stride, "dilation_rate": layer.dilation, "use_bias": layer.bias}
    return L.Conv2DTranspose(layer.out_channels, layer.kernel_size, **words)


def _normed(node: Node, layer: Any) -> Any:
    if not layer.track_running_stats:
        raise ValueError("Keras has running statistics in every batch norm")
    return L.BatchNormalization(center=layer.affine, scale=layer.affine)


def _adaptive(node: Node, layer: Any) -> Any:
    if layer.output_size != (1, 1):
        raise ValueError("Keras has global pools only")
    pool = L.GlobalAveragePooling2D if node.layer.op == "adaptive_avg_pool2d" else L.GlobalMaxPooling2D
    return pool(keepdims=True)


_MADE: Final[dict[str, Callable[[Node, Any], Any]]] = {
    "conv2d": _conv,
    "conv_transpose2d": _transposed,
    "linear": lambda node, layer: L.Dense(layer.out_features, use_bias=layer.bias),
    "max_pool2d": lambda node, layer: L.MaxPooling2D(layer.kernel_size, layer.stride),
    "avg_pool2d": lambda node, layer: L.AveragePooling2D(layer.kernel_size, layer.stride),
    "adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "local_response_norm": lambda node, layer: _Lrn(),
    "batch_norm2d": _normed,
    "batch_norm1d": _normed,
    "softmax": lambda node, layer: L.Softmax(),
    "dropout": lambda node, layer: L.Dropout(layer.p),
    "flatten": lambda node, layer: L.Flatten(),
    "identity": lambda node, layer: L.Identity(),
    "zero_pad2d": lambda node, layer: L.Identity(),
}
_MERGES: Final = {"add": L.Add, "concat": L.Concatenate}
