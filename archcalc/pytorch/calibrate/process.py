"""The process that measures what a calibration needs, and the call that asks it. Torch is not loaded by the call."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from archcalc.analysis.messages import Progress, heard
from archcalc.analysis.own_peaks import torch_release
from archcalc.analysis.predict.grid import Job
from archcalc.analysis.predict.learning import Measurements
from archcalc.errors import ArchError, first_line
from archcalc.pytorch.calibrate.keeping import ENVIRONMENT
from archcalc.pytorch.process import Ended, ask, command
from archcalc.pytorch.serving import Send, serve

PROCESS: Final = command("archcalc.pytorch.calibrate.process")


def measure_in_a_process(jobs: Sequence[Job], device: str, report: Callable[[str], None]) -> Measurements:
    """Measure all jobs in a process of its own.

    Raises ArchError where that does not end well, MissingError where torch or the device is missing.
    """
    torch_release("calibrate")
    answer = ask(PROCESS, (tuple(jobs), device), partial(heard, report, Measurements), environment=ENVIRONMENT)
    if isinstance(answer, Ended):
        raise ArchError("the machine could not be calibrated: the process ended without an answer")
    return answer


def _measure(request: Any, send: Send) -> Measurements:
    from archcalc.pytorch.calibrate.measuring import measure

    jobs, device = request
    return measure(jobs, device, lambda words: send(Progress(words)))


def _failed(_: Any, error: BaseException) -> ArchError:
    return ArchError(f"the machine could not be calibrated: {type(error).__name__}: {first_line(error)}")


if __name__ == "__main__":
    serve(_measure, _failed)
