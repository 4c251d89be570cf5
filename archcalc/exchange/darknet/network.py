"""The sections of a .cfg file as layers, by what Darknet's parser makes of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.darknet.activations import put_activation
from archcalc.exchange.darknet.shortcuts import put_shortcut
from archcalc.exchange.sections import Section
from archcalc.exchange.sketch import Sketch, Taken, take_each
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT, Inputs, replaced

_NETWORK: Final = ("net", "network")
_CROP: Final = "crop"
_BOXES: Final = ("yolo", "region", "detection")
_COST: Final = "cost"
_UNSAID: Final = ("stride_x", "stride_y", "maxpool_depth", "share_index", "dilation", "antialiasing")
"""Options of other versions of Darknet that would change what a layer makes."""
_MOST_BACK: Final = 10_000


def is_darknet(sections: Sequence[Section]) -> bool:
    """Return whether sections are those of Darknet, whose first is the network's own."""
    return bool(sections) and sections[0].head in _NETWORK


def read(sections: Sequence[Section], name: str, given: Inputs | None) -> Taken:
    """Return the spec of a network, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    own = _input(sections)
    reader = _Reader(Sketch(own if given is None else replaced(own, given)))
    fault = take_each(sections[1:], reader.take)
    head = {"name": name, "title": f"{name}, from a .cfg file of Darknet"}
    return reader.sketch.taken(head, () if fault else reader.outputs(), fault)


def _input(sections: Sequence[Section]) -> Shape:
    """Return the shape that the first layer with weights reads: what is cut out, where a `crop` comes first."""
    net, *layers = sections
    size = {"height": net.integer("height", 0), "width": net.integer("width", 0)}
    if layers and layers[0].head == _CROP:
        size = {key: layers[0].integer(f"crop_{key}", least=1) for key in size}
    shape = (net.integer("channels", 0), *size.values())
    if all(shape):
        return shape
    if net.has("inputs"):
        return (net.integer("inputs", least=1),)
    raise ArchError("the network does not say its input: channels=, height= and width=").at(net.mark)


class _Reader:
    """Sections as layers, in order. Where they refer to layers, it is by number, or by how many come between."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self._made: list[str] = []
        """What each section hands on: the name of a layer."""
        self._boxes: list[str] = []
        """What is read by sections that find boxes."""

    def take(self, section: Section) -> None:
        """Put down the layers of a section. Raises ArchError, with its place, for what cannot be said."""
        if section.head not in _LAYERS:
            hint = did_you_mean(section.head, _LAYERS)
            raise ArchError(f"no layer kind does what [{section.head}] does{hint}").at(section.mark)
        for key in _UNSAID:
            if section.has(key):
                raise ArchError(f"no layer kind does what [{section.head}] does with {key}").at(section.at(key))
        self._made.append(_LAYERS[section.head](self, section))
        self.sketch.notes += section.misspelt()

    def outputs(self) -> Sequence[str]:
        """Return what the network hands on: what boxes are read from, or the last layer."""
        return [*dict.fromkeys(self._boxes or self._made[-1:])]

    @property
    def _last(self) -> str:
        return self._made[-1] if self._made else INPUT

    def _name(self, word: str) -> str:
        return f"{word}{len(self._made)}"

    def _numbered(self, section: Section, key: str, number: int) -> str:
        """Return the layer of a number, which counts back from here where it is negative."""
        place = number if number >= 0 else len(self._made) + number
        if not 0 <= place < len(self._made):
            raise ArchError(f"{key}={number}: there is no such layer before layer {len(self._made)}").at(
                section.at(key), f"layer {self._name(section.head)}"
            )
        return self._made[place]

    def _activated(self, section: Section, source: str, default: str) -> str:
        return put_activation(self.sketch, section, source, self._name, default)

    def _weighted(self, section: Section, op: str, source: str, **fields: Any) -> str:
        """Put down a layer with weights, the normalization and the activation that its section asks for."""
        is_normed = section.integer("batch_normalize", 0) == 1
        name = self._name({"linear": "connected", "conv2d": "conv"}.get(op, "deconv"))
        made = self.sketch.add(name, op, source, section.mark, bias=not is_normed, **fields)
        if is_normed:
            kind = "batch_norm1d" if op == "linear" else "batch_norm2d"
            made = self.sketch.add(self._name("bn"), kind, made, section.mark)
        return self._activated(section, made, "logistic")

    def convolutional(self, section: Section) -> str:
        fields = {**_window(section), "groups": section.integer("groups", 1, least=1)}
        return self._weighted(section, "conv2d", self._last, **fields)

    def deconvolutional(self, section: Section) -> str:
        return self._weighted(section, "conv_transpose2d", self._last, **_window(section))

    def local(self, section: Section) -> str:
        """Put down a layer with filters of its own at each place.

        Darknet makes one place less than a convolution does where a padded window has an even size:
        https://github.com/pjreddie/darknet/blob/master/src/local_layer.c, local_out_height.
        """
        fields, is_padded = _window(section), section.integer("pad", 0) != 0
        size = fields["kernel_size"]
        if is_padded and size % 2 == 0:
            raise ArchError(f"no layer kind pads windows of {size} places as [local] does").at(section.at("size"))
        fields |= {"padding": size // 2 if is_padded else 0}
        made = self.sketch.add(self._name("local"), "local2d", self._last, section.mark, **fields)
        return self._activated(section, made, "logistic")

    def connected(self, section: Section) -> str:
        source = self.sketch.flat(self._last, section.mark)
        return self._weighted(section, "linear", source, out_features=section.integer("output", 1, least=1))

    def maxpool(self, section: Section) -> str:
        stride = section.integer("stride", 1, least=1)
        size = section.integer("size", stride, least=1)
        padding = section.integer("padding", size - 1)
        before, after = padding // 2, padding - padding // 2
        sides = {"top": before, "bottom": after, "left": before, "right": after} if padding else 0
        fields: dict[str, Any] = {"kernel_size": size, "stride": stride, "padding": self._needed(sides, size, stride)}
        return self.sketch.add(self._name("max"), "max_pool2d", self._last, section.mark, **fields)

    def _needed(self, sides: dict[str, int] | int, size: int, stride: int) -> dict[str, int] | int:
        """Return a pool's padding without what no window reaches: that after the last one."""
        shape = self.sketch.shape(self._last)
        if not isinstance(sides, dict) or len(shape) != 3:
            return sides
        for before, after, length in (("top", "bottom", shape[1]), ("left", "right", shape[2])):
            spare = (length + sides[before] + sides[after] - size) % stride
            sides[after] = max(0, sides[after] - spare)
        return sides if any(sides.values()) else 0

    def avgpool(self, section: Section) -> str:
        return self.sketch.add(self._name("avg"), "adaptive_avg_pool2d", self._last, section.mark, output_size=1)

    def dropout(self, section: Section) -> str:
        p = section.number("probability", 0.5)
        return self.sketch.add(self._name("dropout"), "dropout", self._last, section.mark, p=p)

    def softmax(self, section: Section) -> str:
        if section.integer("groups", 1) != 1:
            raise ArchError("no layer kind makes several softmaxes of groups").at(section.at("groups"))
        source = self._last if section.integer("spatial", 0) else self.sketch.flat(self._last, section.mark)
        return self.sketch.add(self._name("softmax"), "softmax", source, section.mark, dim=1)

    def normalization(self, section: Section) -> str:
        numbers = {"alpha": section.number("alpha", 1e-4), "beta": section.number("beta", 0.75)}
        numbers |= {"size": section.integer("size", 5), "k": section.number("kappa", 1)}
        fields: dict[str, Any] = {"alpha_per": "sum", **numbers}
        return self.sketch.add(self._name("lrn"), "local_response_norm", self._last, section.mark, **fields)

    def batchnorm(self, section: Section) -> str:
        kind = "batch_norm1d" if len(self.sketch.shape(self._last)) == 1 else "batch_norm2d"
        return self.sketch.add(self._name("bn"), kind, self._last, section.mark)

    def activation(self, section: Section) -> str:
        return self._activated(section, self._last, "linear")

    def logistic(self, section: Section) -> str:
        return self.sketch.add(self._name("logistic"), "sigmoid", self._last, section.mark)

    def route(self, section: Section) -> str:
        sources = [self._numbered(section, "layers", n) for n in section.integers("layers", least=-_MOST_BACK)]
        groups, part = section.integer("groups", 1, least=1), section.integer("group_id", 0)
        if groups > 1:
            sources = [self._slice(section, source, groups, part, n) for n, source in enumerate(sources)]
        if len(sources) == 1:
            return sources[0]
        return self.sketch.add(self._name("route"), "concat", sources, section.mark)

    def _slice(self, section: Section, source: str, groups: int, part: int, number: int) -> str:
        """Return one of several equal parts of the channels."""
        size = self.sketch.shape(source)[0] // groups
        name = self._name("part") + (f"_{number}" if number else "")
        return self.sketch.add(name, "slice", source, section.mark, dim=1, start=part * size, length=size)

    def shortcut(self, section: Section) -> str:
        others = [self._numbered(section, "from", n) for n in section.integers("from", least=-_MOST_BACK)]
        made = put_shortcut(self.sketch, section, self._last, others, self._name)
        return self._activated(section, made, "linear")

    def upsample(self, section: Section) -> str:
        factor = section.integer("stride", 2, least=1)
        made = self.sketch.add(self._name("upsample"), "upsample", self._last, section.mark, scale_factor=factor)
        scale = section.number("scale", 1)
        return made if scale == 1 else self.sketch.add(self._name("scale"), "times", made, section.mark, number=scale)

    def reorg(self, section: Section) -> str:
        for key in ("flatten", "extra"):
            if section.integer(key, 0):
                raise ArchError(f"no layer kind does what [reorg] does with {key}").at(section.at(key))
        factor, is_back = section.integer("stride", 1, least=1), section.integer("reverse", 0) == 1
        op = "pixel_shuffle" if is_back else "pixel_unshuffle"
        field = "upscale_factor" if is_back else "downscale_factor"
        fields: dict[str, Any] = {field: factor}
        made = self.sketch.add(self._name("reorg"), op, self._last, section.mark, **fields)
        self.sketch.notes.append(f"Darknet's reorg puts the same elements in another order of channels than {op}.")
        return made

    def crop(self, section: Section) -> str:
        if self._made:
            raise ArchError("no layer kind does what [crop] does after other layers").at(section.mark)
        sizes = [section.integer(f"crop_{key}") for key in ("height", "width")]
        self.sketch.notes.append(f"[crop] cuts images of {sizes[0]} x {sizes[1]} out, which are the input here.")
        return INPUT

    def boxes(self, section: Section) -> str:
        self._boxes.append(self._last)
        self.sketch.note(f"[{section.head}] makes boxes of what it reads, without weights, and is left out.")
        return self._last

    def cost(self, section: Section) -> str:
        return self._last


def _window(section: Section) -> dict[str, Any]:
    """Return the filters of a section and how they slide: `pad` is a flag, for half of the size."""
    size = section.integer("size", 1, least=1)
    padding = size // 2 if section.integer("pad", 0) else section.integer("padding", 0)
    filters, stride = section.integer("filters", 1, least=1), section.integer("stride", 1, least=1)
    return {"out_channels": filters, "kernel_size": size, "stride": stride, "padding": padding}


_LAYERS: Final[Mapping[str, Callable[[_Reader, Section], str]]] = {
    **dict.fromkeys(("convolutional", "conv"), _Reader.convolutional),
    **dict.fromkeys(("deconvolutional", "deconv"), _Reader.deconvolutional),
    "local": _Reader.local,
    **dict.fromkeys(("connected", "conn"), _Reader.connected),
    **dict.fromkeys(("maxpool", "max"), _Reader.maxpool),
    **dict.fromkeys(("avgpool", "avg"), _Reader.avgpool),
    "dropout": _Reader.dropout,
    **dict.fromkeys(("softmax", "soft"), _Reader.softmax),
    **dict.fromkeys(("normalization", "lrn"), _Reader.normalization),
    "batchnorm": _Reader.batchnorm,
    "activation": _Reader.activation,
    "logistic": _Reader.logistic,
    "route": _Reader.route,
    "shortcut": _Reader.shortcut,
    "upsample": _Reader.upsample,
    "reorg": _Reader.reorg,
    _CROP: _Reader.crop,
    _COST: _Reader.cost,
    **dict.fromkeys(_BOXES, _Reader.boxes),
}
"""What each section makes."""
