"""The messages of a process that works for another, each a line of JSON: progress, then an answer or a failure."""

import contextlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from archcalc.errors import ArchError, MissingError


class Progress(NamedTuple):
    """What is being done."""

    words: str


class Failure(NamedTuple):
    """Why there is no answer; `is_missing` if something must be installed or plugged in first."""

    words: str
    is_missing: bool

    @property
    def error(self) -> ArchError:
        return (MissingError if self.is_missing else ArchError)(self.words)


class Answer(Protocol):
    """What a process was asked for."""

    def to_json(self) -> Any: ...

    @classmethod
    def from_json(cls, data: Any) -> Self: ...


A = TypeVar("A", bound=Answer)

Message = Progress | Failure | Answer


def line(message: Message) -> str:
    """Return a message as a line of JSON, with its kind as the only key."""
    data = message._asdict() if isinstance(message, Progress | Failure) else message.to_json()
    return json.dumps({type(message).__name__: data})


def read(text: bytes, kind: type[A]) -> Progress | Failure | A | None:
    """Return the message in a line, with answers of this kind; None for what a library may print into the same stream.

    >>> read(line(Progress("peaks")).encode(), kind=object), read(b"a library says hello", kind=object)
    (Progress(words='peaks'), None)
    """
    match _json(text):
        case {"Progress": {"words": str(words)}}:
            return Progress(words)
        case {"Failure": {"words": str(words), "is_missing": bool(is_missing)}}:
            return Failure(words, is_missing)
        case dict(data) if [*data] == [kind.__name__]:
            return kind.from_json(data[kind.__name__])
    return None


def heard(report: Callable[[str], None], kind: type[A], text: bytes) -> A | None:
    """Return the answer, if it is in this line; progress is reported. Raises the failure that the line says."""
    match read(text, kind):
        case Progress(words):
            report(words)
        case Failure() as failure:
            raise failure.error
        case None:
            pass
        case answer:
            return answer
    return None


def _json(text: bytes) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    return None
