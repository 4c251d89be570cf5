"""Sheets as aligned text without escape codes, at natural width: for pipes, files and diffs."""

from collections.abc import Sequence
from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.sheet import Sheet, cells

ENDINGS: Final = (".txt",)


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's sheets, and its charts in plain characters."""
    if not answer.charts:
        return render(answer.sheets)
    from archcalc.render.chart import text

    return "\n".join([render(answer.sheets), *(text.render(chart, None, text.PLAIN) for chart in answer.charts)])


def render(sheets: Sequence[Sheet]) -> str:
    return "\n".join(map(_one, sheets))


def _one(sheet: Sheet) -> str:
    widths = sheet.widths()
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))

    def line(texts: Sequence[str]) -> str:
        aligned = (
            f"{' ' * (width - cells(text))}{text}" if column.right else f"{text}{' ' * (width - cells(text))}"
            for text, width, column in zip(texts, widths, sheet.columns, strict=True)
        )
        return "  ".join(aligned).rstrip()

    lines = [sheet.title] if sheet.title else []
    lines += [line([column.header for column in sheet.columns]), rule]
    lines += map(line, sheet.texts(sheet.rows))
    if sheet.footer:
        lines += [rule, *map(line, sheet.texts(sheet.footer))]
    lines += sheet.notes
    return "\n".join(lines) + "\n"
