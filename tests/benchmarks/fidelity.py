"""Whether profile's numbers can be trusted: `python tests/benchmarks/fidelity.py [SPEC] [DEVICE] [BATCH] [THREADS]`.

In one process and on one module, in turn, so that a slow moment of the machine hits all: profile's throughput, a loop
as one writes it by hand, the loop of timm's benchmark.py, which waits for the device after every step, and each layer
alone. Medians of the rounds are printed, with what is demanded of them beside them.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch

from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.statistics import Timing, overlap
from archcalc.graph import link
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.environment import describe
from archcalc.pytorch.profile.layers import time_layers
from archcalc.pytorch.profile.steps import inference
from archcalc.pytorch.profile.timing import throughput, warm_up
from archcalc.spec.catalogue import Catalogue

ROUNDS = 7
LOOPS, STEPS = 5, 8
"""40 steps, as many as timm takes."""


def synchronize(device: torch.device) -> None:
    """Written anew here: what is checked does not check itself."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def by_hand(module: torch.nn.Module, x: torch.Tensor) -> float:
    """Seconds a step, the median of a few loops: one wait before, one after."""
    return statistics.median(loop(module, x) for _ in range(LOOPS))


def loop(module: torch.nn.Module, x: torch.Tensor) -> float:
    with torch.inference_mode():
        synchronize(x.device)
        start = time.perf_counter()
        for _ in range(STEPS):
            module(x)
        synchronize(x.device)
    return (time.perf_counter() - start) / STEPS


def as_timm(module: torch.nn.Module, x: torch.Tensor) -> float:
    """Seconds a step, as timm's InferenceBenchmarkRunner takes them."""
    with torch.inference_mode():
        synchronize(x.device)
        start = time.perf_counter()
        for _ in range(LOOPS * STEPS):
            module(x)
            synchronize(x.device)
    return (time.perf_counter() - start) / (LOOPS * STEPS)


class Rounds:
    """Everything measured in turn, as often as there are rounds."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.module: Built = bench.module().eval()
        (self.x,) = bench.inputs()
        self.step: Callable[[], object] = inference(self.module, (self.x,), bench.request)

    def ours(self) -> Timing:
        return throughput(self.step, self.bench.clock, self.bench.request.min_run_time)[0]

    def layers(self) -> float:
        return sum(timing.median for timing in time_layers(self.bench, self.module).times.values())

    def run(self) -> None:
        warm_up(self.step, self.bench.clock, self.bench.request)
        ours, again, hand, timm, layers = [], [], [], [], []
        for _ in range(ROUNDS):
            hand.append(by_hand(self.module, self.x))
            ours.append(self.ours())
            again.append(self.ours())
            timm.append(as_timm(self.module, self.x))
            layers.append(self.layers())
        agree = sum(overlap(one, other) for one, other in zip(ours, again, strict=True))
        whole = [timing.median for timing in ours]
        print(f"profile, ms/step                   {1e3 * statistics.median(whole):8.3f}")
        print(f"profile against a loop by hand     {ratio(whole, hand):8.3f}   (0.97 to 1.03)")
        print(f"profile against timm's loop        {ratio(whole, timm):8.3f}   (at most 1.03)")
        print(f"sum of layers against the whole    {ratio(layers, whole):8.3f}   (0.90 to 1.10)")
        print(f"two runs in a row agree            {agree:4} of {ROUNDS}   (quartiles overlap)")


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """Of both in one round, the median of all rounds."""
    return statistics.median(this / that for this, that in zip(these, those, strict=True))


def main() -> None:
    spec, name, batch, threads = (*sys.argv[1:], *("torchvision", "cpu", "8", "1")[len(sys.argv) - 1 :])
    request = Request(spec, device=name, batch=int(batch), threads=int(threads))
    bench = Bench.ready(link(Catalogue().load(spec, {}, None)), request, lambda _: None)
    described = describe(bench.device)
    print(f"{spec}, batch {batch}, {described.name}, threads {threads}, torch {described.torch}")
    Rounds(bench).run()


if __name__ == "__main__":
    main()
