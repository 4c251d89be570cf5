"""What each type of Caffe's layers is here, with Caffe's own defaults.

These are those of https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
"""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axis_of
from archcalc.exchange.caffe.prototext import Message, Value
from archcalc.exchange.sketch import Sketch
from archcalc.layers import Shape
from archcalc.layers.middle import starts

_MOST_AXES: Final = 32
"""Blobs of Caffe have no more."""


class Blobs:
    """Blobs by their names, each with the layer that wrote it last."""

    def __init__(self, sketch: Sketch, given: Mapping[str, str], silent: Container[str]) -> None:
        """Begin with what is given; blobs that are `silent` are read by no layer that does anything."""
        self.sketch, self.silent = sketch, silent
        self._makers = dict(given)
        self._outside = frozenset(given)
        self._read: set[str] = set()
        self._order: list[str] = [*given]
        self._owners: dict[str, str] = {}
        """The layer that has the weights of a name, where layers share them."""
        self._names_of: dict[str, tuple[str, ...]] = {}

    def reads(self, layer: Message) -> list[str]:
        """Return the layers that made what a layer reads. Raises ArchError for a blob that nothing has made."""
        bottoms = layer.words("bottom")
        for bottom in bottoms:
            if bottom not in self._makers:
                raise ArchError(f"it reads the blob '{bottom}', which nothing before it makes").at(layer.at("bottom"))
        if not bottoms:
            raise ArchError("it reads no blob")
        self._read.update(bottoms)
        return [self._makers[bottom] for bottom in bottoms]

    def only(self, layer: Message) -> str:
        """Return the one layer that a layer reads. Raises ArchError where it reads several."""
        sources = self.reads(layer)
        if len(sources) > 1:
            raise ArchError(f"a {layer.word('type')} that reads {len(sources)} blobs is no layer kind")
        return sources[0]

    def put(self, layer: Message, op: str, sources: str | list[str], **fields: Any) -> str:
        """Put down what a layer does, as what makes its blobs."""
        owner = self._owner(layer)
        names = tuple(self._shared(layer))
        if owner and self._names_of[owner] != names:
            raise ArchError("no layer kind shares some of its weights only")
        is_same = layer.words("top") == layer.words("bottom")
        wanted = layer.word("name") or op
        made = self.sketch.add(wanted, op, sources, layer.mark, again=owner, in_place=is_same, **fields)
        for param in names:
            self._owners.setdefault(param, made)
        self._names_of[made] = names
        if names and len(names) < len(self.sketch.params(made)):
            self._names_of[made] = ()  # what shares its names would share more
        self.hand_on(layer, made)
        return made

    def hand_on(self, layer: Message, made: str) -> None:
        """Let a layer be what makes a layer's blobs."""
        for top in layer.words("top"):
            self._makers[top] = made
            self._read.discard(top)
            self._order.append(top)

    def leave_out(self, layer: Message) -> None:
        """Read a layer's blobs as what the network hands on, without the layer; what is from outside is read by it."""
        self._read.update(layer.words("top"))
        self.read_from_outside(layer.words("bottom"))

    def read_from_outside(self, blobs: Iterable[str]) -> None:
        """Read the inputs among blobs, which are labels and weights of losses."""
        self._read.update(blob for blob in blobs if blob in self._outside)

    def outputs(self) -> list[str]:
        """Return what the network hands on: blobs that no layer reads, those from outside among them."""
        tops = dict.fromkeys(top for top in self._order if top not in self.silent)
        return [self._makers[top] for top in tops if top not in self._read]

    def _owner(self, layer: Message) -> str:
        """Return the layer whose weights a layer has by their name; empty for its own."""
        return next((self._owners[param] for param in self._shared(layer) if param in self._owners), "")

    def shares(self, layer: Message) -> bool:
        """Return whether a layer's weights have names, by which others may have them."""
        return bool(self._shared(layer))

    def _shared(self, layer: Message) -> list[str]:
        names = [param.word("name") for param in layer.fields.get("param", []) if isinstance(param, Message)]
        return [name for name in names if name]


