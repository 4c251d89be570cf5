"""JSON, indented so that it reads and diffs well."""

from typing import Any, Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen

ENDINGS: Final = (".json",)


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's data."""
    return text(answer.data())


def text(data: Any) -> str:
    """
    >>> text({"name": "net"})
    '{\\n  "name": "net"\\n}\\n'
    """
    import json

    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
