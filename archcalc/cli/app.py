"""The commands by panel, and what becomes of errors: a message on standard error and an exit code.

0 is fine; 1 means that the tool found something; 2 is a mistake in the usage or in a spec; 3 a missing extra or device;
130 Ctrl-C. A closed pipe (`| head`) ends quietly.
"""

import os
import sys
from importlib import import_module
from typing import Final

import typer

from archcalc import __version__
from archcalc.cli.options import unbundled
from archcalc.cli.output import complain, silence
from archcalc.cli.values import Command
from archcalc.errors import ArchError, MissingError, reason

READING: Final = "Reading a network"
SIDE_BY_SIDE: Final = "Comparing networks"
AGAINST_THE_MODEL: Final = "With the PyTorch model"
SPEC_FILES: Final = "Spec files"

COMMANDS: Final = {
    "table": ("table:table", READING),
    "explain": ("explain:explain", READING),
    "memory": ("memory:memory", READING),
    "roofline": ("roofline:roofline", READING),
    "predict": ("predict:predict", READING),
    "training": ("training:training", READING),
    "draw": ("draw:draw", READING),
    "devices": ("devices:devices", READING),
    "card": ("card:card", READING),
    "compare": ("compare:compare", SIDE_BY_SIDE),
    "audit": ("audit:audit", SIDE_BY_SIDE),
    "reconcile": ("reconcile:reconcile", SIDE_BY_SIDE),
    "conventions": ("conventions:conventions", SIDE_BY_SIDE),
    "identify": ("identify:identify", SIDE_BY_SIDE),
    "report": ("report:report", SIDE_BY_SIDE),
    "solve": ("solve:solve", SIDE_BY_SIDE),
    "fit": ("fit:fit", SIDE_BY_SIDE),
    "sweep": ("sweep.command:sweep", SIDE_BY_SIDE),
    "check": ("check:check", AGAINST_THE_MODEL),
    "profile": ("profile.command:profile", AGAINST_THE_MODEL),
    "calibrate": ("calibrate:calibrate", AGAINST_THE_MODEL),
    "list": ("list:list_specs", SPEC_FILES),
    "new": ("new:new", SPEC_FILES),
    "import": ("import_:import_model", SPEC_FILES),
    "show": ("show:show", SPEC_FILES),
    "validate": ("validate:validate", SPEC_FILES),
    "ops": ("ops:ops", SPEC_FILES),
    "schema": ("schema:schema", SPEC_FILES),
    "export": ("export:export", SPEC_FILES),
}
"""Each command's module in this folder, its function there, and its panel, in the order of --help."""


def assemble(*names: str) -> typer.Typer:
    """Return the command line with these commands, or with all: a command that is not called need not be loaded."""
    app = typer.Typer(
        name="archcalc",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(archcalc)
    for name in names or COMMANDS:
        place, panel = COMMANDS[name]
        module, _, function = place.partition(":")
        command = getattr(import_module(f"archcalc.cli.{module}"), function)
        app.command(name, cls=Command, rich_help_panel=panel)(unbundled(command))
    return app


def archcalc(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    """Compute shapes, parameters and costs of convolutional networks, from a text that a person can read.

    Example: archcalc table paper
    """
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; ends by SystemExit."""
    _make_streams_sure()
    try:
        words = sys.argv[1:]
        assemble(*(word for word in words[:1] if word in COMMANDS))(_with_values(words))
    except MissingError as error:
        complain(error)
        sys.exit(3)
    except ArchError as error:
        complain(error)
        sys.exit(2)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # of --help, which typer and rich print
            silence()
            sys.exit(0)
        raise
    except OSError as error:
        silence()
        complain(ArchError(reason(error)))
        sys.exit(2)


def _with_values(words: list[str]) -> list[str]:
    """Return the words of a command, with a value for options that may go without one."""
    if words[:1] != ["profile"]:
        return words
    from archcalc.cli.profile.options import BARE

    return [
        f"{word}={BARE[word]}" if word in BARE and after not in {*type(BARE[word])} else word
        for word, after in zip(words, [*words[1:], ""], strict=True)
    ]


def _make_streams_sure() -> None:
    """Let closed streams swallow what they get, and escape characters that a stream cannot write."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # open until the end
        getattr(sys, name).reconfigure(errors="backslashreplace")
