"""The process that measures the peaks of this machine alone, and the call that asks it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.messages import Progress, heard
from archcalc.analysis.own_peaks import OwnPeak, torch_release
from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.errors import ArchError, first_line
from archcalc.pytorch.process import Ended, ask, command
from archcalc.pytorch.serving import Send, serve

if TYPE_CHECKING:
    from archcalc.graph import Graph

PROCESS: Final = command("archcalc.pytorch.profile.peaks_alone")


def peaks_in_a_process(graph: "Graph", precision: Precision, report: Callable[[str], None]) -> OwnPeak:
    """Measure the best device here in a process of its own; torch is not loaded here. The graph only names the work.

    Raises ArchError where it cannot be measured, MissingError where torch or a device is missing.
    """
    torch_release()
    answer = ask(PROCESS, (graph, precision), partial(heard, report, OwnPeak))
    if isinstance(answer, Ended):
        raise ArchError("the peaks could not be measured: the process ended without an answer")
    return answer


def _measure(request: Any, send: Send) -> OwnPeak:
    from archcalc.pytorch.profile.bench import Bench
    from archcalc.pytorch.profile.device import expect_tf32, resolve
    from archcalc.pytorch.profile.environment import describe
    from archcalc.pytorch.profile.peaks import measure_peaks
    from archcalc.pytorch.profile.precision import refused

    graph, precision = request
    device = resolve("auto")
    asked = Request(graph.spec.name, device=str(device), precision=precision)
    if precision is Precision.TF32 and device.type != "cuda":
        raise ArchError(f"--precision tf32 is for CUDA; this machine has {device}: try --precision fp32")
    if precision is Precision.TF32:
        expect_tf32(device)
    bench = Bench.ready(graph, asked, lambda words: send(Progress(words)))
    with refused(asked, bench.device):
        peak = measure_peaks(bench)
    if peak.tflops is None or peak.gbs is None:
        raise ArchError(f"{device} has not enough memory free to measure its peaks")
    return OwnPeak(device=describe(bench.device).name, torch=torch_release(), tflops=peak.tflops, gbs=peak.gbs)


def _failed(_: Any, error: BaseException) -> ArchError:
    return ArchError(f"the peaks could not be measured: {type(error).__name__}: {first_line(error)}")


if __name__ == "__main__":
    serve(_measure, _failed)
