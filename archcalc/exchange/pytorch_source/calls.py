"""Twins as Python: which arguments torch's classes take first, and which are at their defaults."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.exchange.pytorch_source.scope import REPEATED, SEQUENTIAL
from archcalc.exchange.pytorch_source.values import Name, literal
from archcalc.layers import Twin


class Argument(NamedTuple):
    """An argument of a call: what stands before its value, and behind it."""

    start: str
    value: Any
    end: str = ""

    def __str__(self) -> str:
        return f"{self.start}{_literal(self.value)}{self.end}"


def expression(twin: Twin) -> str:
    """
    >>> expression(Twin("nn.Sequential", {"0": Twin("nn.ReLU", {}), "1": Twin("nn.Flatten", {})}))
    'nn.Sequential(nn.ReLU(), nn.Flatten())'
    """
    return f"{called(twin)}({', '.join(arguments(twin))})"


def called(twin: Twin) -> str:
    return SEQUENTIAL if twin.call == REPEATED else twin.call


def arguments(twin: Twin) -> list[str]:
    """
    >>> arguments(Twin("nn.Dropout2d", {"p": 0.1, "inplace": False}, positional=("p",), defaults={"inplace": False}))
    ['0.1']
    """
    return [*map(str, arguments_of(twin))]


def arguments_of(twin: Twin) -> list[Argument]:
    if twin.call == REPEATED:
        part, count = twin.keywords["part"], twin.keywords["count"]
        return [Argument("", part)] if count == 1 else [_times(part, count)]
    if twin.call == SEQUENTIAL:
        return [*_in_sequence([*twin.keywords.values()])]
    return [*_arguments(twin)]


def _arguments(twin: Twin) -> Iterator[Argument]:
    for word, value in twin.written.items():
        if word in twin.positional:
            yield Argument("", value)
        elif word not in twin.defaults or twin.keywords[word] != twin.defaults[word]:
            yield Argument(f"{word}=", value)


def _times(part: Twin, count: Any, variable: str = "_", end: str = "") -> Argument:
    return Argument("*(", part, f" for {variable} in range({end or count}))")


def _in_sequence(parts: Sequence[Twin]) -> Iterator[Argument]:
    """Yield the parts of a sequence, equal ones and those of which one number grows evenly in one argument."""
    growing = _growing(parts)
    if growing:
        yield growing
        return
    for part, same in groupby(parts):
        count = len([*same])
        if count > 1 and part.is_ours:
            yield _times(part, count)
        else:
            yield from [Argument("", part)] * count


def _growing(parts: Sequence[Twin]) -> Argument | None:
    first = parts[0]
    same_call = {part.call for part in parts} == {first.call} and first.is_ours
    if len(parts) < 3 or not same_call or any(part.keywords.keys() != first.keywords.keys() for part in parts):
        return None
    differ = [word for word in first.keywords if any(part.keywords[word] != first.keywords[word] for part in parts)]
    if len(differ) != 1 or differ[0] not in first.positional:
        return None
    numbers = [part.keywords[differ[0]] for part in parts]
    if not all(type(number) is int for number in numbers):
        return None
    step = numbers[1] - numbers[0]
    if step <= 0 or numbers != [*range(numbers[0], numbers[0] + step * len(numbers), step)]:
        return None
    end = f"{numbers[0]}, {numbers[-1] + step}, {step}"
    return _times(first._replace(keywords={**first.keywords, differ[0]: Name(differ[0])}), None, differ[0], end)


def _literal(value: Any) -> str:
    return expression(value) if isinstance(value, Twin) else literal(value)
