"""Lines of Python of bearable width, broken as formatters break them."""

from ast import literal_eval
from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.layers import Twin
from archcalc.twins import JOIN

WIDTH: Final = 120
INDENT: Final = " " * 8


def statement(start: str, arguments: Sequence[str], end: str, comment: str = "") -> list[str]:
    """Write `start a, b end` on one line, or with an argument a line if it is too long for that."""
    return _fitting(f"{start}{', '.join(arguments)}{end}", comment) or [
        f"{INDENT}{start}",
        *(line for argument in arguments for line in _argument(argument)),
        _commented(f"{INDENT}{end}", comment),
    ]


def _argument(text: str) -> Iterator[str]:
    """Yield an argument as a line, or a tuple that is too long for that with an item a line."""
    whole, (word, _, value) = f"{INDENT}    {text},", text.partition("=")
    if len(whole) <= WIDTH or not value.startswith("(("):
        yield whole
        return
    yield f"{INDENT}    {word}=("
    yield from (f"{INDENT}        {item}," for item in literal_eval(value))
    yield f"{INDENT}    ),"


def nested(target: str, calls: Sequence[str], argument: str, comment: str) -> list[str]:
    """Write `target = a(b(x))` on one line, or a call a line if it is too long for that."""
    whole = _fitting(f"{target} = {_one_in_the_other(calls, argument)}", comment)
    if whole:
        return whole
    lines = []
    for call in reversed(calls):
        lines += statement(f"{target} = {call}(", [argument], ")", comment if call is calls[0] else "")
        argument = target
    return lines


def _one_in_the_other(calls: Sequence[str], argument: str) -> str:
    """
    >>> _one_in_the_other(["a", "b"], "x")
    'a(b(x))'
    """
    return f"{''.join(f'{call}(' for call in calls)}{argument}{')' * len(calls)}"


def concatenation(target: str, tensors: Sequence[str], comment: str, twin: Twin = JOIN) -> list[str]:
    """Write `target = torch.cat([a, b], dim=1)`, in as many lines as it needs."""
    keywords = [f"{word}={value}" for word, value in twin.keywords.items()]
    arguments = ", ".join([f"[{', '.join(tensors)}]", *keywords])
    return _fitting(f"{target}{twin.call}({arguments})", comment) or [
        f"{INDENT}{target}{twin.call}(",
        f"{INDENT}    [",
        *(f"{INDENT}        {tensor}," for tensor in tensors),
        f"{INDENT}    ],",
        *(f"{INDENT}    {keyword}," for keyword in keywords),
        _commented(f"{INDENT})", comment),
    ]


def operation(target: str, tensors: Sequence[str], operator: str, comment: str) -> list[str]:
    """Write `target = a + b`, in as many lines as it needs."""
    first, *others = tensors
    return _fitting(target + f" {operator} ".join(tensors), comment) or [
        f"{INDENT}{target}(",
        f"{INDENT}    {first}",
        *(f"{INDENT}    {operator} {tensor}" for tensor in others),
        _commented(f"{INDENT})", comment),
    ]


def _fitting(line: str, comment: str) -> list[str]:
    """Return the line if it is short enough, else nothing."""
    whole = _commented(INDENT + line, comment)
    return [whole] if len(whole) <= WIDTH else []


def _commented(line: str, comment: str) -> str:
    return f"{line}  # {comment}" if comment else line
