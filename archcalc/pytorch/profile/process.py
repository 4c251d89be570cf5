"""A measurement in a process of its own: nothing of one is left to the next, and torch is not imported here."""

import signal
import tempfile
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from archcalc.analysis.messages import heard
from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import MeasuredPeak, Results
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.process import Ended, ask, command

if TYPE_CHECKING:
    import torch

    from archcalc.graph import Graph

Report = Callable[[str], None]

PROCESS: Final = command("archcalc.pytorch.profile")


def find_device(word: str, precision: Precision = Precision.FP32) -> "torch.device":
    """Return the device that a word means. Raises MissingError where it or torch is missing, else ArchError.

    ArchError also where it does not have the precision TF32, which other devices would take for fp32 without a word.
    """
    try:
        from archcalc.pytorch.profile.device import expect_tf32, resolve
    except ImportError as error:
        raise MissingError(f"profile needs torch ({error}): pip install 'archcalc[torch]'") from error
    device = resolve(word)
    if precision is Precision.TF32:
        expect_tf32(device)
    return device


def in_a_process(graph: "Graph", request: Request, report: Report, peaks: MeasuredPeak | None = None) -> Results:
    """Measure in a new process, so that nothing of one measurement is left to the next.

    `peaks` are those of the device, where they were measured a moment ago.
    Raises ArchError or MissingError as the process reports, or with its last line of output if it reports nothing.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        answer = ask(PROCESS, (graph, request, peaks), partial(heard, report, Results), errors=output)
        if isinstance(answer, Results):
            return answer
        output.seek(0)
        raise ArchError(f"{graph.spec.name}: {_how_it_ended(answer, output.read())}")


def _how_it_ended(ended: Ended, output: str) -> str:
    """Return how a process ended that reported nothing: by a signal, or with its last line of output."""
    if ended.code == -signal.SIGKILL:
        return "the measurement was killed, as systems do where memory runs out: a smaller --batch may fit"
    if ended.signal:
        return f"the measurement ended by {ended.signal}; --in-process shows more"
    lines = [line for line in output.splitlines() if line.strip()]
    return f"the measurement failed: {lines[-1] if lines else 'it printed nothing'}"
