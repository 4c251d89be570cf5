"""Ways to run a measurement: in a process of its own, in this one, or in the ranks of torchrun."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import MeasuredPeak, Results
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.graph import Graph

Report = Callable[[str], None]
Run = Callable[["Graph", Request, Report, MeasuredPeak | None], Results | None]
"""Takes the peaks of the device, where they are known. Returns None in a rank that is not the first."""


def in_process(graph: "Graph", request: Request, report: Report, peaks: MeasuredPeak | None = None) -> Results:
    """Measure in this process, for debugging. Raises ArchError, or whatever goes wrong."""
    from archcalc.pytorch.profile.run import measure

    return measure(graph, request, report, peaks)


def in_ranks(place: Place) -> Run:
    """Return a run that measures together with the other processes of torchrun."""
    from archcalc.cli.output import say
    from archcalc.pytorch.profile.distributed import measure

    def run(graph: "Graph", request: Request, report: Report, peaks: MeasuredPeak | None = None) -> Results | None:
        try:
            return measure(graph, request, place, report, peaks)
        except ArchError as error:
            if not place.is_first:  # the first rank reports what is wrong in all; this may be wrong here alone
                say(f"rank {place.rank}: {error}")
            raise

    return run