def _sides(own: Message, key: str, default: int, each: tuple[str, str] | None = None) -> list[int]:
    """Return a size for height and width: one for both, one after the other, or each under a key of its own."""
    tall, wide = each or (f"{key}_h", f"{key}_w")
    if own.has(tall) or own.has(wide):
        return [own.integer(tall, default), own.integer(wide, default)]
    sizes = own.integers(key) or [default]
    if len(sizes) > 2:
        raise ArchError(f"{key} has {len(sizes)} sizes, which are not height and width").at(own.at(key))
    return sizes * 2 if len(sizes) == 1 else sizes


def _window(own: Message) -> dict[str, Any]:
    if not any(own.has(key) for key in ("kernel_size", "kernel_h", "kernel_w")):
        raise ArchError("kernel_size is missing").at(own.mark)
    return {
        "kernel_size": _sides(own, "kernel_size", 0, ("kernel_h", "kernel_w")),
        "stride": _sides(own, "stride", 1),
        "padding": _sides(own, "pad", 0),
    }


def _axis(own: Message, x: Shape, key: str = "axis", default: int = 1) -> int:
    """Return an axis, counted from the start. Raises ArchError for the batch, and for one that there is not."""
    axis = own.integer(key, default, least=-_MOST_AXES)
    try:
        return axis_of(axis, len(x))
    except ArchError as error:
        raise error.at(own.at(key)) from None


def _filters(layer: Message, x: Shape) -> dict[str, Any]:
    own = layer.message("convolution_param")
    if _axis(own, x) != 1:
        raise ArchError("no layer kind convolves other axes than height and width").at(own.at("axis"))
    return {
        "out_channels": _outputs(own),
        **_window(own),
        "dilation": _sides(own, "dilation", 1),
        "groups": own.integer("group", 1),
        "bias": own.flag("bias_term", True),
    }


def _outputs(own: Message) -> int:
    if not own.has("num_output"):
        raise ArchError("num_output is missing").at(own.mark)
    return own.integer("num_output", 1)


def _convolution(layer: Message, blobs: Blobs) -> None:
    source = blobs.only(layer)
    blobs.put(layer, "conv2d", source, **_filters(layer, blobs.sketch.shape(source)))


def _deconvolution(layer: Message, blobs: Blobs) -> None:
    source = blobs.only(layer)
    blobs.put(layer, "conv_transpose2d", source, **_filters(layer, blobs.sketch.shape(source)))


def _depthwise(layer: Message, blobs: Blobs) -> None:
    source = blobs.only(layer)
    x = blobs.sketch.shape(source)
    blobs.put(layer, "conv2d", source, **{**_filters(layer, x), "groups": x[0]})


_POOLS: Final = {"MAX": "max_pool2d", "0": "max_pool2d", "AVE": "avg_pool2d", "1": "avg_pool2d"}
_ROUNDED_DOWN: Final = ("FLOOR", "1")
"""The `round_mode` of Caffe; branches of it have `ceil_mode: false` in its place."""


def _pooling(layer: Message, blobs: Blobs) -> None:
    own, source = layer.message("pooling_param"), blobs.only(layer)
    word = own.word("pool", "MAX")
    if word not in _POOLS:
        raise ArchError(f"no layer kind pools as {word} does").at(own.at("pool"))
    if own.flag("global_pooling", False):
        blobs.put(layer, f"adaptive_{_POOLS[word]}", source, output_size=1)
        return
    is_down = own.word("round_mode", "CEIL") in _ROUNDED_DOWN or not own.flag("ceil_mode", True)
    blobs.put(layer, _POOLS[word], source, **_window(own), ceil_mode=False if is_down else "caffe")


def _inner_product(layer: Message, blobs: Blobs) -> None:
    """Put down a linear layer of what its axis and those after it have, for each place of those before."""
    own, source = layer.message("inner_product_param"), blobs.only(layer)
    x = blobs.sketch.shape(source)
    axis = _axis(own, x)
    if axis < len(x):
        fields: dict[str, Any] = {} if axis == 1 else {"start_dim": axis}
        source = blobs.sketch.add("flatten", "flatten", source, layer.mark, **fields)
    blobs.put(layer, "linear", source, out_features=_outputs(own), bias=own.flag("bias_term", True))


