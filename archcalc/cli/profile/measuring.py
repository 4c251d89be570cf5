"""Configurations measured one after the other, each in a process of its own, with progress on a terminal."""

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.ranks import Place
from archcalc.errors import ArchError, MissingError

if TYPE_CHECKING:
    from archcalc.graph import Graph

Report = Callable[[str], None]
Measure = Callable[["Graph", Config, Report], dict[str, Any]]

PROCESS: Final = (sys.executable, "-P", "-m", "archcalc.pytorch.profile")
"""Without the current folder among those that are imported from, but with those of this process."""


def in_process(graph: "Graph", config: Config, report: Report) -> dict[str, Any]:
    """Measure here, for debugging. Raises ArchError, or whatever goes wrong."""
    from archcalc.pytorch.profile.run import measure

    return measure(graph, config, report)


def in_ranks(place: Place) -> Measure:
    """Measure with the other processes of torchrun; only the first of them finds anything."""
    from archcalc.cli.output import say
    from archcalc.pytorch.profile.distributed import measure

    def measure_together(graph: "Graph", config: Config, report: Report) -> dict[str, Any]:
        try:
            return measure(graph, config, place, report)
        except ArchError as error:
            if not place.is_first:  # the first says what is wrong with all, and this may be wrong here alone
                say(f"rank {place.rank}: {error}")
            raise

    return measure_together


def in_a_process(graph: "Graph", config: Config, report: Report) -> dict[str, Any]:
    """Measure in a fresh process, so that nothing of one configuration is left to the next.

    Raises ArchError, or MissingError, as the process tells, and with its last words where it tells nothing.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            PROCESS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(pickle.dumps((graph, config)))
                process.stdin.flush()  # and left open: the process ends when this one does
            found = _listen(process.stdout, report)
            process.wait()
        except BaseException:
            process.kill()
            raise
        if found is None:
            said.seek(0)
            raise ArchError(f"{graph.spec.name}: {_end(process.returncode, said.read())}")
    return found


def _listen(lines: Iterable[bytes], report: Report) -> dict[str, Any] | None:
    """What is found in the end; None where the process ends without a word."""
    for line in lines:
        told = _told(line)
        if "measuring" in told:
            report(told["measuring"])
        elif "fault" in told:
            raise (MissingError if told["missing"] else ArchError)(told["fault"])
        elif "found" in told:
            found: dict[str, Any] = told["found"]
            return found
    return None


def _told(line: bytes) -> dict[str, Any]:
    """What a line says; nothing if it is not one of ours, since a library may print before anything of ours runs."""
    with contextlib.suppress(ValueError):
        told = json.loads(line)
        return told if isinstance(told, dict) else {}
    return {}


def _end(code: int, said: str) -> str:
    """How a process ended that told nothing: by a signal, or with its last words."""
    if code == -signal.SIGKILL:
        return "the measurement was killed, as systems do where memory runs out: a smaller --batch may fit"
    if code < 0:
        return f"the measurement ended by {_signal(-code)}; --in-process shows more"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"the measurement failed: {lines[-1] if lines else 'it said nothing'}"


def _signal(number: int) -> str:
    known = {one.value: one.name for one in signal.Signals}
    return known.get(number, f"signal {number}")


class Progress:
    """What is being measured and what is left, on one line of a terminal; nothing elsewhere."""

    def __init__(self, total: int, is_shown: bool) -> None:
        self.total = total
        self.is_shown = is_shown

    def report(self, place: int, name: str) -> Report:
        return lambda words: self._show(f"{place}/{self.total} {name}: {words}")

    def _show(self, line: str) -> None:
        if self.is_shown:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away."""
        self._show("")
        if self.is_shown:
            print("\r", end="", file=sys.stderr, flush=True)
