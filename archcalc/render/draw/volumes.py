"""A chain of layers as papers draw it: volumes from left to right, towers one above the other, windows on them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from archcalc.analysis.draw.volumes import Column, Volume, Volumes, Window
from archcalc.exchange.diagrams.boxes import in_short
from archcalc.graph import Node
from archcalc.layers.sizes import dims
from archcalc.render.draw.lengths import Edges, Lengths, Scale, lengths_for
from archcalc.render.draw.said import USUAL, Around, Facts
from archcalc.render.picture.letters import cut, width, wrapped
from archcalc.render.picture.page import LINE, MARGIN, SMALL
from archcalc.render.picture.scene import Dot, Item, Look, Path, Place, Polygon, Rect, Scene, Words

_HEAD: Final = 44.0
"""Where the drawing begins, below a title of one line."""
_GAP: Final = 22.0
"""What is free between the columns."""
_SIZES: Final = 11.0
_NARROWEST: Final = 420.0
_APART: Final = 18.0
"""What is free between towers."""
_WIDEST: Final = 132.0
"""How wide the words under a volume may be."""

_INPUT, _MAPS, _FEATURES, _WINDOWS = 7, 0, 2, 1
"""The series of the palette that they are drawn in."""


class _Placed(NamedTuple):
    """A volume as it is drawn: the upper left corner of its front, and its edges."""

    volume: Volume
    left: float
    top: float
    edges: Edges

    def at(self, across: float, down: float, back: float) -> Place:
        """Return where a point of the volume is, given as parts of its edges."""
        return (
            self.left + across * self.edges.across + back * self.edges.back,
            self.top + down * self.edges.down - back * self.edges.back,
        )

    def corners(self, *points: tuple[float, float, float]) -> tuple[Place, ...]:
        return tuple(self.at(*point) for point in points)


def scene_of(found: Volumes, scale: Scale = Scale.SQRT, around: Around = USUAL) -> Scene:
    """Draw volumes, with the sizes of their edges, what reads them, and below them what each layer is."""
    lengths = lengths_for([volume.shape for volume in found.volumes], scale)
    facts = Facts(found.graph, around)
    words = [_words(column, facts) for column in found.columns]
    placed, wide, low = _placed(found, lengths, words)
    middles = _middles(found, placed)
    title, top = facts.head(wide - 2 * MARGIN)
    shift = top - _HEAD
    placed = [one._replace(top=one.top + shift) for one in placed]
    below = low + shift + 18 + _SIZES
    legend, end = facts.foot(
        _legend(found, lengths, facts), wide - 2 * MARGIN, below + LINE * max(map(len, words)) + 14
    )
    items = [
        title,
        *_devices(found, placed),
        *_whole(found, placed),
        *(_volume(found, one, facts) for one in placed),
        *(_window(found, window, placed, facts, lengths) for window in found.windows),
        *(_sizes(found, one, facts) for one in placed),
        *(Item(tuple(_under(lines, middle, below))) for lines, middle in zip(words, middles, strict=True)),
        legend,
    ]
    return Scene(facts.title(), _description(found), wide, end, tuple(items))


def _description(found: Volumes) -> str:
    shapes = ", ".join(
        f"{column.name} {dims(column.shape)}" + (f" on each of {len(column.devices)} devices" if column.devices else "")
        for column in found.columns
    )
    return f"Volumes from left to right, and the windows that read them: {shapes}."


def _legend(found: Volumes, lengths: Lengths, facts: Facts) -> Iterator[str]:
    yield f"Channels go right, height down, width back; {lengths.words}."
    if found.windows:
        yield "A window is what one output reads of the volume before it, through the pools between them."
    if found.is_folded:
        yield "Layers that follow each other and make equal volumes are one, with their number and the params of all."
    yield facts.total


def _words(column: Column, facts: Facts) -> list[Words]:
    """Return what is said below a column, at no place yet: its name, its layers, and its params."""
    many = f" x{column.times}" if column.times > 1 else ""
    head = Words(0, 0, cut(column.name, _WIDEST, bold=True) + many, "ink", "middle", is_bold=True)
    sorts = Counter(map(in_short, column.heads))
    lines = [f"{sort} x{times}" if 1 < times < column.times else sort for sort, times in sorts.items()]
    lines += _counted(column.each)
    if after := [*_counted(column.then)]:
        lines += [f"then {', '.join(after)}"] if column.times > 1 else after
    parts = [part for line in lines for part in wrapped(line, _WIDEST, SMALL)]
    said = [Words(0, 0, cut(part, _WIDEST, SMALL), "soft", "middle", SMALL) for part in parts]
    params = facts.params(column.nodes)
    return [head, *said, *([Words(0, 0, params, "ink", "middle", SMALL)] if params else [])]


def _counted(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield what layers are, each once with its number where it follows itself."""
    for text, run in groupby(map(in_short, nodes)):
        many = len([*run])
        yield f"{text} x{many}" if many > 1 else text


