"""The commands by panel, and what becomes of errors: a message on standard error and an exit code.

0 is fine; 1 means that the tool found something; 2 is a mistake in the usage or in a spec; 3 a missing extra or device;
130 Ctrl-C. A closed pipe (`| head`) ends quietly.
"""

import functools
from collections.abc import Callable
from typing import Any, Final

import typer

from archcalc import __version__
from archcalc.cli import specs, table
from archcalc.cli.output import complain, silence
from archcalc.errors import ArchError, MissingError

READING: Final = "Reading a network"
SPEC_FILES: Final = "Spec files"

app = typer.Typer(
    name="archcalc",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _command(name: str, function: Callable[..., None], panel: str) -> None:
    app.command(name, rich_help_panel=panel)(_ending_well(function))


def _ending_well(function: Callable[..., None]) -> Callable[..., None]:
    """The command with its errors turned into messages and exit codes."""

    @functools.wraps(function)
    def command(*args: Any, **keywords: Any) -> None:
        try:
            function(*args, **keywords)
        except MissingError as error:
            complain(error)
            raise typer.Exit(3) from None
        except ArchError as error:
            complain(error)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:
            silence()  # the reader has what it wanted
            raise typer.Exit(0) from None

    return command


@app.callback(invoke_without_command=True)
def archcalc(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    """Shapes, parameters and costs of convolutional networks, from a text that a person can read.

    Example: archcalc table paper
    """
    if version:
        print(__version__)
        raise typer.Exit


_command("table", table.table, READING)
_command("list", specs.list_specs, SPEC_FILES)
_command("show", specs.show, SPEC_FILES)
_command("validate", specs.validate, SPEC_FILES)
_command("ops", specs.ops, SPEC_FILES)
_command("schema", specs.schema, SPEC_FILES)


def main() -> None:
    """Run the command line."""
    app()
