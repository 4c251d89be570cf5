"""A page to read: headings, paragraphs and sheets, from which formats that can show pages write them."""

from typing import NamedTuple

from archcalc.render.sheet import Sheet


class Run(NamedTuple):
    """A piece of text in one style, a link where it has an address."""

    text: str
    bold: bool = False
    code: bool = False
    url: str = ""

    @property
    def link(self) -> str:
        """The address, where it is one that a page may link to."""
        return self.url if self.url.startswith(("https://", "http://")) else ""


class Heading(NamedTuple):
    """The title of a page (level 1) or of a part of it."""

    level: int
    runs: tuple[Run, ...]


class Paragraph(NamedTuple):
    """Text; items that follow each other are a list."""

    runs: tuple[Run, ...]
    is_item: bool = False


Part = Heading | Paragraph | Sheet
Page = tuple[Part, ...]


def paragraph(*words: str | Run, is_item: bool = False) -> Paragraph:
    """Return text of words and runs; empty words are left out."""
    return Paragraph(tuple(word if isinstance(word, Run) else Run(word) for word in words if word), is_item)


def heading(level: int, *words: str | Run) -> Heading:
    return Heading(level, paragraph(*words).runs)
