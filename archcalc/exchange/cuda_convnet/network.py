"""The sections of a layer file as layers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.cuda_convnet.neurons import put_neuron
from archcalc.exchange.names import as_name
from archcalc.exchange.sections import Section
from archcalc.exchange.sketch import Sketch, Taken, take_each
from archcalc.layers.sizes import dims
from archcalc.spec.inputs import INPUT, Inputs

_DATA: Final = "data"
_COST: Final = "cost."


def read(sections: Sequence[Section], name: str, given: Inputs | None, params: Sequence[Section] = ()) -> Taken:
    """Return the spec of a network, read up to what cannot be said. `params` are the sections of its other file.

    Raises ArchError where nobody says what the network reads, which the files do not.
    """
    if given is None:
        raise ArchError("cuda-convnet's files do not say how large images are: give it, as in --input 3x224x224").at(
            sections[0].mark
        )
    reader = _Reader(Sketch(given), {section.head: section for section in params})
    fault = take_each(sections, reader.take)
    head = {"name": name, "title": f"{name}, from a layer file of cuda-convnet"}
    return reader.sketch.taken(head, () if fault else reader.outputs(), fault)


class _Reader:
    def __init__(self, sketch: Sketch, params: Mapping[str, Section]) -> None:
        self.sketch = sketch
        self._params = params
        self._made: dict[str, str] = {}
        """What each section hands on: the name of a layer."""
        self._owners: dict[str, str] = {}
        """The layer of each section that has weights."""
        self._read: set[str] = set()

    def take(self, section: Section) -> None:
        """Put down the layers of a section. Raises ArchError, with its place, for what cannot be said."""
        if section.head in self._made:
            raise ArchError(f"[{section.head}] is there twice").at(section.mark)
        kind = section.word("type")
        if kind == _DATA:
            self._data(section)
        elif kind.startswith(_COST):
            self._read.difference_update(self._words(section, "inputs"))
        elif kind in _LAYERS:
            try:
                made = _LAYERS[kind](self, section)
            except ArchError as error:
                raise error.at(section.mark, f"layer {section.head}") from None
            self._made[section.head] = put_neuron(self.sketch, section, made)
        else:
            hint = did_you_mean(kind, _LAYERS)
            raise ArchError(f"no layer kind does what {kind} does{hint}").at(
                section.at("type"), f"layer {section.head}"
            )

    def outputs(self) -> Sequence[str]:
        """Return what no layer reads, except costs."""
        unread = [made for head, made in self._made.items() if head not in self._read]
        return [*dict.fromkeys(made for made in unread if made != INPUT)]

    def _data(self, section: Section) -> None:
        """Take images in; other data are labels, which are for costs only."""
        if section.integer("dataIdx") == 0:
            self._made[section.head] = INPUT

    def _words(self, section: Section, key: str) -> list[str]:
        return [word.strip() for word in section.word(key).split(",")]

    def _reads(self, section: Section) -> list[str]:
        names = self._words(section, "inputs")
        for name in names:
            if name not in self._made:
                hint = did_you_mean(name, self._made)
                raise ArchError(f"inputs: there is no layer '{name}' before it{hint}").at(section.at("inputs"))
        self._read.update(names)
        return [self._made[name] for name in names]

    def _only(self, section: Section) -> str:
        sources = self._reads(section)
        if len(sources) > 1:
            raise ArchError(f"a {section.word('type')} reads one layer, not {len(sources)}").at(section.at("inputs"))
        return sources[0]

    def _together(self, section: Section, sources: list[str]) -> str:
        """Return several sources as one, side by side."""
        if len(sources) == 1:
            return sources[0]
        return self.sketch.add(f"{section.head}_inputs", "concat", sources, section.mark)

    def _put(self, section: Section, op: str, source: str | list[str], **fields: Any) -> str:
        again = ""
        if section.word("weightSource", ""):
            again = self._owners.get(section.word("weightSource"), "")
            if not again:
                raise ArchError(f"weightSource: there is no layer '{section.word('weightSource')}' before it").at(
                    section.at("weightSource")
                )
        made = self.sketch.add(as_name(section.head), op, source, section.mark, again=again, **fields)
        self._owners[section.head] = again or made
        return made

    def _window(self, section: Section, count: int) -> dict[str, Any]:
        """Return the filters of a layer, which are the same for all that it reads."""
        fields = {}
        for key, ours, default in _FILTERS:
            numbers = section.integers(key) if section.has(key) or default is None else [default]
            if len({*numbers}) != 1 or len(numbers) not in (1, count):
                raise ArchError(f"no layer kind has another {key} for each input").at(section.at(key))
            fields[ours] = numbers[0]
        return fields | {"ceil_mode": "unclipped"}

    def _expect_channels(self, section: Section, source: str, count: int) -> None:
        shape = self.sketch.shape(source)
        channels = sum(section.integers("channels")) if section.has("channels") else shape[0]
        channels *= count if len(section.word("channels", "").split(",")) == 1 else 1
        if channels != shape[0]:
            raise ArchError(f"channels is {channels}, but it reads {dims(shape)}").at(section.at("channels"))

    def conv(self, section: Section) -> str:
        sources = self._reads(section)
        fields = self._window(section, len(sources))
        if section.word("sharedBiases", "1").lower() not in ("1", "true", "yes", "on"):
            raise ArchError("no layer kind has a bias for each place of a convolution").at(section.at("sharedBiases"))
        source = self._together(section, sources)
        self._expect_channels(section, source, len(sources))
        return self._put(section, "conv2d", source, **fields)

    def local(self, section: Section) -> str:
        sources = self._reads(section)
        fields = self._window(section, len(sources))
        if fields.pop("groups") != 1:
            raise ArchError("no layer kind is locally connected in groups").at(section.at("groups"))
        source = self._together(section, sources)
        self._expect_channels(section, source, len(sources))
        return self._put(section, "local2d", source, **fields)

    def fc(self, section: Section) -> str:
        sources = [self.sketch.flat(source, section.mark) for source in self._reads(section)]
        source = self._together(section, sources)
        return self._put(section, "linear", source, out_features=section.integer("outputs", least=1))

    def pool(self, section: Section) -> str:
        source, word = self._only(section), section.word("pool")
        if word not in ("max", "avg"):
            raise ArchError(f"no layer kind pools as {word} does").at(section.at("pool"))
        self._expect_channels(section, source, 1)
        before = -section.integer("start", 0, least=-10_000)
        if before < 0:
            raise ArchError("no layer kind leaves places out before its first window").at(section.at("start"))
        size, stride = section.integer("sizeX", least=1), section.integer("stride", least=1)
        fields: dict[str, Any] = {"kernel_size": size, "stride": stride, "ceil_mode": "unclipped"}
        if before:
            fields["padding"] = {"top": before, "left": before}
        if word == "avg":
            fields["count_include_pad"] = False
        made = self._put(section, f"{word}_pool2d", source, **fields)
        wanted = section.integer("outputsX", 0)
        if wanted not in (0, self.sketch.shape(made)[1]):
            raise ArchError(f"no layer kind makes {wanted} places of this").at(section.at("outputsX"))
        return made

    def across_maps(self, section: Section) -> str:
        return self._normed(section, "local_response_norm")

    def within_maps(self, section: Section) -> str:
        return self._normed(section, "local_response_norm2d")

    def _normed(self, section: Section, op: str) -> str:
        other = self._params.get(section.head)
        if other is None:
            self.sketch.note(
                "alpha and beta of norms are torch's: cuda-convnet has them in another file, as scale and pow."
            )
        numbers = {ours: other.number(key, default) for key, ours, default in _NORM} if other else {}
        fields: dict[str, Any] = {"size": section.integer("size", least=1), "alpha_per": "mean", **numbers}
        return self._put(section, op, self._only(section), **fields)

    def dropout(self, section: Section) -> str:
        other = self._params.get(section.head, section)
        return self._put(section, "dropout", self._only(section), p=1 - other.number("keep", 0.5))

    def softmax(self, section: Section) -> str:
        return self._put(section, "softmax", self.sketch.flat(self._only(section), section.mark))

    def several(self, op: str, section: Section) -> str:
        sources = self._reads(section)
        return sources[0] if len(sources) == 1 else self._put(section, op, sources)

    def eltsum(self, section: Section) -> str:
        return self.several("add", section)

    def eltmax(self, section: Section) -> str:
        return self.several("maximum", section)

    def concat(self, section: Section) -> str:
        return self.several("concat", section)

    def neuron(self, section: Section) -> str:
        return self._only(section)


_NORM: Final = (("scale", "alpha", 1e-4), ("pow", "beta", 0.75), ("minDiv", "k", 1.0))
"""What the numbers of a norm are called there and here, with what they are where the section does not say it."""

_FILTERS: Final = (
    ("filters", "out_channels", None),
    ("filterSize", "kernel_size", None),
    ("stride", "stride", 1),
    ("padding", "padding", 0),
    ("groups", "groups", 1),
)
"""What filters are called there and here, with what they are where the section does not say it."""

_LAYERS: Final[Mapping[str, Callable[[_Reader, Section], str]]] = {
    "conv": _Reader.conv,
    "local": _Reader.local,
    "fc": _Reader.fc,
    "pool": _Reader.pool,
    "cmrnorm": _Reader.across_maps,
    "rnorm": _Reader.within_maps,
    **dict.fromkeys(("dropout", "dropout2"), _Reader.dropout),
    "softmax": _Reader.softmax,
    "eltsum": _Reader.eltsum,
    "eltmax": _Reader.eltmax,
    **dict.fromkeys(("concat", "pass"), _Reader.concat),
    "neuron": _Reader.neuron,
}
"""What each type makes."""
