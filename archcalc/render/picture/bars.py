"""Bars: a row for each thing, with a bar in each of several panels, every panel from zero to its largest value."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archcalc.render.picture.letters import cut, width
from archcalc.render.picture.page import MARGIN, SMALL, foot, head
from archcalc.render.picture.scene import Item, Look, Part, Path, Rect, Scene, Words

_ROW: Final = 18.0
_BAR: Final = 11.0
_GAP: Final = 8.0
_WIDEST_LABEL: Final = 400.0
_LEAST: Final = 0.8
"""How wide a bar is at least, if it is not of nothing."""


class Bar(NamedTuple):
    """A value, from which its bar goes back to `start`; `text` stands beside it."""

    value: float
    text: str
    start: float = 0.0


class BarRow(NamedTuple):
    """A row; a quiet one is in soft ink."""

    label: str
    bars: tuple[Bar, ...]
    title: str = ""
    layers: tuple[int, ...] = ()
    is_quiet: bool = False


class Panel(NamedTuple):
    """A column of bars with its head; `quiet` is the series of its quiet rows."""

    title: str
    series: int
    quiet: int = 7
    length: float = 130.0
    """How long its longest bar is."""


class Bars(NamedTuple):
    title: str
    description: str
    panels: tuple[Panel, ...]
    rows: tuple[BarRow, ...]
    notes: tuple[str, ...] = ()
    has_head: bool = True
    """Whether the title stands above the bars."""


def scene_of(bars: Bars) -> Scene:
    """Draw bars below the heads of their panels, in the order in which they are given."""
    named = max((width(row.label, SMALL) for row in bars.rows), default=0.0)
    named = min(named, _WIDEST_LABEL)
    lefts, right = _lefts(bars, MARGIN + named + _GAP)
    inner = max(right - MARGIN, 320.0)
    title, top = head(bars.title if bars.has_head else "", inner)
    heads = [Words(left, top + 6, panel.title, is_bold=True) for panel, left in zip(bars.panels, lefts, strict=True)]
    first = top + 20
    items = [title, Item(tuple(heads)), Item(tuple(_axes(lefts, first, first + _ROW * len(bars.rows))))]
    items += [
        Item(tuple(_row(bars, row, named, lefts, first + _ROW * place)), row.title, layers=row.layers)
        for place, row in enumerate(bars.rows)
    ]
    notes, end = foot(bars.notes, inner, first + _ROW * len(bars.rows) + 22)
    return Scene(bars.title, bars.description, inner + 2 * MARGIN, end, (*items, notes))


def _lefts(bars: Bars, start: float) -> tuple[list[float], float]:
    """Return where the bars of each panel begin, and where the last panel ends."""
    lefts = []
    for place, panel in enumerate(bars.panels):
        lefts.append(start)
        texts = max((width(row.bars[place].text, SMALL) for row in bars.rows), default=0.0)
        start += max(panel.length + 4 + texts, width(panel.title, bold=True)) + 2 * _GAP
    return lefts, start - 2 * _GAP


def _axes(lefts: Sequence[float], top: float, low: float) -> Iterator[Part]:
    for left in lefts:
        yield Path(((left, top), (left, low)), Look("", "grid"))


def _row(bars: Bars, row: BarRow, named: float, lefts: Sequence[float], top: float) -> Iterator[Part]:
    base = top + _ROW / 2 + 4
    style = "soft" if row.is_quiet else "ink"
    yield Words(MARGIN + named, base, cut(row.label, _WIDEST_LABEL, SMALL), style, "end", SMALL)
    for place, (panel, bar, left) in enumerate(zip(bars.panels, row.bars, lefts, strict=True)):
        most = max(one.bars[place].value for one in bars.rows) or 1.0
        ends = sorted((panel.length * bar.start / most, panel.length * bar.value / most))
        if bar.value != bar.start:
            long = max(ends[1] - ends[0], _LEAST)
            series = panel.quiet if row.is_quiet else panel.series
            upper = top + (_ROW - _BAR) / 2
            yield Rect(left + ends[0], upper, left + ends[0] + long, upper + _BAR, Look(f"fill{series}"), 1)
        if bar.text:
            yield Words(left + ends[1] + 4, base, bar.text, style, size=SMALL)
