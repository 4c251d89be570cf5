"""What somebody's code raises, in words that can be read whatever it is."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archcalc.errors import ArchError

_LONGEST: Final = 2000
"""Characters of a message that are shown."""


def text_of(error: BaseException) -> str:
    """Return the text of an error on one line; its class may have broken that."""
    try:
        return " ".join(str(error)[:_LONGEST].split())
    except BaseException:
        return "its text cannot be read"


def in_words(error: BaseException) -> str:
    """
    >>> in_words(ValueError("no weights here")), in_words(MemoryError())
    ('ValueError: no weights here', 'MemoryError')
    """
    text = text_of(error)
    return f"{type(error).__name__}{f': {text}' if text else ''}"


def with_place(error: BaseException) -> str:
    """Return an error in words, after the file and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or isinstance(error, SyntaxError):  # whose message has its own place
        return in_words(error)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: {in_words(error)}"


@contextmanager
def told(what: str) -> Iterator[None]:
    """Raise whatever somebody's code raises as an ArchError with the error's own text and place."""
    try:
        yield
    except ArchError:
        raise
    except BaseException as error:
        raise ArchError(f"{what}: {with_place(error)}") from error
