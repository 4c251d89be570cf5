"""Sheets as LaTeX tables, no wider than the page; the head says what the document needs for them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.sheet import Column, Sheet

ENDINGS: Final = (".tex", ".latex")

_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}

_TIMES = re.compile(r"(?<=[0-9)])x(?=[0-9])")
_QUOTED = re.compile(r'"([^"]*)"')


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's sheets."""
    return render(answer.sheets)


def render(sheets: Sequence[Sheet]) -> str:
    tables = [_lines(sheet, label) for sheet, label in zip(sheets, _labels(sheets), strict=True)]
    text = "\n".join("\n".join(lines) + "\n" for lines in tables)
    return f"{_needs(text)}{text}"


def _needs(text: str) -> str:
    packages = "amsmath,booktabs,graphicx" if r"\text{" in text else "booktabs,graphicx"
    head = f"% needs \\usepackage{{{packages}}} in the preamble\n"
    return head if text.isascii() else f"{head}% needs xelatex or lualatex, and fonts that have its letters\n"


def _labels(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Yield a label for each sheet, each once: a second one of the same name gets a number."""
    named: Counter[str] = Counter()
    for sheet in sheets:
        named[sheet.name] += 1
        again = f"_{named[sheet.name]}" if named[sheet.name] > 1 else ""
        yield f"tab:{sheet.name}{again}" if sheet.name else ""


def _lines(sheet: Sheet, label: str) -> Iterator[str]:
    yield r"\begin{table}[htbp]"
    yield r"\centering"
    yield r"\footnotesize"
    yield r"\setlength{\tabcolsep}{4pt}"
    if sheet.title:
        yield rf"\caption{{{_sizes(sheet.title)}}}"
    if label:
        yield rf"\label{{{label}}}"
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
    return [
        column.marked_up(value, _markup(column), r"\textbf{{{}}}")
        for column, value in zip(sheet.columns, row, strict=True)
    ]


def _markup(column: Column) -> Callable[[str], str]:
    return _sizes if column.sizes else escape


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _sizes(text: str) -> str:
    """Write sizes with a proper multiplication sign."""
    return _TIMES.sub(r"$\\times$", escape(text))


def escape(text: str) -> str:
    r"""
    >>> escape("max_pool2d 50%")
    'max\\_pool2d 50\\%'
    """
    quoted = _QUOTED.sub(r"``\1''", text)
    return "".join(_ESCAPES.get(character, character) for character in quoted)
