"""A measurement in a process of its own: nothing of one is left to the next, and torch is not imported here."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from archcalc.analysis.profile.messages import Failure, Progress, read
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Results
from archcalc.errors import ArchError, MissingError

if TYPE_CHECKING:
    import torch

    from archcalc.graph import Graph

Report = Callable[[str], None]

PROCESS: Final = (sys.executable, "-P", "-m", "archcalc.pytorch.profile")
"""Imports from the folders of this process, but not from the current one."""


def find_device(word: str) -> "torch.device":
    """Return the device that a word means. Raises MissingError where it or torch is missing, else ArchError."""
    try:
        from archcalc.pytorch.profile.device import resolve
    except ImportError as error:
        raise MissingError(f"profile needs torch ({error}): pip install 'archcalc[torch]'") from error
    return resolve(word)


def in_a_process(graph: "Graph", request: Request, report: Report) -> Results:
    """Measure in a new process, so that nothing of one measurement is left to the next.

    Raises ArchError or MissingError as the process reports, or with its last line of output if it reports nothing.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        subprocess.Popen(
            PROCESS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(pickle.dumps((graph, request)))
                process.stdin.flush()  # not closed: the process ends when its input does, and so with this process
            results = _listen(process.stdout, report)
            process.wait()
        except BaseException:
            process.kill()
            raise
        if results is None:
            output.seek(0)
            raise ArchError(f"{graph.spec.name}: {_how_it_ended(process.returncode, output.read())}")
    return results


def _listen(lines: Iterable[bytes], report: Report) -> Results | None:
    """Return the results; None where the process ends without them. Raises the failure that it reports."""
    for line in lines:
        match read(line):
            case Progress(words):
                report(words)
            case Failure() as failure:
                raise failure.error
            case Results() as results:
                return results
    return None


def _how_it_ended(code: int, output: str) -> str:
    """Return how a process ended that reported nothing: by a signal, or with its last line of output."""
    if code == -signal.SIGKILL:
        return "the measurement was killed, as systems do where memory runs out: a smaller --batch may fit"
    if code < 0:
        return f"the measurement ended by {_signal(-code)}; --in-process shows more"
    lines = [line for line in output.splitlines() if line.strip()]
    return f"the measurement failed: {lines[-1] if lines else 'it printed nothing'}"


def _signal(number: int) -> str:
    known = {one.value: one.name for one in signal.Signals}
    return known.get(number, f"signal {number}")
