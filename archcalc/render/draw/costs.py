"""Bars of where params, MACs, activations and time are."""

from collections.abc import Iterator
from typing import Final

from archcalc.analysis.draw.costs import Costs, Part
from archcalc.render.draw.said import USUAL, Around, Facts, in_figures, repeated
from archcalc.render.picture.bars import Bar, BarRow, Bars, Panel
from archcalc.render.picture.bars import scene_of as bars_scene
from archcalc.render.picture.scene import Scene
from archcalc.render.words import percent, three_digits

_LEAST: Final = 0.001
_SEEN: Final = _LEAST / 2


def scene_of(found: Costs, around: Around = USUAL) -> Scene:
    """Draw what each part costs, as bars beside each other."""
    facts = Facts(found.graph, around)
    totals = [sum(getattr(part, name) for part in found.parts) for name in ("params", "macs", "activations")]
    panels = [
        Panel(in_figures(totals[0], " params"), 0),
        Panel(in_figures(totals[1], "MACs"), 1),
        Panel(in_figures(totals[2], " activations"), 2),
    ]
    time = sum(part.milliseconds or 0.0 for part in found.parts)
    if found.timed:
        panels.append(Panel(f"{three_digits(time)} ms", 3))
    rows = tuple(_row(part, totals, time if found.timed else None, facts) for part in found.parts if _costs(part))
    notes = tuple(_notes(found, facts)) if around.has_caption else ()
    bars = Bars(facts.title(), _description(found), tuple(panels), rows, notes, around.title != "")
    return bars_scene(bars)


def _costs(part: Part) -> bool:
    return bool(part.params or part.macs or part.activations)


def _row(part: Part, totals: list[int], time: float | None, facts: Facts) -> BarRow:
    values = (part.params, part.macs, part.activations)
    bars = [Bar(value, _share(value, total)) for value, total in zip(values, totals, strict=True)]
    if time is not None:
        bars.append(Bar(part.milliseconds or 0.0, _share(part.milliseconds or 0.0, time)))
    name = f"{part.name} x{part.times}" if part.times > 1 else part.name
    return BarRow(name, tuple(bars), facts.in_full(part.nodes), facts.places(part.nodes))


def _share(value: float, total: float) -> str:
    if not value or not total:
        return ""
    return percent(value / total) if value / total >= _SEEN else f"<{percent(_LEAST)}"


def _notes(found: Costs, facts: Facts) -> Iterator[str]:
    if many := repeated(part.varies for part in found.parts if part.times > 1):
        yield f"{many}; a row is of all of them."
    if found.is_merged:
        yield "It is too large for a row each: what follows each other is one row."
    if found.timed:
        yield f"Times: each layer alone, on {found.timed}."
    yield facts.total


def _description(found: Costs) -> str:
    most = [
        f"{max(found.parts, key=lambda part: getattr(part, name)).name} has most {name}"
        for name in ("params", "macs", "activations")
        if found.parts
    ]
    return f"Bars of {len(found.parts)} parts of the network; {', '.join(most)}."
