"""A graph as a .prototxt file of Caffe: a layer after the other, as they are when the network is tested.

What Caffe has no layer for is an error that names the layer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.caffe.slices import in_runs, is_part, sliced
from archcalc.graph import Graph, Node
from archcalc.layers import Layer, Shape
from archcalc.layers.fields import Sides
from archcalc.layers.middle import starts
from archcalc.layers.sizes import dims

_Said = Mapping[str, Any]
_NOTHING: Final[_Said] = {}


class _Part(NamedTuple):
    """One layer of Caffe's: its type, its own fields, and the message that they stand in."""

    kind: str
    message: str = ""
    fields: _Said = _NOTHING


class _Word(str):
    """A word without quotes, of those that an enumeration has."""


def source(graph: Graph) -> str:
    """Write a .prototxt file. Raises ArchError, with its name, for a layer that Caffe has none for."""
    lines = [f'name: "{graph.spec.name}"']
    for name, shape in graph.spec.inputs.items():
        lines += _written({"name": name, "type": "Input", "top": name, "input_param": {"shape": {"dim": [1, *shape]}}})
    shared = {node.weights_of for node in graph.nodes}
    for run in in_runs(graph.nodes):
        try:
            for layer in _layers(run, shared):
                lines += _written(layer)
        except ArchError as error:
            raise error.at(None, f"layer {run[0].name}") from None
    for layer in _ends(graph):
        lines += _written(layer)
    return "\n".join(lines) + "\n"


def _ends(graph: Graph) -> Iterator[dict[str, Any]]:
    """Yield what makes Caffe hand on what the network does: it hands on all that no layer reads, and nothing else."""
    read = {name for node in graph.nodes for name in node.inputs}
    for name in graph.outputs:
        if name in read:
            yield {"name": f"{name}/output", "type": "Split", "bottom": name, "top": f"{name}/output"}
    idle = [node.name for node in graph.nodes if node.name not in read and node.name not in graph.outputs]
    if idle:
        yield {"name": "silence", "type": "Silence", "bottom": idle}


def _layers(run: Sequence[Node], shared: set[str | None]) -> Iterator[dict[str, Any]]:
    """Yield the layers of Caffe's that one layer is, or several parts; all but the first work in place."""
    node = run[0]
    layer = node.layer
    if node.copies > 1:
        raise ArchError("Caffe has no layers that are on several devices")
    if is_part(node):
        yield from sliced(run)
        return
    if layer.op not in _KINDS:
        raise ArchError(f"Caffe has no layer that does what {layer.op} does")
    for number, part in enumerate(_KINDS[layer.op](layer, node.input_shapes)):
        name = f"{node.name}_{part.kind.lower()}" if number else node.name
        sources = [node.name] if number else [*node.inputs]
        written: dict[str, Any] = {"name": name, "type": part.kind, "bottom": sources, "top": node.name}
        owner = node.weights_of or (node.name if node.name in shared else None)
        if owner is not None:
            count = len(node.layer.param_shapes(*node.device_inputs))
            written["param"] = [{"name": f"{owner}_{place}"} for place in range(count)]
        yield written | ({part.message: part.fields} if part.fields else {})


def _written(fields: _Said, key: str = "layer", indent: str = "") -> Iterator[str]:
    """Write a message, one field on each line; what holds only numbers is on one line."""
    yield f"{indent}{key} {{"
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from _written(one, name, f"{indent}  ")
            else:
                yield f"{indent}  {name}: {_value(one)}"
    yield f"{indent}}}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) and not isinstance(value, _Word) else str(value)


def _each(name: str, sizes: tuple[int, ...], default: int | None = None) -> dict[str, int]:
    """Return a size for height and width, which has one key if it is the same for both."""
    high, wide = sizes
    if high == wide:
        return {} if high == default else {name: high}
    short = name.removesuffix("_size")
    return {f"{short}_h": high, f"{short}_w": wide}


def _padding(layer: Any, x: Shape) -> dict[str, int]:
    window = layer.window(x)
    sides = Sides(*window.padding)
    if sides.before != sides.after:
        raise ArchError(f"Caffe pads both sides alike, not {dims(sides.before)} before and {dims(sides.after)} after")
    return _each("pad", sides.before, 0)


