"""How fast archcalc is, as ratios in one run: `python tests/benchmarks/startup.py`.

Whole processes are timed in turn with a bare `python -c pass`, so that a slow moment of the machine hits both; medians
are printed with the budget beside them. Compiled bytecode is written first, as an installation does.
"""

import compileall
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import archcalc
from archcalc.analysis.conventions.costs import terms, totals
from archcalc.errors import ArchError

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


def startup() -> None:
    bare, piped, terminal, compared, audited = [], [], [], [], []
    for _ in range(RUNS):
        bare.append(seconds(lambda: in_pipe([sys.executable, "-c", "pass"])))
        piped.append(seconds(lambda: in_pipe(COMMAND)))
        terminal.append(seconds(lambda: on_terminal(COMMAND)))
        compared.append(seconds(lambda: in_pipe([*ARCHCALC, "compare", *COMPARED])) / len(COMPARED))
        audited.append(seconds(lambda: in_pipe([*ARCHCALC, "audit", *AUDITED])) / len(AUDITED))
    base = statistics.median(bare)
    print(f"python -c pass                     {base * 1e3:6.1f} ms")
    print(f"archcalc table, piped              {statistics.median(piped) / base:6.1f} x   (budget 10 x)")
    print(f"archcalc table, on a terminal      {statistics.median(terminal) / base:6.1f} x   (budget 13 x)")
    print(f"archcalc compare of 3, per spec    {statistics.median(compared) / base:6.1f} x   (budget 10 x)")
    print(f"archcalc audit of {len(AUDITED)}, per spec     {statistics.median(audited) / base:6.1f} x   (budget 10 x)")


def text_to_table(path: Path) -> float:
    return statistics.median(seconds(lambda: archcalc.load(path).table()) for _ in range(RUNS))


def long_spec(folder: Path, layers: int) -> Path:
    lines = [f"  - {{name: conv{i}, op: conv2d, out_channels: 8, kernel_size: 3, padding: 1}}" for i in range(layers)]
    path = folder / f"long{layers}.yaml"
    path.write_text("\n".join([f"archcalc: 1\nname: long{layers}\ninput: [8, 32, 32]\nlayers:", *lines]) + "\n")
    return path


def calculator(folder: Path) -> None:
    alexnet = text_to_table(ROOT / "specs" / "alexnet_paper.yaml")
    resnet = text_to_table(ROOT / "tests" / "specs" / "valid" / "resnet152.yaml")
    graph = archcalc.load("torchvision").graph
    conventions = statistics.median(seconds(lambda: totals(terms(graph))) for _ in range(RUNS))
    short, long = (text_to_table(long_spec(folder, layers)) for layers in (1_000, 10_000))
    print(f"AlexNet of the paper, to table     {alexnet * 1e3:6.1f} ms  (budget 3 ms)")
    print(f"ResNet-152, text to table          {resnet * 1e3:6.1f} ms  (budget 30 ms)")
    print(f"all conventions of AlexNet         {conventions * 1e3:6.1f} ms  (budget 5 ms)")
    print(f"10,000 layers against 1,000        {long / short:6.1f} x   (budget 11 x)")


HOSTILE = {
    "over 1 MB": b"# " + b"x" * 1_000_000,
    "1 MB of brackets": b"[" * 999_999,
    "deep": b"{a: " * 200_000,
    "an alias bomb": b"a: &a [x, x]\nb: &b [*a, *a]\n" * 10_000,
}


def hostile(folder: Path) -> None:
    slowest = 0.0
    for content in HOSTILE.values():
        path = folder / "net.yaml"
        path.write_bytes(content)
        slowest = max(slowest, seconds(lambda path=path: refused(path)))
    print(f"a hostile file, refused within     {slowest * 1e3:6.1f} ms  (budget 100 ms)")


def refused(path: Path) -> None:
    try:
        archcalc.load(path)
    except ArchError:
        return
    raise AssertionError(f"{path} was read")


def main() -> None:
    compileall.compile_dir(ROOT / "archcalc", quiet=1)
    startup()
    with tempfile.TemporaryDirectory() as folder:
        calculator(Path(folder))
        hostile(Path(folder))


if __name__ == "__main__":
    main()
