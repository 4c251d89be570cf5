"""Ways to run a measurement: in a process of its own, in this one, or in the ranks of torchrun."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Results
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.graph import Graph

Report = Callable[[str], None]
Run = Callable[["Graph", Request, Report], Results | None]
"""Returns None in a rank that is not the first."""


def in_process(graph: "Graph", request: Request, report: Report) -> Results:
    """Measure in this process, for debugging. Raises ArchError, or whatever goes wrong."""
    from archcalc.pytorch.profile.run import measure

    return measure(graph, request, report)


def in_ranks(place: Place) -> Run:
    """Return a run that measures together with the other processes of torchrun."""
    from archcalc.cli.output import say
    from archcalc.pytorch.profile.distributed import measure

    def run(graph: "Graph", request: Request, report: Report) -> Results | None:
        try:
            return measure(graph, request, place, report)
        except ArchError as error:
            if not place.is_first:  # the first rank reports what is wrong in all; this may be wrong here alone
                say(f"rank {place.rank}: {error}")
            raise

    return run


class ProgressLine:
    """A line of a terminal with what is being measured and how much is left; nothing elsewhere."""

    def __init__(self, total: int, is_shown: bool) -> None:
        self.total = total
        self.is_shown = is_shown

    def report(self, number: int, name: str) -> Report:
        return lambda words: self._show(f"{number}/{self.total} {name}: {words}")

    def _show(self, line: str) -> None:
        if self.is_shown:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        self._show("")
        if self.is_shown:
            print("\r", end="", file=sys.stderr, flush=True)