_REGIONS: Final = {
    **dict.fromkeys(("ACROSS_CHANNELS", "0"), "local_response_norm"),
    **dict.fromkeys(("WITHIN_CHANNEL", "1"), "local_response_norm2d"),
}


def _lrn(layer: Message, blobs: Blobs) -> None:
    own = layer.message("lrn_param")
    region = own.word("norm_region", "ACROSS_CHANNELS")
    if region not in _REGIONS:
        raise ArchError(f"no layer kind normalizes {region}").at(own.at("norm_region"))
    op = _REGIONS[region]
    numbers = {"alpha": own.number("alpha", 1), "beta": own.number("beta", 0.75)}
    if op == "local_response_norm":
        numbers["k"] = own.number("k", 1)  # within channels it is 1 in any case
    fields = {"size": own.integer("local_size", 5), "alpha_per": "mean", **numbers}
    blobs.put(layer, op, blobs.only(layer), **fields)


def _relu(layer: Message, blobs: Blobs) -> None:
    slope = layer.message("relu_param").number("negative_slope", 0)
    fields: dict[str, Any] = {"negative_slope": slope} if slope else {}
    blobs.put(layer, "leaky_relu" if slope else "relu", blobs.only(layer), **fields)


def _prelu(layer: Message, blobs: Blobs) -> None:
    source = blobs.only(layer)
    is_shared = layer.message("prelu_param").flag("channel_shared", False)
    blobs.put(layer, "prelu", source, num_parameters=1 if is_shared else blobs.sketch.shape(source)[0])


def _elu(layer: Message, blobs: Blobs) -> None:
    blobs.put(layer, "elu", blobs.only(layer), alpha=layer.message("elu_param").number("alpha", 1))


def _plain(op: str) -> Callable[[Message, Blobs], None]:
    def put(layer: Message, blobs: Blobs) -> None:
        blobs.put(layer, op, blobs.only(layer))

    return put


def _power(layer: Message, blobs: Blobs) -> None:
    own = layer.message("power_param")
    if own.number("power", 1) != 1 or own.number("shift", 0) != 0:
        raise ArchError("no layer kind takes powers, or adds a number").at(own.mark)
    blobs.put(layer, "times", blobs.only(layer), number=own.number("scale", 1))


def _dropout(layer: Message, blobs: Blobs) -> None:
    blobs.put(layer, "dropout", blobs.only(layer), p=layer.message("dropout_param").number("dropout_ratio", 0.5))


def _norm_of(shape: Shape) -> str:
    return "batch_norm1d" if len(shape) == 1 else "batch_norm2d"


def _batch_norm(layer: Message, blobs: Blobs) -> None:
    """Put down a norm without scale and shift, which are a layer of their own in Caffe."""
    own, source = layer.message("batch_norm_param"), blobs.only(layer)
    fields = {"eps": own.number("eps", 1e-5), "affine": False}
    blobs.put(layer, _norm_of(blobs.sketch.shape(source)), source, **fields)


def _scale(layer: Message, blobs: Blobs) -> None:
    """Put down a learned scale; with a bias, after a norm without them, it is that norm's."""
    sources, own = blobs.reads(layer), layer.message("scale_param")
    if len(sources) == 2:
        if own.flag("bias_term", False):
            raise ArchError("no layer kind scales by another layer and adds a bias").at(own.at("bias_term"))
        blobs.put(layer, "mul", sources)
        return
    if _axis(own, blobs.sketch.shape(sources[0])) != 1 or own.integer("num_axes", 1, least=-1) != 1:
        raise ArchError("no layer kind scales by other weights than one for each channel").at(own.mark)
    has_bias, last = own.flag("bias_term", False), blobs.sketch.lines[-1:]
    is_of_norm = bool(last) and last[0].name == sources[0] and getattr(last[0].layer, "affine", True) is False
    if has_bias and is_of_norm and not blobs.shares(layer) and layer.words("top") == layer.words("bottom"):
        norm = blobs.sketch.drop_last()
        fields = {**vars(norm.layer), "affine": True}
        made = blobs.sketch.add(norm.name, norm.layer.op, norm.inputs, layer.mark, in_place=norm.in_place, **fields)
        blobs.hand_on(layer, made)
        return
    blobs.put(layer, "scale", sources[0], bias=has_bias)