def _under(lines: Sequence[Words], x: float, y: float) -> Iterator[Words]:
    for number, line in enumerate(lines):
        yield line._replace(x=x, y=y + number * LINE)


def _placed(found: Volumes, lengths: Lengths, words: Sequence[Sequence[Words]]) -> tuple[list[_Placed], float, float]:
    """Return where volumes stand, how wide the picture is, and where its volumes end."""
    edges = [lengths.edges(volume.shape) for volume in found.volumes]
    rows = max(len(found.devices), 1)
    row = max((one.down + one.back for one, of in zip(edges, found.volumes, strict=True) if of.device), default=0.0)
    row += _SIZES + _APART
    alone = max((one.down + one.back for one, of in zip(edges, found.volumes, strict=True) if not of.device), default=0)
    high = max(rows * row if found.devices else 0.0, alone)
    lefts, wide = _across(found, edges, words)
    placed = []
    for one, volume in zip(edges, found.volumes, strict=True):
        middle = _HEAD + high / 2
        if volume.device:
            middle += (found.devices.index(volume.device) - (rows - 1) / 2) * row
        placed.append(_Placed(volume, lefts[volume.column], middle + (one.back - one.down) / 2, one))
    return placed, wide, _HEAD + high


def _across(found: Volumes, edges: Sequence[Edges], words: Sequence[Sequence[Words]]) -> tuple[list[float], float]:
    """Return where the volumes of each column begin, and how wide all of it is."""
    start = MARGIN + max((width(device, SMALL) + 6 for device in found.devices), default=0.0)
    of_columns = {volume.column: one for one, volume in zip(edges, found.volumes, strict=True)}
    lefts = []
    for place, column in enumerate(found.columns):
        one = of_columns[place]
        before, after = _beside(column)
        drawn = before + one.across + one.back + after
        wide = max(drawn, *(width(line.text, line.size, line.is_bold) for line in words[place]))
        lefts.append(start + (wide - drawn) / 2 + before)
        start += wide + _GAP
    wide = start - _GAP + MARGIN
    more = max(_NARROWEST - wide, 0.0)
    return [left + more / 2 for left in lefts], wide + more


def _beside(column: Column) -> tuple[float, float]:
    """Return how much room the sizes of a volume need before it and after it."""
    if column.is_bar:
        half = max(0.0, width(str(column.shape[0]), _SIZES) - 11) / 2
        return half, half
    return width(str(column.shape[1]), _SIZES) + 4, width(str(column.shape[-1]), _SIZES) + 4


def _middles(found: Volumes, placed: Sequence[_Placed]) -> list[float]:
    """Return where the words of each column have their middle."""
    drawn = {one.volume.column: one for one in placed}
    middles = []
    for place, column in enumerate(found.columns):
        one, (before, after) = drawn[place], _beside(column)
        middles.append(one.left + (one.edges.across + one.edges.back + after - before) / 2)
    return middles


def _devices(found: Volumes, placed: Sequence[_Placed]) -> Iterator[Item]:
    """Yield the names of devices, each before the first of its volumes."""
    for device in found.devices:
        one = next(one for one in placed if one.volume.device == device)
        yield Item((Words(MARGIN, one.top + one.edges.down / 2 + 4, device, "soft", size=SMALL),))


