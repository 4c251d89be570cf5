"""Values of options and arguments: none is empty, as a shell makes it of a variable that is not set."""

from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand

from archcalc.errors import ArchError


class Command(TyperCommand):
    """A command whose values are not empty."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raise ArchError that names every option and argument with an empty value."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        empty = [_name(one) for one in self.get_params(ctx) if one.name and "" in _texts(given.get(one.name))]
        if empty and not ctx.resilient_parsing:
            raise ArchError(*(f"{name}: the value is empty" for name in empty))
        return super().parse_args(ctx, args)


def _name(parameter: Any) -> str:
    """Return what a person calls it: --against, or SPEC."""
    name: str = parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar.strip("[].")
    return name


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value that is not converted yet, without the spaces around them."""
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
