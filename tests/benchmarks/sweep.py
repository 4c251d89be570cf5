"""How fast a sweep is, as ratios in one run: `python tests/benchmarks/sweep.py`. Ends with 1 over a budget.

The unit is one variant on the scalar path: AlexNet's graph and table, of a spec that has been read. Memory is that of
a process of its own.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Final

import archcalc
from archcalc.analysis.receptive_field import receptive_fields
from archcalc.graph import link
from archcalc.table import measure

VARY: Final = {
    "conv1.out_channels": "16..128:16",
    "conv1.kernel_size": "7,9,11",
    "conv2.out_channels": "32..256:32",
    "conv2.kernel_size": "3,5",
    "conv3.out_channels": "64..256:64",
    "conv4.out_channels": "64..256:64",
    "conv5.out_channels": "64..256:64",
    "fc6.out_features": "512..4096:512",
    "fc7.out_features": "512..4096:512",
}
"""With the input, 10 things that vary: 9,437,184 variants."""

INPUTS: Final = "64,96,128..224:32"
COLUMNS: Final = ("params", "macs", "conv5.height")
RUNS: Final = 5


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def best(action: Callable[[], object], runs: int = RUNS) -> float:
    return min(seconds(action) for _ in range(runs))


def scalar() -> float:
    """The time of one variant on the scalar path."""
    spec = archcalc.load("torchvision").spec
    return best(lambda: [measure(link(spec)).totals for _ in range(50)]) / 50


def swept(**more: object) -> "archcalc.answers.sweep.Sweep":  # type: ignore[name-defined]
    return archcalc.sweep("torchvision", VARY, inputs=INPUTS, columns=COLUMNS, **more)


def chunks(count: int) -> float:
    """The time of one variant of some chunks, of which no row is kept."""
    search = swept(where=["params < 0"]).search
    search.prepare()
    variants = sum(search.chunk(number).variants for number in range(count))
    return best(lambda: [search.chunk(number) for number in range(count)]) / variants


def drawn() -> float:
    search = swept(where=["params < 0"], sample=200_000).search
    search.prepare()
    return best(lambda: [search.chunk(number) for number in range(search.plan.chunks)], 3) / 200_000


def front() -> float:
    search = swept(pareto=["params", "-macs", "-conv5.height"]).search
    search.prepare()
    return best(lambda: search.chunk(5), 3) / search.chunk(5).variants


def written() -> float:
    """The time of one row that is written to Parquet."""
    vary = {**VARY, "fc6.out_features": "4096"}

    def write(folder: str) -> int:
        return archcalc.sweep("torchvision", vary, inputs=INPUTS, columns=COLUMNS).write(folder).outcome.matching

    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            rows = write(folder)
            times.append((time.perf_counter() - start) / rows)
    return min(times)


WHOLE: Final[dict[str, Callable[[archcalc.Network], object]]] = {
    "memory": lambda network: network.memory().peak,
    "memory_train": lambda network: network.memory("train").peak,
    "rf": lambda network: receptive_fields(network.graph),
    "ms": lambda network: network.roofline("h100-sxm").seconds,
}
"""Columns of whole networks, with what their commands compute of one variant that has been linked."""


def whole(column: str) -> float:
    """The time of one variant of a column, as a share of that which its command takes for one."""
    device = "h100-sxm" if column == "ms" else None
    search = swept(where=[f"{column} < 0"], device_model=device).search
    search.prepare()
    network = archcalc.load("torchvision")
    WHOLE[column](network)
    alone = best(lambda: [WHOLE[column](network) for _ in range(20)]) / 20
    return best(lambda: search.chunk(5), 3) / search.chunk(5).variants / alone


def processes() -> float:
    """How many times as fast two processes are as one, with their start: for 74,317,824 variants, none of them kept."""
    vary = {**VARY, "fc6.out_features": "128..4096:64", "num_classes": "1000"}

    def take(jobs: int) -> float:
        asked = {"inputs": INPUTS, "columns": COLUMNS, "where": ["params < 0"], "jobs": jobs}
        return seconds(lambda: archcalc.sweep("torchvision", vary, **asked).found)

    return min(take(1) for _ in range(2)) / min(take(2) for _ in range(2))


def memory() -> int:
    """The MB of a process that goes through 10^8 variants and keeps the best."""
    code = (
        "import archcalc; vary = {f'{layer}.out_channels': '1..100' for layer in ('conv1', 'conv2')};"
        "vary |= {f'{layer}.out_features': '1..100' for layer in ('fc1', 'fc2')};"
        "found = archcalc.sweep('lenet_d2l', vary, top=10, by='macs', columns=['params', 'macs']).found;"
        "assert found.outcome.variants == 10**8"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def main() -> None:
    unit = statistics.median(scalar() for _ in range(3))
    print(f"one variant on the scalar path: {1e6 * unit:,.0f} us; below, variants in that time")
    used = memory() if "--memory" in sys.argv else 0  # first: what this process has used counts for its children
    kept = used < 300
    for what, measured, least in (
        ("10 fields of AlexNet, columns and a condition", chunks(8), 500),
        ("the same, drawn at random", drawn(), 250),
        ("a front of three columns", front(), 100),
        ("rows to Parquet", written(), 100),
    ):
        ratio = unit / measured
        kept &= ratio >= least
        over = "" if ratio >= least else "   UNDER"
        print(f"{what:48} {ratio:8,.0f} x  (at least {least})  {1 / measured:12,.0f} a second{over}")
    for column, least in (("memory", 200), ("memory_train", 200), ("rf", 50), ("ms", 150)):
        ratio = 1 / whole(column)
        kept &= ratio >= least
        over = "" if ratio >= least else "   UNDER"
        print(f"{column:48} {ratio:8,.0f} x  (at least {least})  of what its command takes{over}")
    if "--jobs" in sys.argv:
        ratio = processes()
        kept &= ratio >= 1.2
        print(f"--jobs 2, beside --jobs 1                        {ratio:8.2f} x  (at least 1.2)")
    if used:
        print(f"10^8 variants                                    {used:8,} MB  (under 300)")
    sys.exit(not kept)


if __name__ == "__main__":
    main()
