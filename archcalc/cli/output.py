"""Writing an answer: to standard output or, whole or not at all, to a file."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import ArchError, reason
from archcalc.render import formats
from archcalc.render.answer import Answer as Rendered

if TYPE_CHECKING:
    from archcalc.answers.answer import Answer
    from archcalc.cli.options import Writing


def say(message: str) -> None:
    """Print a message for the person on standard error, apart from the data."""
    _print_message(f"archcalc: {message}")


def complain(error: ArchError) -> None:
    """Print every fault on standard error, a line each, those of a file with their place in it."""
    for fault in error.faults:
        _print_message(str(fault) if fault.mark else f"archcalc: {fault}")


def _print_message(message: str) -> None:
    """Print a message as one line, but on a terminal broken between words."""
    if sys.stderr.isatty() and len(message) > _width():
        from textwrap import fill

        message = fill(message, _width(), break_long_words=False, break_on_hyphens=False)
    print(message, file=sys.stderr)


def write_answer(answer: "Answer | Rendered", writing: "Writing") -> None:
    """Write an answer in the format asked for, or in the one that fits the place."""
    form = chosen(writing)
    rendered = answer if isinstance(answer, Rendered) else answer.rendered()
    write(formats.find(form).write(rendered, _screen(writing.output)), writing.output)


def _screen(output: Path | None) -> formats.Screen:
    """Return the terminal that the answer goes to, or a screen that is as wide as needed."""
    if output is not None or not sys.stdout.isatty():
        return formats.Screen()
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return formats.Screen(_width(), colour, say)


def write(text: str, output: Path | None) -> None:
    """Write text to standard output, or to a file that is then whole."""
    if output is not None:
        _write_file(output, text)
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()  # the reader has what it wanted
        raise SystemExit(0) from None
    except OSError as error:
        silence()
        raise ArchError(f"standard output cannot be written: {reason(error)}") from None


def silence() -> None:
    """Let nothing more be written to standard output, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def chosen(writing: "Writing") -> str:
    """Return the format asked for, or else the one that fits the file's ending or the place. Raises ArchError."""
    form, output = writing
    if form is not None:
        return form
    if output is None:
        return "table" if sys.stdout.isatty() else "plain"
    ending, known = output.suffix.lower(), formats.endings()
    if ending and ending not in known:
        raise ArchError(f"--output: {ending} is not the ending of a format ({', '.join(known)}); add --format NAME")
    return known.get(ending, "plain")


def _width() -> int:
    """Return the terminal's columns; $COLUMNS, if it is set, comes first."""
    import shutil

    return shutil.get_terminal_size().columns


def _write_file(path: Path, text: str) -> None:
    """Write a file that is then whole; a device or a pipe is written into. Raises ArchError where that cannot be."""
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
        else:
            _replace(target, text)
    except OSError as error:
        raise ArchError(f"--output: {path} cannot be written: {reason(error)}") from None


def _replace(path: Path, text: str) -> None:
    """Write to a file next to it, then move that over it."""
    import tempfile

    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
