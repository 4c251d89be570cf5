"""How fast archcalc is, as ratios in one run: `python tests/benchmarks/startup.py`. Ends with 1 over a budget.

Whole processes are timed in turn with a bare `python -c pass`, and calculations in turn with a fixed piece of Python
work, so that a slow moment of the machine hits both. Compiled bytecode is written first, as an installation does.
"""

import compileall
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import archcalc
from archcalc.analysis.conventions.costs import totals
from archcalc.analysis.memory.request import requested
from archcalc.analysis.memory.timeline import timeline
from archcalc.errors import ArchError
from archcalc.graph import Graph

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = 21
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")} | {"TERM": "xterm-256color"}
ARCHCALC = [sys.executable, "-m", "archcalc"]
COMMAND = [*ARCHCALC, "table", "specs/alexnet_torchvision.yaml"]
COMPARED = ["paper", "torchvision", "d2l"]
AUDITED = [str(path) for path in sorted((ROOT / "specs").glob("*.yaml"))]


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_pipe(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True)


def on_terminal(command: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # Linux ends a closed terminal with an error
        pass
    os.close(ours)
    process.wait()


class Budget(NamedTuple):
    """A measured ratio, and the most that it may be."""

    what: str
    ratio: float
    most: float

    def __str__(self) -> str:
        return f"{self.what:44} {self.ratio:6.1f} x   (budget {self.most:g} x){'' if self.is_kept else '   OVER'}"

    @property
    def is_kept(self) -> bool:
        return self.ratio <= self.most


def startup() -> Iterator[Budget]:
    """Whole processes, against `python -c pass`."""
    bare, piped, terminal, compared, audited, reported = [], [], [], [], [], []
    pages = tempfile.mkdtemp()
    for _ in range(RUNS):
        bare.append(seconds(lambda: in_pipe([sys.executable, "-c", "pass"])))
        piped.append(seconds(lambda: in_pipe(COMMAND)))
        terminal.append(seconds(lambda: on_terminal(COMMAND)))
        compared.append(seconds(lambda: in_pipe([*ARCHCALC, "compare", *COMPARED])) / len(COMPARED))
        reported.append(seconds(lambda: in_pipe([*ARCHCALC, "report", "torchvision", "--output", pages])))
        audited.append(seconds(lambda: in_pipe([*ARCHCALC, "audit", *AUDITED])) / len(AUDITED))
    base = statistics.median(bare)
    print(f"x is python -c pass, {base * 1e3:.1f} ms here")
    yield Budget("archcalc table, piped", statistics.median(piped) / base, 10)
    yield Budget("archcalc table, on a terminal", statistics.median(terminal) / base, 13)
    yield Budget("archcalc compare of 3, per spec", statistics.median(compared) / base, 10)
    yield Budget("archcalc report of AlexNet", statistics.median(reported) / base, 35)
    yield Budget(f"archcalc audit of {len(AUDITED)}, per spec", statistics.median(audited) / base, 10)


def loop() -> int:
    """A fixed piece of Python work, about a millisecond."""
    total = 0
    for number in range(33_000):
        total += number % 7
    return total


def ratio(action: Callable[[], object], base: Callable[[], object] = loop) -> float:
    """How many times as long as the base an action takes: the median of both, taken in turn."""
    times = [(seconds(action), seconds(base)) for _ in range(RUNS)]
    taken, unit = (statistics.median(one) for one in zip(*times, strict=True))
    return taken / unit


def to_table(path: Path) -> Callable[[], object]:
    return lambda: archcalc.load(path).table()


def to_memory(graph: Graph) -> Callable[[], object]:
    return lambda: timeline(graph, requested("train", 128))


def long_spec(folder: Path, layers: int) -> Path:
    lines = [f"  - {{name: conv{i}, op: conv2d, out_channels: 8, kernel_size: 3, padding: 1}}" for i in range(layers)]
    path = folder / f"long{layers}.yaml"
    path.write_text("\n".join([f"archcalc: 1\nname: long{layers}\ninput: [8, 32, 32]\nlayers:", *lines]) + "\n")
    return path


def calculator(folder: Path) -> Iterator[Budget]:
    """Measure the calculator in one process, against a loop."""
    graph = archcalc.load("torchvision").graph
    short, long = (to_table(long_spec(folder, layers)) for layers in (1_000, 10_000))
    print(f"\nx is a loop of Python, {statistics.median(seconds(loop) for _ in range(RUNS)) * 1e3:.1f} ms here")
    yield Budget("AlexNet of the paper, text to table", ratio(to_table(ROOT / "specs" / "alexnet_paper.yaml")), 3)
    yield Budget("ResNet-152, text to table", ratio(to_table(ROOT / "specs" / "resnet152.yaml")), 30)
    yield Budget("all conventions of AlexNet", ratio(lambda: totals(graph)), 5)
    yield Budget("memory of training AlexNet", ratio(to_memory(graph)), 5)
    paper, resnet = (archcalc.load(name) for name in ("paper", "resnet152"))
    _ = paper.graph, resnet.graph
    yield Budget("a figure of the paper's AlexNet", ratio(lambda: paper.draw().svg), 15)
    yield Budget("a figure of ResNet-152", ratio(lambda: resnet.draw().svg), 60)
    for name, content in HOSTILE.items():
        path = folder / "net.yaml"
        path.write_bytes(content)
        yield Budget(f"{name}, refused", ratio(lambda path=path: refused(path)), 100)
    print("\nx is 1,000 layers, text to table")
    yield Budget("10,000 layers, text to table", ratio(long, short), 11)
    print("\nx is memory of training 1,000 layers")
    few, many = (to_memory(archcalc.load(long_spec(folder, layers)).graph) for layers in (1_000, 10_000))
    yield Budget("memory of training 10,000 layers", ratio(many, few), 13)


HOSTILE = {
    "over 1 MB": b"# " + b"x" * 1_000_000,
    "1 MB of brackets": b"[" * 999_999,
    "deep": b"{a: " * 200_000,
    "an alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\n" * 10_000,
}


def refused(path: Path) -> None:
    try:
        archcalc.load(path)
    except ArchError:
        return
    raise AssertionError(f"{path} was read")


def main() -> int:
    compileall.compile_dir(ROOT / "archcalc", quiet=1)
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for budget in chain(startup(), calculator(Path(folder))):
            print(budget)
            kept = kept and budget.is_kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
