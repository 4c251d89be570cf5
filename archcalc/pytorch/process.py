"""A process of its own for what may take long, take everything, or never end. Torch is not imported here.

It is sent one pickled request, and heard line by line until it gives an answer. It ends with the process that asked,
however that ends, and with all processes that it started in its own group. `serving` is its other side.
"""

import contextlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, Final, NamedTuple, TypeVar

A = TypeVar("A")

SIZE_BYTES: Final = 8
"""The bytes before a request that say how long it is: a pipe hands on a long one in parts."""

_GLANCE_SECONDS: Final = 0.2
"""How often a process that says nothing is looked at: one that has ended may have left its pipe to another."""
_LAST_WORDS_SECONDS: Final = 1.0
"""The time that a process has to say where it hangs."""


class Ended(NamedTuple):
    """How a process ended that gave no answer."""

    code: int
    """Its exit code; negative for a signal."""
    is_late: bool = False
    """Whether it was ended, since its time was over."""

    @property
    def signal(self) -> str:
        """The name of the signal that ended it; empty for none."""
        known = {one.value: one.name for one in signal.Signals}
        return known.get(-self.code, f"signal {-self.code}") if self.code < 0 else ""


def command(module: str) -> tuple[str, ...]:
    """Return the command that runs a module of this package, without what lies in the current folder."""
    return (sys.executable, "-P", "-m", module)


def ask(
    words: Sequence[str],
    request: object,
    hear: Callable[[bytes], A | None],
    *,
    errors: IO[Any] | None = None,
    limit: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> A | Ended:
    """Return what `hear` makes of the first line that is an answer, or how the process ended without one.

    What the process prints goes to standard error, or to `errors`. After `limit` seconds it is ended. `environment` is
    added to this process's own. Raises what `hear` raises.
    """
    answer, is_late = None, False
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        process_group=0,
    ) as process:
        try:
            _send(process, request)
            answer = _answer(process, hear, None if limit is None else time.monotonic() + limit)
        except TimeoutError:
            is_late = True
            _let_say_where_it_hangs(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it is there until it is waited for, if only as a zombie
        return Ended(process.wait(), is_late) if answer is None else answer


def _send(process: subprocess.Popen[bytes], request: object) -> None:
    """Write a request; the pipe stays open, since the process ends when its input does, and so with this process."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        pickled = pickle.dumps(request)
        process.stdin.write(len(pickled).to_bytes(SIZE_BYTES) + pickled)
        process.stdin.flush()


def _answer(process: subprocess.Popen[bytes], hear: Callable[[bytes], A | None], end: float | None) -> A | None:
    """Return the answer; None where the process ends without one. Raises TimeoutError at the time `end`."""
    for text in _lines(process, end):
        answer = hear(text)
        if answer is not None:
            return answer
    while not _has_ended(process):
        time.sleep(_seconds_to_look(end))
    return None


def _lines(process: subprocess.Popen[bytes], end: float | None) -> Iterator[bytes]:
    """Yield what the process says, line by line, to its end. Raises TimeoutError at the time `end`."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            has_ended = _has_ended(process)
            if selector.select(0 if has_ended else _seconds_to_look(end)):
                chunk = os.read(process.stdout.fileno(), 1 << 20)
                if not chunk:
                    return
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
            elif has_ended:
                return


def _seconds_to_look(end: float | None) -> float:
    """Return how long to wait before the process is looked at again. Raises TimeoutError at the time `end`."""
    left = _GLANCE_SECONDS if end is None else end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, _GLANCE_SECONDS)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended; it is not waited for, so that its number stays its own."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _let_say_where_it_hangs(process: subprocess.Popen[bytes]) -> None:
    """Abort a process, upon which it prints what it is doing."""
    process.send_signal(signal.SIGABRT)
    end = time.monotonic() + _LAST_WORDS_SECONDS
    while not _has_ended(process) and time.monotonic() < end:
        time.sleep(_GLANCE_SECONDS / 10)