_ELTWISE: Final = {"SUM": "add", "1": "add", "PROD": "mul", "0": "mul", "MAX": "maximum", "2": "maximum"}


def _eltwise(layer: Message, blobs: Blobs) -> None:
    own, sources = layer.message("eltwise_param"), blobs.reads(layer)
    word = own.word("operation", "SUM")
    if word not in _ELTWISE:
        raise ArchError(f"no layer kind does {word}").at(own.at("operation"))
    try:
        factors = [float(factor) for factor in own.words("coeff")]
    except ValueError:
        raise ArchError("coeff must be numbers").at(own.at("coeff")) from None
    op = _ELTWISE[word]
    if factors and (len(factors) != len(sources) or op != "add"):
        raise ArchError("coeff must be one number for each blob of a SUM").at(own.at("coeff"))
    if factors == [1, -1]:
        op = "sub"
    elif any(factor != 1 for factor in factors):
        name = layer.word("name")
        sources = [
            source if factor == 1 else blobs.sketch.add(f"{name}.{place}", "times", source, layer.mark, number=factor)
            for place, (source, factor) in enumerate(zip(sources, factors, strict=True))
        ]
    blobs.put(layer, op, sources)


def _concat(layer: Message, blobs: Blobs) -> None:
    own, sources = layer.message("concat_param"), blobs.reads(layer)
    axis = _axis(own, blobs.sketch.shape(sources[0]), _axis_key(own, "concat_dim"))
    if len(sources) == 1:
        blobs.hand_on(layer, sources[0])
    else:
        blobs.put(layer, "concat", sources, dim=axis)


def _axis_key(own: Message, older: str) -> str:
    return older if own.has(older) else "axis"


