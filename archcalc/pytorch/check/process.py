"""A spec held against somebody's model, in a process of its own. Torch is not imported here."""

import sys
from typing import TYPE_CHECKING, Final

from archcalc.analysis.check.against import Against
from archcalc.pytorch.process import command
from archcalc.pytorch.somebodys import SECONDS, answer_about

if TYPE_CHECKING:
    from archcalc.graph import Graph

PROCESS: Final = command("archcalc.pytorch.check")


def against_in_a_process(graph: "Graph", target: str, device: str, seconds: float = SECONDS) -> Against:
    """Return a spec beside a model whose code runs in a new process, for so many seconds at most.

    Raises ArchError or MissingError as the process reports, and where it ends without an answer.
    """
    return answer_about(target, PROCESS, (graph, target, device, sys.path), Against, seconds)
