"""Writing an answer: to standard output or, whole or not at all, to a file."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from archcalc.cli.options import Format
from archcalc.errors import ArchError, reason
from archcalc.render.sheet import Sheet

_BY_ENDING: Final = {
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".tex": Format.LATEX,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".txt": Format.PLAIN,
}


def say(message: str) -> None:
    """A message for the person, on standard error, out of the way of the data."""
    _print_message(f"archcalc: {message}")


def complain(error: ArchError) -> None:
    """Every fault on standard error, a line each, those of a file with their place in it."""
    for fault in error.faults:
        _print_message(str(fault) if fault.mark else f"archcalc: {fault}")


def _print_message(message: str) -> None:
    """A message as one line, but on a terminal broken between words."""
    if sys.stderr.isatty() and len(message) > _width():
        from textwrap import fill

        message = fill(message, _width(), break_long_words=False, break_on_hyphens=False)
    print(message, file=sys.stderr)


def answer(
    sheets: Sequence[Sheet],
    data: Callable[[], Any],
    form: Format | None,
    output: Path | None,
    narrower: Iterable[Sequence[Sheet]] = (),
    bare: Sequence[Sheet] = (),
) -> None:
    """Write sheets, or for JSON the data, in the format asked for or in the one that fits the place.

    `narrower` sheets, each narrower than those before, say the same on a terminal that is too narrow for the others;
    `bare` ones are for CSV, where that holds others.
    """
    form = chosen(form, output)
    if form is Format.CSV and bare:
        sheets = bare
    for others in narrower if form is Format.TABLE and output is None else ():
        sheets = others if _is_too_narrow(sheets) else sheets
    write(_written(sheets, data, form, output), output)


def _is_too_narrow(sheets: Sequence[Sheet]) -> bool:
    from archcalc.render import terminal

    return sys.stdout.isatty() and terminal.is_wider(sheets, _width())


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


def chosen(form: Format | None, output: Path | None) -> Format:
    """The format asked for, or else the one that fits the file's ending or the place. Raises ArchError."""
    if form is not None:
        return form
    if output is not None:
        ending = output.suffix.lower()
        if ending and ending not in _BY_ENDING:
            raise ArchError(f"--output: {ending} names no format (of {', '.join(_BY_ENDING)}); give --format too")
        return _BY_ENDING.get(ending, Format.PLAIN)
    return Format.TABLE if sys.stdout.isatty() else Format.PLAIN


def _written(sheets: Sequence[Sheet], data: Callable[[], Any], form: Format, output: Path | None) -> str:
    match form:
        case Format.TABLE:
            return _for_terminal(sheets, output is None and sys.stdout.isatty())
        case Format.JSON:
            from archcalc.render.data import json_text

            return json_text(data())
        case Format.CSV:
            from archcalc.render.data import csv_text

            return csv_text(sheets)
        case Format.MARKDOWN:
            from archcalc.render import markdown as writer
        case Format.LATEX:
            from archcalc.render import latex as writer  # type: ignore[no-redef]
        case Format.HTML:
            from archcalc.render import html as writer  # type: ignore[no-redef]
        case Format.PLAIN:
            from archcalc.render import plain as writer  # type: ignore[no-redef]
    return writer.render(sheets)


def _for_terminal(sheets: Sequence[Sheet], is_terminal: bool) -> str:
    from archcalc.render import terminal

    width = _width() if is_terminal else None
    colour = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text, dropped = terminal.render(sheets, width, colour)
    if dropped:
        say(f"the terminal is narrow, left out: {', '.join(dropped)} (--format html shows all)")
    return text


def _width() -> int:
    """The terminal's columns; $COLUMNS, where it is set, says otherwise."""
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
    """Write beside the file, then move over it."""
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
    """The permissions of the file that is replaced, or those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
