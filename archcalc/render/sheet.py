"""The sheet, from which every rendering starts: titled columns of values, each with the way it reads."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from unicodedata import east_asian_width

from archcalc.errors import ArchError, did_you_mean

SAME_SIGN: Final = "="


def cells(text: str) -> int:
    """Return the places that a text takes on a terminal, where a Chinese character takes two.

    >>> cells("conv1"), cells("\u5377\u79ef")
    (5, 4)
    """
    return len(text) if text.isascii() else len(text) + sum(east_asian_width(sign) in "WF" for sign in text)


def as_text(value: Any) -> str:
    return str(value)


class Same(NamedTuple):
    """A value that is the one it is compared with, and so is shown as just a sign, or `in_full` but quietly."""

    value: Any
    in_full: bool = False


class Other(NamedTuple):
    """A value that is not the one it is compared with, and so catches the eye."""

    value: Any


class Told(NamedTuple):
    """A value with a text of its own."""

    value: Any
    text: str


class Piece(NamedTuple):
    """Part of a cell: prose, or TeX without its dollar signs."""

    text: str
    is_math: bool = False
    is_bold: bool = False


class Column(NamedTuple):
    """One column: `key` names it in --columns and in CSV, `text` says how a value reads.

    `leaves` orders the columns that a narrow terminal goes without: 1 leaves first, 0 stays always. A `share` is a
    number from 0 to 1, which a wide terminal shows as a bar too. `prose` may be wrapped, as a number never is. `sizes`
    are such as 96x55x55, which print has a proper sign for.
    """

    key: str
    header: str
    text: Callable[[Any], str] = as_text
    right: bool = False
    leaves: int = 0
    share: bool = False
    prose: bool = False
    sizes: bool = False
    least: int = 24
    """The least width that prose is wrapped to."""
    pieces: Callable[[Any], Sequence[Piece]] | None = None
    """How a value with formulas in it reads in Markdown and LaTeX."""
    heads: bool = False
    """Whether it names the row, and so heads the lines that a row becomes where the sheet is too wide."""

    def show(self, value: Any) -> str:
        if isinstance(value, Same | Other):
            is_sign = isinstance(value, Same) and not value.in_full
            return SAME_SIGN if is_sign else self.show(value.value)
        if isinstance(value, Told):
            return value.text
        return "" if value is None else self.text(value)

    def marked_up(self, value: Any, escape: Callable[[str], str], bold: str = "{}") -> str:
        """Return a value as Markdown and LaTeX have it, each with its own way to escape prose and to make it `bold`."""
        if self.pieces is None or value is None:
            return escape(self.show(value))
        return "".join(_marked_up(piece, escape, bold) for piece in self.pieces(value))


def _marked_up(piece: Piece, escape: Callable[[str], str], bold: str) -> str:
    if piece.is_math:
        return f"${piece.text}$"
    return bold.format(escape(piece.text)) if piece.is_bold else escape(piece.text)


class Sheet(NamedTuple):
    """Rows of values under columns; None is a blank. `footer` rows sum the others up."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    footer: tuple[tuple[Any, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def pick(self, keys: Sequence[str]) -> "Sheet":
        """Return the sheet with only these columns, by key or header, in order. Raises ArchError for an unknown one."""
        places = {column.key: place for place, column in enumerate(self.columns)}
        headers = {column.header: place for place, column in enumerate(self.columns)}
        for key in keys:
            if key not in places | headers:
                raise ArchError(f"there is no column '{key}'{did_you_mean(key, places)} (columns: {', '.join(places)})")
        order = [(headers | places)[key] for key in keys]
        return self._replace(
            columns=tuple(self.columns[i] for i in order),
            rows=tuple(tuple(row[i] for i in order) for row in self.rows),
            footer=tuple(tuple(row[i] for i in order) for row in self.footer),
        )

    def texts(self, rows: tuple[tuple[Any, ...], ...]) -> list[list[str]]:
        return [[c.show(value) for c, value in zip(self.columns, row, strict=True)] for row in rows]

    def widths(self) -> list[int]:
        """Return the places that each column needs."""
        lines = [[column.header for column in self.columns], *self.texts(self.rows), *self.texts(self.footer)]
        return [max(map(cells, texts)) for texts in zip(*lines, strict=True)]
