"""A ladder as bars: the numbers, and between two of them the terms that lead from one to the other."""

from collections.abc import Iterator
from typing import Final

from archcalc.graph import Graph
from archcalc.render.picture.bars import Bar, BarRow, Bars, Panel, scene_of
from archcalc.render.picture.scene import Scene
from archcalc.render.sheet import Sheet
from archcalc.render.words import number

_LENGTH: Final = 320.0


def ladder_scene(sheet: Sheet, graph: Graph) -> Scene:
    """Draw the rows of a ladder's sheet: totals, and changes, from where the bar before ends."""
    totals = [total for total, *_ in sheet.rows if total is not None]
    said = f"Bars of {len(totals)} numbers, from {number(min(totals))} to {number(max(totals))}." if totals else ""
    notes = ("A term is drawn from the number before it to where it leads.",) if len(sheet.rows) > len(totals) else ()
    return scene_of(Bars(sheet.title, said, (Panel("number", 0, 1, _LENGTH),), tuple(_rows(sheet, graph)), notes))


def _rows(sheet: Sheet, graph: Graph) -> Iterator[BarRow]:
    places = {node.name: place for place, node in enumerate(graph.nodes)}
    at = 0
    for total, change, words, layers in sheet.rows:
        if total is None:
            title = f"{words}: {', '.join(layers)}"
            row_of = tuple(places[name] for name in layers)
            yield BarRow(words, (Bar(at + change, f"{change:+,}", at),), title, row_of, is_quiet=True)
            at += change
        else:
            yield BarRow(words, (Bar(total, number(total)),), words)
            at = total
