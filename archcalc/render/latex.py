"""Sheets as LaTeX tables, no wider than the page; the document needs \\usepackage{booktabs,graphicx}."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from archcalc.render.sheet import Column, Sheet

_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}

_TIMES = re.compile(r"(?<=[0-9)])x(?=[0-9])")
_QUOTED = re.compile(r'"([^"]*)"')


def render(sheets: Sequence[Sheet]) -> str:
    head = "% needs \\usepackage{booktabs,graphicx} in the preamble\n"
    return head + "\n".join("\n".join(_lines(sheet)) + "\n" for sheet in sheets)


def _lines(sheet: Sheet) -> Iterator[str]:
    yield r"\begin{table}[htbp]"
    yield r"\centering"
    yield r"\footnotesize"
    yield r"\setlength{\tabcolsep}{4pt}"
    if sheet.title:
        yield rf"\caption{{{_sizes(sheet.title)}}}"
    if sheet.name:
        yield rf"\label{{tab:{sheet.name}}}"
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield rf"\begin{{tabular}}{{@{{}}{''.join('r' if c.right else 'l' for c in sheet.columns)}@{{}}}}"
    yield r"\toprule"
    yield _line([_markup(column)(column.header) for column in sheet.columns])
    yield r"\midrule"
    yield from (_line(_cells(sheet, row)) for row in sheet.rows)
    if sheet.footer:
        yield r"\midrule"
        yield from (_line(_cells(sheet, row)) for row in sheet.footer)
    yield r"\bottomrule"
    yield r"\end{tabular}}"
    yield from (rf"\par\smallskip {escape(note)}" for note in sheet.notes)
    yield r"\end{table}"


def _cells(sheet: Sheet, row: Sequence[object]) -> list[str]:
    return [column.marked_up(value, _markup(column)) for column, value in zip(sheet.columns, row, strict=True)]


def _markup(column: Column) -> Callable[[str], str]:
    return _sizes if column.sizes else escape


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _sizes(text: str) -> str:
    """Sizes with a proper multiplication sign."""
    return _TIMES.sub(r"$\\times$", escape(text))


def escape(text: str) -> str:
    r"""
    >>> escape("max_pool2d 50%")
    'max\\_pool2d 50\\%'
    """
    quoted = _QUOTED.sub(r"``\1''", text)
    return "".join(_ESCAPES.get(character, character) for character in quoted)