def _pooled(layer: Any, x: Shape) -> dict[str, Any]:
    """Return how a pool is padded and rounded: up is what Caffe does if nothing else is said.

    What is only after the last element moves no window, so that the padding before is enough for maxima.
    """
    own, out = layer.padding, layer.output_shape(x)
    before = layer.window(x).padding[::2] if isinstance(own, str) else own.before
    is_even = not isinstance(own, str) and own.before == own.after
    even = layer.with_stand_ins(padding=Sides(*(size for size in before for _ in range(2))))
    for mode, said in (("caffe", {}), (False, {"round_mode": _Word("FLOOR")})):
        is_same = even.with_stand_ins(ceil_mode=mode).output_shape(x) == out
        if is_same and (is_even or not hasattr(layer, "count_include_pad")):
            return _each("pad", before, 0) | said
    raise ArchError(f"Caffe makes other windows than these {dims(out[1:])}: it pads both sides alike, and rounds up")


def _conv(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    x = inputs[0]
    if layer.with_stand_ins(ceil_mode=False).output_shape(x) != layer.output_shape(x):
        raise ArchError("Caffe rounds convolutions down")
    if layer.padding_mode != "zeros":
        raise ArchError(f"Caffe pads with zeros, not as {layer.padding_mode} does")
    yield _Part("Convolution", "convolution_param", _filters(layer, _padding(layer, x)))


def _filters(layer: Any, padding: _Said) -> dict[str, Any]:
    fields: dict[str, Any] = {"num_output": layer.out_channels} | ({} if layer.bias else {"bias_term": False})
    fields |= {**padding, **_each("kernel_size", layer.kernel_size), **_each("stride", layer.stride, 1)}
    if len({*layer.dilation}) > 1:
        fields["dilation"] = [*layer.dilation]
    elif layer.dilation[0] > 1:
        fields["dilation"] = layer.dilation[0]
    return fields | ({"group": layer.groups} if layer.groups > 1 else {})


def _deconv(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if any(layer.output_padding):
        raise ArchError("Caffe's Deconvolution has no output_padding")
    yield _Part("Deconvolution", "convolution_param", _filters(layer, _each("pad", layer.padding, 0)))


def _pool(kind: str) -> Callable[[Any, tuple[Shape, ...]], Iterator[_Part]]:
    def parts(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
        if any(size > 1 for size in layer.dilation):
            raise ArchError("Caffe's pools have no dilation")
        padding = _pooled(layer, inputs[0])
        if any(name.startswith("pad") for name in padding) and not getattr(layer, "count_include_pad", True):
            raise ArchError("Caffe's means count the padding")
        window = _each("kernel_size", layer.kernel_size) | _each("stride", layer.stride, 1)
        yield _Part("Pooling", "pooling_param", {"pool": _Word(kind), **window, **padding})

    return parts


def _adaptive(kind: str) -> Callable[[Any, tuple[Shape, ...]], Iterator[_Part]]:
    def parts(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
        x = inputs[0]
        _, *out = layer.output_shape(x)
        if out == [1, 1]:
            yield _Part("Pooling", "pooling_param", {"pool": _Word(kind), "global_pooling": True})
            return
        if any(size % bins for size, bins in zip(x[1:], out, strict=True)):
            raise ArchError(f"Caffe's pools cannot make {dims(out)} of {dims(x[1:])}: their windows are all alike")
        window = tuple(size // bins for size, bins in zip(x[1:], out, strict=True))
        fields = {"pool": _Word(kind), **_each("kernel_size", window), **_each("stride", window, 1)}
        yield _Part("Pooling", "pooling_param", fields)

    return parts


def _linear(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if len(inputs[0]) != 1:
        raise ArchError(f"Caffe's InnerProduct takes all of {dims(inputs[0])} as features: put a flatten before it")
    bias = {} if layer.bias else {"bias_term": False}
    yield _Part("InnerProduct", "inner_product_param", {"num_output": layer.out_features, **bias})


def _lrn(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if not layer.size % 2:
        raise ArchError("Caffe's LRN has windows of odd sizes only")
    alpha = Decimal(repr(layer.alpha)) * (layer.size if layer.alpha_per == "sum" else 1)
    yield _Part("LRN", "lrn_param", {"local_size": layer.size, "alpha": alpha, "beta": layer.beta, "k": layer.k})


def _lrn_of_places(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if not layer.size % 2 or layer.k != 1:
        raise ArchError("Caffe's LRN within channels has windows of odd sizes only, and a k of 1")
    alpha = Decimal(repr(layer.alpha)) * (layer.size**2 if layer.alpha_per == "sum" else 1)
    region = {"norm_region": _Word("WITHIN_CHANNEL")}
    yield _Part("LRN", "lrn_param", {"local_size": layer.size, "alpha": alpha, "beta": layer.beta, **region})


def _batch_norm(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if not layer.track_running_stats:
        raise ArchError("Caffe's BatchNorm has running statistics in any case")
    yield _Part("BatchNorm", "batch_norm_param", {} if layer.eps == 1e-5 else {"eps": layer.eps})
    if layer.affine:
        yield _Part("Scale", "scale_param", {"bias_term": True})


def _scale(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    if layer.per != "channel":
        raise ArchError("Caffe's Scale has a factor for each channel")
    yield _Part("Scale", "scale_param", {"bias_term": True} if layer.bias else {})


def _eltwise(fields: _Said) -> Callable[[Any, tuple[Shape, ...]], Iterator[_Part]]:
    def parts(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
        if len({*inputs}) > 1:
            raise ArchError(f"Caffe puts equal shapes together, not {' and '.join(map(dims, inputs))}")
        yield _Part("Eltwise", "eltwise_param", fields)

    return parts


def _concat(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    yield _Part("Concat", "concat_param", {} if layer.dim == 1 else {"axis": layer.dim})


def _softmax(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    yield _Part("Softmax", "softmax_param", {} if layer.dim == 1 else {"axis": layer.dim})


def _flatten(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    fields = {"axis": layer.start_dim} if layer.start_dim != 1 else {}
    yield _Part("Flatten", "flatten_param", fields | ({"end_axis": layer.end_dim} if layer.end_dim != -1 else {}))


def _reshape(layer: Layer, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    yield _Part("Reshape", "reshape_param", {"shape": {"dim": [0, *layer.output_shape(*inputs)]}})


def _crop(layer: Layer, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    yield _Part("Crop", "crop_param", {"axis": 2, "offset": [*starts(inputs[0], layer.output_shape(*inputs))]})


def _as(kind: str, message: str = "", **names: str) -> Callable[[Any, tuple[Shape, ...]], Iterator[_Part]]:
    """Return what writes a layer with these fields, each under the name that it has here."""

    def parts(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
        yield _Part(kind, message, {name: getattr(layer, field) for name, field in names.items()})

    return parts


def _prelu(layer: Any, inputs: tuple[Shape, ...]) -> Iterator[_Part]:
    yield _Part("PReLU", "prelu_param", {"channel_shared": True} if layer.num_parameters == 1 else {})


_KINDS: Final[Mapping[str, Callable[[Any, tuple[Shape, ...]], Iterator[_Part]]]] = {
    "conv2d": _conv,
    "conv_transpose2d": _deconv,
    "max_pool2d": _pool("MAX"),
    "avg_pool2d": _pool("AVE"),
    "adaptive_max_pool2d": _adaptive("MAX"),
    "adaptive_avg_pool2d": _adaptive("AVE"),
    "linear": _linear,
    "local_response_norm": _lrn,
    "local_response_norm2d": _lrn_of_places,
    "batch_norm1d": _batch_norm,
    "batch_norm2d": _batch_norm,
    "scale": _scale,
    "times": _as("Power", "power_param", scale="number"),
    "relu": _as("ReLU"),
    "leaky_relu": _as("ReLU", "relu_param", negative_slope="negative_slope"),
    "prelu": _prelu,
    "elu": _as("ELU", "elu_param", alpha="alpha"),
    "sigmoid": _as("Sigmoid"),
    "tanh": _as("TanH"),
    "abs": _as("AbsVal"),
    "dropout": _as("Dropout", "dropout_param", dropout_ratio="p"),
    "identity": _as("Split"),
    "add": _eltwise({}),
    "sub": _eltwise({"coeff": [1, -1]}),
    "mul": _eltwise({"operation": _Word("PROD")}),
    "maximum": _eltwise({"operation": _Word("MAX")}),
    "center_crop_like": _crop,
    "concat": _concat,
    "softmax": _softmax,
    "flatten": _flatten,
    **dict.fromkeys(("reshape", "unflatten", "squeeze", "unsqueeze"), _reshape),
}
"""What writes the layers of each kind."""
