"""Configurations measured one after the other, each in a process of its own, with progress on a terminal."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archcalc.analysis.profile.config import Config, as_data
from archcalc.errors import ArchError, MissingError

if TYPE_CHECKING:
    from archcalc.graph import Graph

Report = Callable[[str], None]


def in_process(graph: "Graph", config: Config, report: Report) -> dict[str, Any]:
    """Measure here, for debugging. Raises ArchError, or whatever goes wrong."""
    from archcalc.pytorch.profile.run import measure

    return measure(graph, config, report)


def in_a_process(_: "Graph", config: Config, report: Report) -> dict[str, Any]:
    """Measure in a fresh process, so that nothing of one configuration is left to the next.

    Raises ArchError, or MissingError, as the process tells, and with its last words where it tells nothing.
    """
    command = [sys.executable, "-m", "archcalc.pytorch.profile"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            process.stdin.write(json.dumps(as_data(config)))
            process.stdin.close()
            found = _listen(process.stdout, report)
            said = process.stderr.read()
        except BaseException:
            process.kill()
            raise
    if found is None:
        raise ArchError(f"{config.spec}: the measurement ended with {process.returncode}: {_last_line(said)}")
    return found


def _listen(lines: Any, report: Report) -> dict[str, Any] | None:
    """What is found in the end; None where the process ends without a word."""
    for line in lines:
        told = json.loads(line)
        if "measuring" in told:
            report(told["measuring"])
        elif "fault" in told:
            raise (MissingError if told["missing"] else ArchError)(told["fault"])
        else:
            found: dict[str, Any] = told["found"]
            return found
    return None


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


class Progress:
    """What is being measured and what is left, on one line of a terminal; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.shown = sys.stderr.isatty()

    def report(self, place: int, name: str) -> Report:
        return lambda words: self._show(f"{place}/{self.total} {name}: {words}")

    def _show(self, line: str) -> None:
        if self.shown:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away."""
        self._show("")
        if self.shown:
            print("\r", end="", file=sys.stderr, flush=True)
