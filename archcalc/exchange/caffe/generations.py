"""Older generations of Caffe's layers in today's form.

The first had `layers { layer { type: "conv" ... } bottom: top: }` with all fields in one place, and paddings as layers
of their own; the second `layers { type: CONVOLUTION ... }`. What becomes what is that of Caffe's own upgrade:
https://github.com/BVLC/caffe/blob/master/src/caffe/util/upgrade_proto.cpp
"""

from collections.abc import Iterator, Mapping
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.caffe.prototext import Message, Value

_SECOND: Final[Mapping[str, str]] = {
    "ABSVAL": "AbsVal",
    "BNLL": "BNLL",
    "LRN": "LRN",
    "MVN": "MVN",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "RELU": "ReLU",
    "TANH": "TanH",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "ARGMAX": "ArgMax",
    "IM2COL": "Im2col",
}
"""Types of the second generation that are not today's with capitals and underscores."""

_FIRST: Final[Mapping[str, str]] = {
    "accuracy": "Accuracy",
    "bnll": "BNLL",
    "concat": "Concat",
    "conv": "Convolution",
    "data": "Data",
    "dropout": "Dropout",
    "euclidean_loss": "EuclideanLoss",
    "flatten": "Flatten",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "im2col": "Im2col",
    "images": "ImageData",
    "infogain_loss": "InfogainLoss",
    "innerproduct": "InnerProduct",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MultinomialLogisticLoss",
    "pool": "Pooling",
    "relu": "ReLU",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "softmax_loss": "SoftmaxWithLoss",
    "split": "Split",
    "tanh": "TanH",
    "window_data": "WindowData",
}

_FIELDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "conv": (
        "convolution_param",
        {name: name for name in ("num_output", "pad", "group", "stride")}
        | {"biasterm": "bias_term", "kernelsize": "kernel_size"},
    ),
    "innerproduct": ("inner_product_param", {"num_output": "num_output", "biasterm": "bias_term"}),
    "pool": ("pooling_param", {"pool": "pool", "pad": "pad", "stride": "stride", "kernelsize": "kernel_size"}),
    "dropout": ("dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "lrn": ("lrn_param", {name: name for name in ("local_size", "alpha", "beta", "k")}),
    "concat": ("concat_param", {"concat_dim": "concat_dim"}),
    **dict.fromkeys(("data", "images", "window_data"), ("transform_param", {"cropsize": "crop_size"})),
}
"""For each type of the first generation where its fields are today, and what they are called."""

_PADDING: Final = "padding"


def layers_of(net: Message) -> list[Message]:
    """Return the layers of a network, all in today's form. Raises ArchError for a type that no generation has."""
    old = net.messages("layers")
    if not old:
        return net.messages("layer")
    if net.has("layer"):
        raise ArchError("a network has either layer { } or layers { }, which are older").at(net.at("layer"))
    if any(one.has("layer") for one in old):
        return list(_upgraded_first(old))
    return [_upgraded_second(one) for one in old]


def _upgraded_second(layer: Message) -> Message:
    """
    >>> from archcalc.exchange.caffe.prototext import parse
    >>> _upgraded_second(parse("type: INNER_PRODUCT", "net")).word("type")
    'InnerProduct'
    """
    word = layer.word("type")
    today = _SECOND.get(word) or "".join(part.capitalize() for part in word.split("_"))
    return layer._replace(fields={**layer.fields, "type": [Value(today, layer.at("type"))]})


def _upgraded_first(layers: list[Message]) -> Iterator[Message]:
    """Yield the layers without those that only pad, whose padding goes to the layer that reads them."""
    pads: dict[str, tuple[str, Value | Message]] = {}
    for connection in layers:
        own = connection.message("layer")
        tops, bottoms = connection.words("top"), connection.words("bottom")
        if own.word("type") == _PADDING:
            if len(tops) != 1 or len(bottoms) != 1 or not own.has("pad"):
                raise ArchError("a padding has a pad, reads one blob and makes one").at(own.mark)
            pads[tops[0]] = (bottoms[0], own.fields["pad"][-1])
            continue
        fields = {**own.fields}
        for bottom in bottoms:
            if bottom in pads:
                fields["pad"] = [pads[bottom][1]]
        sources = [pads.get(bottom, (bottom, None))[0] for bottom in bottoms]
        yield _in_today_form(Message(fields, own.mark), connection, sources)


def _in_today_form(own: Message, connection: Message, sources: list[str]) -> Message:
    word = own.word("type")
    if word not in _FIRST:
        raise ArchError(f"no generation of Caffe's layers has the type {word}").at(own.at("type"))
    where, names = _FIELDS.get(word, ("", {}))
    moved = {today: own.fields[name] for name, today in names.items() if own.has(name)}
    fields: dict[str, list[Value | Message]] = {
        "name": own.fields.get("name", []),
        "type": [Value(_FIRST[word], own.at("type"))],
        "top": connection.fields.get("top", []),
        "bottom": [Value(source, connection.at("bottom")) for source in sources],
    }
    if moved:
        fields[where] = [Message(moved, own.mark)]
    return Message(fields, own.mark)
