"""Sheets as HTML: a whole page for a browser, or a fragment for a notebook. No script, readable on light and dark."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.chart import Chart
from archcalc.render.formats import Screen
from archcalc.render.sheet import Sheet

ENDINGS: Final = (".html", ".htm")

_STYLE: Final = (
    "div.archcalc{overflow-x:auto}"
    "table.archcalc{border-collapse:collapse;font:14px/1.4 system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    "table.archcalc.archcalc caption{text-align:left;color:inherit;font-weight:600;padding:.4em .6em}"
    "table.archcalc.archcalc th,table.archcalc.archcalc td{padding:.15em .6em;text-align:left;white-space:nowrap}"
    "table.archcalc thead th{border-bottom:1px solid currentColor}"
    "table.archcalc tfoot{border-top:1px solid currentColor;font-weight:600}"
    "table.archcalc.archcalc .n{text-align:right}"
    "table.archcalc .s{background:linear-gradient(to right,#3b82f640 var(--s),transparent var(--s))}"
    "p.archcalc{font:14px/1.4 system-ui,sans-serif;max-width:60em}"
)
"""Names the class twice where the rules of Jupyter, which align every cell to the right, must lose."""


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's sheets and charts."""
    return render(answer.sheets, answer.charts)


def render(sheets: Sequence[Sheet], charts: Sequence[Chart] = ()) -> str:
    title = escape(", ".join(sheet.name for sheet in sheets if sheet.name) or "archcalc")
    head = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="color-scheme" content="light dark">\n</head>\n<body>\n'
    )
    return head + fragment(*sheets, charts=charts) + "</body>\n</html>\n"


def fragment(*sheets: Sheet, charts: Sequence[Chart] = ()) -> str:
    """Write the tables with their style, and charts, to stand inside another page."""
    return f"<style>{_STYLE}</style>\n" + "".join([*map(_table, sheets), *map(_drawn, charts)])


def _drawn(chart: Chart) -> str:
    from archcalc.render.chart import svg

    return f'<div class="archcalc" style="max-width:60em">\n{svg.render(chart)}</div>\n'


def _table(sheet: Sheet) -> str:
    caption = f"<caption>{escape(sheet.title)}</caption>\n" if sheet.title else ""
    head = "".join(_cell("th", c.header, c.right) for c in sheet.columns)
    notes = "".join(f'<p class="archcalc">{escape(note)}</p>\n' for note in sheet.notes)
    foot = f"<tfoot>\n{_rows(sheet, sheet.footer)}</tfoot>\n" if sheet.footer else ""
    return (
        f'<div class="archcalc">\n<table class="archcalc">\n{caption}<thead>\n<tr>{head}</tr>\n</thead>\n'
        f"<tbody>\n{_rows(sheet, sheet.rows, bars=True)}</tbody>\n{foot}</table>\n</div>\n{notes}"
    )


def _rows(sheet: Sheet, rows: Iterable[tuple[object, ...]], bars: bool = False) -> str:
    lines = []
    for row in rows:
        cells = (
            _cell("td", c.show(value), c.right, value if bars and c.share and isinstance(value, float) else None)
            for c, value in zip(sheet.columns, row, strict=True)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>\n")
    return "".join(lines)


def _cell(tag: str, text: str, right: bool, share: float | None = None) -> str:
    classes = " ".join(name for name, wanted in (("n", right), ("s", share is not None)) if wanted)
    attributes = f' class="{classes}"' if classes else ""
    if share is not None:
        attributes += f' style="--s:{100 * share:.1f}%"'
    return f"<{tag}{attributes}>{escape(text)}</{tag}>"