def _colour(column: Column) -> int:
    return _INPUT if not column.heads else _FEATURES if column.is_bar else _MAPS


def _volume(found: Volumes, one: _Placed, facts: Facts) -> Item:
    column = found.columns[one.volume.column]
    series = _colour(column)
    front = one.corners((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0))
    parts = [Polygon(front, Look(f"tint{series}", f"line{series}"))]
    if one.edges.back:
        top = one.corners((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 0, 0))
        side = one.corners((1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))
        parts += [Polygon(top, Look(f"pale{series}", f"line{series}"))]
        parts += [Polygon(side, Look(f"shade{series}", f"line{series}"))]
    where = f" on {one.volume.device}" if one.volume.device else ""
    title = f"{column.name}{where}: {dims(column.shape)}\n{facts.in_full(column.nodes)}".strip()
    return Item(tuple(parts), title, layers=facts.places(column.nodes))


def _sizes(found: Volumes, one: _Placed, facts: Facts) -> Item:
    """Return the sizes of a volume, each beside its edge, above the lines that pass there."""
    low = one.top + one.edges.down
    first, *others = one.volume.shape
    texts = [Words(one.left + one.edges.across / 2, low + _SIZES + 1, str(first), "ink", "middle", _SIZES)]
    if others:
        y = max(one.top + 0.8 * one.edges.down, one.top + one.edges.down / 2 + 4)
        texts.append(Words(one.left - 4, y, str(others[0]), "ink", "end", _SIZES))
    if len(others) > 1:
        x, y = one.at(1, 1, 0.5)
        start = max(x + 4, texts[0].area[2] + 4)
        texts.append(Words(start, y + _SIZES - 1, str(others[1]), "ink", size=_SIZES))
    plates = [Rect(*text.area, Look("ground"), 2) for text in texts]
    column = found.columns[one.volume.column]
    return Item((*plates, *texts), layers=facts.places(column.nodes))


def _whole(found: Volumes, placed: Sequence[_Placed]) -> Iterator[Item]:
    """Yield a band from each volume of which all is read to the one that reads it."""
    for of, by in found.whole:
        one, other = placed[of], placed[by]
        corners = (*one.corners((1, 0, 1), (1, 1, 1)), *other.corners((0, 1, 0), (0, 0, 0)))
        yield Item((Polygon(corners, Look("pale7")),))


def _window(found: Volumes, window: Window, placed: Sequence[_Placed], facts: Facts, lengths: Lengths) -> Item:
    """Return a window on the side of the volume that it reads, joined to the output that it makes."""
    one, other = placed[window.of], placed[window.by]
    (top, low), (near, far) = _on_side(
        [lengths.part(*range_, size) for range_, size in zip(window.ranges, one.volume.shape[1:], strict=True)]
    )
    corners = one.corners((1, top, near), (1, top, far), (1, low, far), (1, low, near))
    middles = ((place + 0.5) / size for place, size in zip(window.place, other.volume.shape[1:], strict=True))
    (down, _), (back, _) = _on_side([(middle, middle) for middle in middles])
    tip = other.at(0, down, back)
    thin = Look("", f"line{_WINDOWS}", 0.7)
    lines = [Path((corner, tip), thin) for corner in corners]
    reader, read = found.columns[other.volume.column], found.columns[one.volume.column]
    sees = dims(tuple(end - start for start, end in window.ranges))
    title = f"an output of {reader.name} reads {sees} of the {dims(read.shape[1:])} places of {read.name}"
    around = Polygon(corners, Look("", f"line{_WINDOWS}", 1.4))
    dot = Dot(*tip, 1.8, Look(f"fill{_WINDOWS}"))
    return Item((*lines, around, dot), title, "window", facts.places(reader.heads[:1]))


def _on_side(parts: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what is along height and width; what has no width is all that there is of it."""
    return parts[0], parts[1] if len(parts) > 1 else (0.0, 1.0)
