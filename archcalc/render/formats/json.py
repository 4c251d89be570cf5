"""JSON, indented so that it reads and diffs well."""

from collections.abc import Callable
from typing import Any, Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen

ENDINGS: Final = (".json",)


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's data."""
    return text(answer.data())


def text(data: Any) -> str:
    r"""
    >>> text({"name": "net"})
    '{\n  "name": "net"\n}\n'
    >>> text("\u202e")
    '"\\u202e"\n'
    """
    import json

    lines = json.dumps(data, ensure_ascii=False, indent=2).split("\n")
    return "".join(map(_ended, lines))


def line(data: Any) -> str:
    """Return JSON on one line.

    >>> line({"name": "net"})
    '{"name": "net"}\\n'
    """
    import json

    return _ended(json.dumps(data, ensure_ascii=False))


def _ended(line: str) -> str:
    return f"{line if line.isprintable() else _escaped(line, str.isprintable)}\n"


def in_ascii(text: str) -> str:
    r"""Return the same JSON in ASCII.

    >>> in_ascii('"caf\u00e9"')
    '"caf\\u00e9"'
    """
    return text if text.isascii() else _escaped(text, str.isascii)


def _escaped(text: str, may_stay: Callable[[str], bool]) -> str:
    """Return JSON whose other characters are written as escapes."""
    import json

    return "".join(character if may_stay(character) else json.dumps(character)[1:-1] for character in text)
