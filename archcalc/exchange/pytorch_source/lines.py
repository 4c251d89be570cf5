"""Lines of Python of bearable width, broken as formatters break them."""

from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.exchange.pytorch_source.calls import Argument, arguments_of, called, expression
from archcalc.layers import Twin
from archcalc.twins import JOIN

WIDTH: Final = 120
INDENT: Final = " " * 8


def statement(start: str, arguments: Sequence[str], end: str, comment: str = "") -> list[str]:
    """Write `start a, b end` on one line, or with an argument a line if it is too long for that."""
    return _fitting(f"{start}{', '.join(arguments)}{end}", comment) or [
        f"{INDENT}{start}",
        *(f"{INDENT}    {argument}," for argument in arguments),
        _commented(f"{INDENT}{end}", comment),
    ]


def construction(target: str, twin: Twin, indent: str = INDENT) -> list[str]:
    """Write `target = nn.Conv2d(3, 64)`, in as many lines as it needs."""
    whole = _commented(f"{indent}{target} = {expression(twin)}", twin.remark)
    if len(whole) <= WIDTH:
        return [whole]
    *lines, last = _broken(f"{target} = ", twin, "", indent)
    return [*lines, _commented(last, twin.remark)]


def _broken(start: str, twin: Twin, end: str, indent: str) -> Iterator[str]:
    """Yield a call with an argument a line."""
    yield f"{indent}{start}{called(twin)}("
    for argument in arguments_of(twin):
        yield from _argument_lines(argument, f"{indent}    ")
    yield f"{indent}){end}"


def _argument_lines(argument: Argument, indent: str) -> Iterator[str]:
    if len(f"{indent}{argument},") <= WIDTH:
        yield f"{indent}{argument},"
    elif not isinstance(argument.value, Twin):
        yield from _tuple_lines(argument, indent)
    elif not argument.end:
        yield from _part_lines(argument.start, argument.value, ",", indent)
    else:
        yield f"{indent}{argument.start}"
        yield from _part_lines("", argument.value, "", f"{indent}    ")
        yield f"{indent}    {argument.end[1:-1]}"
        yield f"{indent}),"


def _part_lines(start: str, twin: Twin, end: str, indent: str) -> Iterator[str]:
    whole = f"{indent}{start}{expression(twin)}{end}"
    return iter([whole]) if len(whole) <= WIDTH else _broken(start, twin, end, indent)


def _tuple_lines(argument: Argument, indent: str) -> Iterator[str]:
    """Yield a tuple with an item a line, where it holds tuples; anything else on one line."""
    if not (isinstance(argument.value, tuple) and isinstance(argument.value[0], tuple)):
        yield f"{indent}{argument},"
        return
    yield f"{indent}{argument.start}("
    yield from (f"{indent}    {item}," for item in argument.value)
    yield f"{indent}),"


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


def called_unless_none(target: str, call: str, argument: str, comment: str) -> list[str]:
    """Write a call of what may be None, and then hands on what it would read."""
    if target != argument:
        whole = _fitting(f"{target} = {argument} if {call} is None else {call}({argument})", comment)
        if whole:
            return whole
    first = [] if target == argument else [f"{INDENT}{target} = {argument}"]
    return [
        *first,
        f"{INDENT}if {call} is not None:",
        f"    {_commented(f'{INDENT}{target} = {call}({argument})', comment)}",
    ]


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
