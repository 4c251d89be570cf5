"""Sheets as tables of a page, which scroll in themselves where they are too wide."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from archcalc.render.report.markup import Inside, Markup, link, markup, tag
from archcalc.render.sheet import Column, Sheet, Told

Attributes = Callable[[int], dict[str, Any]]
"""What stands in the row of a table at a place, beside its cells."""


def table(
    sheet: Sheet,
    hidden: Iterable[str] = (),
    row: Attributes = lambda _: {},
    cell: Callable[[int, Column, Any], Markup | None] = lambda *_: None,
    sorts: bool = True,
    **attributes: Any,
) -> Markup:
    """Write a sheet; `hidden` columns are there, and not shown; `cell` may write one in its own way.

    The notes are not among it: `notes` writes them.
    """
    away = [column.key in {*hidden} for column in sheet.columns]
    head = [_head(column, out, sorts and len(sheet.rows) > 1) for column, out in zip(sheet.columns, away, strict=True)]
    starts = [_start(column, is_hidden) for column, is_hidden in zip(sheet.columns, away, strict=True)]

    def cells(place: int, values: Sequence[Any]) -> Markup:
        three = zip(starts, sheet.columns, values, strict=True)
        return Markup("".join(_cell(start, place, column, value, cell) for start, column, value in three))

    body = [tag("tr", cells(place, values), **row(place)) for place, values in enumerate(sheet.rows)]
    foot = [tag("tr", cells(-1, values)) for values in sheet.footer]
    inside = [tag("thead", tag("tr", head)), tag("tbody", body), *([tag("tfoot", foot)] if foot else [])]
    label = attributes.pop("label", sheet.title or sheet.name)
    return tag("div", tag("table", inside, **attributes), class_="scroll", tabindex=0, role="region", aria_label=label)


def _head(column: Column, is_hidden: bool, sorts: bool) -> Markup:
    title = tag("button", column.header, type="button") if sorts else column.header
    return tag("th", title, scope="col", class_=_class(column), hidden=is_hidden, data_key=column.key)


def _class(column: Column) -> str | None:
    return "n" if column.right else "p" if column.prose else "h" if column.heads else None


def _start(column: Column, is_hidden: bool) -> str:
    """Return the tag with which all cells of a column start, without its end: there are very many cells."""
    return tag("td", class_=_class(column), hidden=is_hidden).removesuffix("></td>")


def _cell(start: str, place: int, column: Column, value: Any, cell: Callable[..., Markup | None]) -> str:
    if value is None:
        return f"{start}></td>"
    written = cell(place, column, value)
    share = value.value if isinstance(value, Told) else value
    bar = f' style="--s:{100 * share:.1f}%"' if column.share and place >= 0 and isinstance(share, float) else ""
    return f"{start}{bar}>{markup(column.show(value)) if written is None else written}</td>"


def notes(said: Sequence[str]) -> Markup:
    """Write notes as a list, addresses in them as links."""
    return tag("ul", [tag("li", linked(one)) for one in said], class_="notes") if said else Markup("")


def linked(text: str) -> Markup:
    """Return text, in which what looks like an address is a link.

    >>> linked("see https://a.b/c")
    'see <a href="https://a.b/c" rel="noreferrer">https://a.b/c</a>'
    """
    words = text.split(" ")
    parts = [link(word, word) if word.startswith(("https://", "http://")) else markup(word) for word in words]
    return Markup(" ".join(parts))


def titled(heading: str, *inside: Inside, id_: str, note: str = "") -> Markup:
    """Write a section of a page."""
    said = [tag("p", note, class_="lead")] if note else []
    return tag("section", tag("h2", heading), said, inside, id=id_)