def _slice(layer: Message, blobs: Blobs) -> None:
    own, source, tops = layer.message("slice_param"), blobs.only(layer), layer.fields.get("top", [])
    shape = blobs.sketch.shape(source)
    axis = _axis(own, shape, _axis_key(own, "slice_dim"))
    whole = shape[axis - 1]
    cuts = own.integers("slice_point") or [whole * part // len(tops) for part in range(1, len(tops))]
    edges = [0, *cuts, whole]
    if not own.has("slice_point") and whole % len(tops):
        raise ArchError(f"{whole} cannot be cut into {len(tops)} equal parts").at(own.mark)
    if len(edges) != len(tops) + 1 or sorted({*edges}) != edges:
        raise ArchError(f"{len(tops)} parts of {whole} cannot be cut at {cuts}").at(own.mark)
    for place, (top, start, end) in enumerate(zip(tops, edges, edges[1:], strict=False)):
        if isinstance(top, Value) and top.text in blobs.silent:
            continue
        part = Message({**layer.fields, "top": [top]}, layer.mark)
        part.fields["name"] = [layer.fields["top"][place]]
        blobs.put(part, "slice", source, dim=axis, start=start, length=end - start)


def _split(layer: Message, blobs: Blobs) -> None:
    blobs.hand_on(layer, blobs.only(layer))


def _flatten(layer: Message, blobs: Blobs) -> None:
    own, source = layer.message("flatten_param"), blobs.only(layer)
    x = blobs.sketch.shape(source)
    start, end = _axis(own, x), _axis(own, x, "end_axis", -1)
    blobs.put(layer, "flatten", source, start_dim=start, end_dim=-1 if end == len(x) else end)


def _reshape(layer: Message, blobs: Blobs) -> None:
    own, source = layer.message("reshape_param"), blobs.only(layer)
    if own.integer("axis", 0) or own.integer("num_axes", -1, least=-1) != -1:
        raise ArchError("no layer kind lays out some axes only").at(own.mark)
    shape = blobs.sketch.shape(source)
    dims = own.message("shape").integers("dim", least=-1)[1:]
    sizes = [shape[place] if size == 0 and place < len(shape) else size for place, size in enumerate(dims)]
    if sizes == [-1]:
        blobs.put(layer, "flatten", source)
    else:
        blobs.put(layer, "reshape", source, shape=sizes)


def _softmax(layer: Message, blobs: Blobs) -> None:
    sources = blobs.reads(layer)[:1] if layer.word("type") == "Softmax" else [_logits(layer, blobs)]
    axis = _axis(layer.message("softmax_param"), blobs.sketch.shape(sources[0]))
    blobs.put(layer, "softmax", sources[0], dim=axis)


def _logits(layer: Message, blobs: Blobs) -> str:
    """Return what a loss reads first; its labels come from outside."""
    blobs.read_from_outside(layer.words("bottom")[1:])
    first = Message({**layer.fields, "bottom": layer.fields.get("bottom", [])[:1]}, layer.mark)
    return blobs.only(first)


def _crop(layer: Message, blobs: Blobs) -> None:
    """Put down the middle as large as the second blob, or slices as large, where the offsets are not those of it."""
    own, sources = layer.message("crop_param"), blobs.reads(layer)
    if len(sources) != 2:
        raise ArchError("a Crop reads two blobs: what it cuts, and what is as large as it makes it")
    source, shape, like = sources[0], blobs.sketch.shape(sources[0]), blobs.sketch.shape(sources[1])
    axes = range(_axis(own, shape, default=2), len(shape) + 1)
    offsets = own.integers("offset") or [0]
    offsets = offsets * len(axes) if len(offsets) == 1 else offsets
    if len(offsets) != len(axes) or len(shape) != len(like):
        raise ArchError("a Crop needs one offset, or one for each axis").at(own.mark)
    if len(shape) == 3 and shape != like and [*axes] == [2, 3] and offsets == [*starts(shape, like)]:
        blobs.put(layer, "center_crop_like", sources)
        return
    for axis, offset in zip(axes, offsets, strict=True):
        if shape[axis - 1] != like[axis - 1]:
            source = blobs.put(layer, "slice", source, dim=axis, start=offset, length=like[axis - 1])
    if source == sources[0]:
        blobs.hand_on(layer, source)


def _reduction(layer: Message, blobs: Blobs) -> None:
    own, source = layer.message("reduction_param"), blobs.only(layer)
    if own.word("operation", "SUM") not in ("MEAN", "4"):
        raise ArchError("no layer kind reduces like this").at(own.mark)
    x = blobs.sketch.shape(source)
    blobs.put(layer, "mean", source, dim=[*range(_axis(own, x, default=0), len(x) + 1)])


def _permute(layer: Message, blobs: Blobs) -> None:
    order = layer.message("permute_param").integers("order")
    blobs.put(layer, "permute", blobs.only(layer), dims=[axis for axis in order if axis])


def _shuffle(layer: Message, blobs: Blobs) -> None:
    groups = layer.message("shuffle_channel_param").integer("group", 1)
    blobs.put(layer, "channel_shuffle", blobs.only(layer), groups=groups)


LAYERS: Final[Mapping[str, Callable[[Message, Blobs], None]]] = {
    "Convolution": _convolution,
    **dict.fromkeys(("DepthwiseConvolution", "ConvolutionDepthwise", "DepthwiseConv"), _depthwise),
    "Deconvolution": _deconvolution,
    "Pooling": _pooling,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "BatchNorm": _batch_norm,
    "Scale": _scale,
    "ReLU": _relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "ReLU6": _plain("relu6"),
    "Sigmoid": _plain("sigmoid"),
    "TanH": _plain("tanh"),
    "BNLL": _plain("softplus"),
    "AbsVal": _plain("abs"),
    "Swish": _plain("silu"),
    "Mish": _plain("mish"),
    "Power": _power,
    "Dropout": _dropout,
    "Eltwise": _eltwise,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "ShuffleChannel": _shuffle,
    "Softmax": _softmax,
    "SoftmaxWithLoss": _softmax,
    "Crop": _crop,
    "Reduction": _reduction,
}
"""What puts down the layers of each type."""
