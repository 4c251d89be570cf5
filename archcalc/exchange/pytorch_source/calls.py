"""Twins as Python: which arguments torch's classes take first, and which are at their defaults."""

from collections.abc import Iterator
from math import isinf
from typing import Any

from archcalc.layers import Twin


def arguments(twin: Twin) -> list[str]:
    """
    >>> arguments(Twin("nn.Dropout2d", {"p": 0.1, "inplace": False}, positional=("p",), defaults={"inplace": False}))
    ['0.1']
    """
    return list(_arguments(twin))


def _arguments(twin: Twin) -> Iterator[str]:
    for word, value in twin.written.items():
        if word in twin.positional:
            yield _literal(value)
        elif word not in twin.defaults or twin.keywords[word] != twin.defaults[word]:
            yield f"{word}={_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, float) and isinf(value):
        return f'float("{value}")'
    return repr(value).replace("'", '"')
