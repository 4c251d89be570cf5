"""The messages of the process that measures, each a line of JSON: progress, and in the end results or a failure."""

import contextlib
import json
from typing import Any, NamedTuple

from archcalc.analysis.profile.results import Results
from archcalc.errors import ArchError, MissingError


class Progress(NamedTuple):
    """Progress: the step that is being measured."""

    words: str


class Failure(NamedTuple):
    """Why there are no results; `is_missing` if something must be installed or plugged in first."""

    words: str
    is_missing: bool

    @property
    def error(self) -> ArchError:
        return (MissingError if self.is_missing else ArchError)(self.words)


Message = Progress | Failure | Results


def line(message: Message) -> str:
    """Return a message as a line of JSON, with its kind as the only key."""
    data = message.to_json() if isinstance(message, Results) else message._asdict()
    return json.dumps({type(message).__name__: data})


def read(text: bytes) -> Message | None:
    """Return the message in a line; None for what a library may print into the same stream.

    >>> read(line(Progress("peaks")).encode()), read(b"a library says hello")
    (Progress(words='peaks'), None)
    """
    match _json(text):
        case {"Progress": dict(data)}:
            return Progress(**data)
        case {"Failure": dict(data)}:
            return Failure(**data)
        case {"Results": data}:
            return Results.from_json(data)
    return None


def _json(text: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return None
