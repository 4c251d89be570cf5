"""Somebody's model in a process of its own, which it may end, crash or never end. Torch is not imported here."""

import math
import signal
import sys
from typing import TYPE_CHECKING, Final

from archcalc.analysis.check.against import Against
from archcalc.analysis.messages import Failure, Progress, read
from archcalc.errors import ArchError
from archcalc.files import remember
from archcalc.layers.fields import spell
from archcalc.pytorch.process import Ended, ask, command

if TYPE_CHECKING:
    from archcalc.graph import Graph

PROCESS: Final = command("archcalc.pytorch.check")

SECONDS: Final = 600
"""The time that a model has, unless another is given."""


def against_in_a_process(graph: "Graph", target: str, device: str, seconds: float = SECONDS) -> Against:
    """Return a spec beside a model whose code runs in a new process, for so many seconds at most.

    What the code prints goes to standard error. Raises ArchError or MissingError as the process reports, and where it
    ends without an answer.
    """
    if not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
        raise ArchError(f"--timeout must be a number of seconds above 0, got {spell(seconds)}")
    remember(target.rpartition(":")[0])
    doing = "starts"

    def hear(text: bytes) -> Against | None:
        nonlocal doing
        match read(text, Against):
            case Progress(words):
                doing = words
            case Failure() as failure:
                raise failure.error
            case Against() as found:
                return found
        return None

    answer = ask(PROCESS, (graph, target, device, sys.path), hear, limit=seconds)
    if isinstance(answer, Ended):
        raise ArchError(f"{target} {_how_it_ended(answer, seconds)} while it {doing}")
    return answer


def _how_it_ended(ended: Ended, seconds: float) -> str:
    if ended.is_late:
        return f"has not come to an end after {seconds:g} seconds (--timeout)"
    if ended.code == -signal.SIGKILL:
        return "was killed, as systems do where memory runs out,"
    if ended.signal:
        return f"ended its process by {ended.signal}"
    return f"ended its process with exit code {ended.code}"
