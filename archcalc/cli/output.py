"""Writing an answer: to standard output or, whole or not at all, to a file."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from archcalc.errors import ArchError, reason
from archcalc.files import replacing, was_read
from archcalc.render import formats
from archcalc.render.answer import Answer as Rendered

_FOR_PEOPLE: Final = ("table", "plain")
"""Formats in which characters that standard output cannot encode are escaped."""

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
    try:
        print(message, file=sys.stderr)
    except OSError:
        silence(sys.stderr)  # nobody hears it: the exit code still says it


def write_answer(answer: "Answer | Rendered", writing: "Writing") -> None:
    """Write an answer in the format asked for, or in the one that fits the place."""
    form = chosen(writing)
    rendered = answer if isinstance(answer, Rendered) else answer.rendered()
    write(formats.find(form).write(rendered, _screen(writing.output)), writing.output, form)


def _screen(output: Path | None) -> formats.Screen:
    """Return the terminal that the answer goes to, or a screen that is as wide as needed."""
    if output is not None or not sys.stdout.isatty():
        return formats.Screen()
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return formats.Screen(_width(), colour, say)


def write(content: str | bytes, output: Path | None, form: str = "source") -> None:
    """Write text, or bytes, to standard output, or to a file that is then whole.

    Raises ArchError for bytes that a terminal would show.
    """
    if output is not None:
        _write_file(output, [content])
        return
    if isinstance(content, bytes) and sys.stdout.isatty():
        raise ArchError(f"{form} is not text for a terminal: name a file with --output")
    _print([content], form)


def write_lines(lines: Iterable[str], output: Path | None, form: str) -> None:
    """Write a text that is made line by line: a file is whole at the end, or is not there."""
    if output is None:
        _print(lines, form)
    else:
        _write_file(output, lines)


def _print(parts: Iterable[str | bytes], form: str) -> None:
    try:
        for part in parts:
            if isinstance(part, bytes):
                sys.stdout.buffer.write(part)
            else:
                sys.stdout.write(_encodable(part, form))
        sys.stdout.flush()
    except BrokenPipeError:
        silence()  # the reader has what it wanted
        raise SystemExit(0) from None
    except OSError as error:
        silence()
        raise ArchError(f"standard output cannot be written: {reason(error)}") from None


def _encodable(text: str, form: str) -> str:
    """Return a text that standard output can encode without a loss: what programs read is JSON in ASCII, or UTF-8."""
    if text.isascii() or form in _FOR_PEOPLE:
        return text
    if form in ("json", "jsonl"):
        from archcalc.render.formats.json import in_ascii

        return text if sys.stdout.encoding.lower() == "utf-8" else in_ascii(text)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    return text


def silence(stream: TextIO | None = None) -> None:
    """Let nothing more be written to standard output, or to another stream, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())


def chosen(writing: "Writing") -> str:
    """Return the format asked for, or else the one that fits the file's ending or the place. Raises ArchError."""
    form, output = writing
    if output is None:
        return form or ("table" if sys.stdout.isatty() else "plain")
    from archcalc.cli.endings import expect_agreement, expect_ending

    ending, known = output.suffix.lower(), formats.endings()
    expect_ending(output, known)
    if form is not None:
        expect_agreement(output, f"--format {form}", formats.find(form).ENDINGS, known)
        return form
    if ending and ending not in known:
        raise ArchError(f"--output: {ending} is not the ending of a format ({', '.join(known)}); add --format NAME")
    return known.get(ending, "plain")


def expect_place(option: str, path: Path) -> None:
    """Raise ArchError where a file could not be written, before anything is measured for it."""
    if not path.parent.is_dir():
        raise ArchError(f"{option}: {path} cannot be written: there is no folder {path.parent}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ArchError(
            f"{option}: {path} cannot be written: {'it is a folder' if path.is_dir() else 'permission denied'}"
        )


def expect_apart(other: Path, output: Path | None) -> None:
    """Raise ArchError where another file that is written is the one of --output, or one that was read."""
    target = Path(os.path.realpath(other))
    if output is not None and Path(os.path.realpath(output)) == target:
        raise ArchError(f"{other} cannot be written twice: name two files")
    if was_read(target):
        raise ArchError(f"{other} is a file that was read: name another")


def _width() -> int:
    """Return the terminal's columns; $COLUMNS, if it is set, comes first."""
    import shutil

    return shutil.get_terminal_size().columns


def _write_file(path: Path, parts: Iterable[str | bytes]) -> None:
    """Write a file that is then whole; a device or a pipe is written into. Raises ArchError where that cannot be."""
    target = Path(os.path.realpath(path))
    if was_read(target):
        raise ArchError(f"--output: {path} is a file that the answer was made from: name another")
    try:
        if target.exists() and not target.is_file():
            _write_parts(target, parts)
        else:
            with replacing(target) as temporary:
                _write_parts(temporary, parts)
    except OSError as error:
        raise ArchError(f"--output: {path} cannot be written: {reason(error)}") from None


def _write_parts(path: Path, parts: Iterable[str | bytes]) -> None:
    with path.open("wb") as file:
        for part in parts:
            file.write(part if isinstance(part, bytes) else part.encode())
