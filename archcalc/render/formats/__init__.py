"""The ways to write an answer, a file each, called as the format is.

A format says which endings of files mean it (`ENDINGS`), and writes what it can show of an answer (`write`).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Literal, NamedTuple, Protocol, cast, get_args

from archcalc.render.answer import Answer

Name = Literal["table", "plain", "json", "jsonl", "csv", "markdown", "latex", "html", "svg", "png", "pdf"]
"""Every format, in the order of --help. Each is loaded only where it is asked for."""


class Screen(NamedTuple):
    """Where a text will stand: as wide as need be, unless there is a `width`."""

    width: int | None = None
    colour: bool = False
    say: Callable[[str], None] = lambda message: None
    """Tells the person what the text leaves out."""


class Format(Protocol):
    """The file of a format."""

    ENDINGS: tuple[str, ...]

    @staticmethod
    def write(answer: Answer, screen: Screen) -> str | bytes:
        """Write the answer as text, or as bytes where that is what its files are, in what the format can show of it."""
        ...


def find(name: str) -> Format:
    """Return the format of that name, one of `Name`."""
    return cast(Format, import_module(f"archcalc.render.formats.{name}"))


def endings() -> dict[str, str]:
    """Return the formats by the endings of files that mean them."""
    return {ending: name for name in get_args(Name) for ending in find(name).ENDINGS}
