"""Who computes the chunks of a sweep may die: nothing is lost, and nothing that was written is made again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.sweep.executors import Executor
from archcalc.analysis.sweep.executors.engine import run
from archcalc.analysis.sweep.parts import MANIFEST, Folder
from archcalc.analysis.sweep.run import outcomes
from archcalc.errors import ArchError
from tests.analysis.sweep.engines import ray_node
from tests.analysis.sweep.one_by_one import ends
from tests.commands import clean_environment, run_here
from tests.conftest import ROOT

VARY = {
    "conv1.out_channels": "1..60",
    "conv2.out_channels": "1..60",
    "fc1.out_features": "1..60",
    "fc2.out_features": "1..20",
}
"""4,320,000 variants in 19 chunks: most of a second, when nobody dies."""

CHUNKS = 19
WHERE = ["params < 9k"]


def swept(**more: Any) -> Any:
    return archcalc.sweep("lenet_d2l", VARY, columns=["params", "macs"], where=WHERE, **more)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process writes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("alone")
    assert swept().write(str(folder)).search.plan.chunks == CHUNKS
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """The files that readers see; what somebody who died was writing has a name that starts with a dot."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    return {name: (folder / name).read_bytes() for name in names}


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Each part that is there, as the file that it is: one that is written again is another."""
    found = {}
    for path in folder.glob("part-*.parquet"):
        state = path.stat()
        found[path.name] = (state.st_ino, state.st_mtime_ns)
    return found


class Killer(threading.Thread):
    """Kills a worker as soon as so many parts are there, and remembers those that it saw then."""

    def __init__(self, folder: Path, after: int, workers: Callable[[], list[int]]) -> None:
        super().__init__(daemon=True)
        self.folder, self.after, self.workers = folder, after, workers
        self.killed: list[int] = []
        self.seen: dict[str, tuple[int, int]] = {}

    def run(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if len(written(self.folder)) >= self.after and (found := self.workers()):
                os.kill(found[0], signal.SIGKILL)
                self.killed.append(found[0])
                self.seen = written(self.folder)
                return
            time.sleep(0.002)


def expect_whole_after_a_death(
    folder: Path, alone: dict[str, bytes], executor: dict[str, Any], workers: Callable[[], list[int]]
) -> None:
    """Kill a worker in the middle of a sweep, and hold what is written against that of one that nobody disturbed."""
    killer = Killer(folder, 3, workers)
    killer.start()
    found = swept(**executor).write(str(folder))
    killer.join()
    assert killer.killed
    assert 3 <= len(killer.seen) < CHUNKS
    assert contents(folder) == alone
    kept = written(folder)
    assert {name: kept[name] for name in killer.seen} == killer.seen
    assert found.outcome == swept().write(str(folder)).outcome


def test_a_process_of_the_pool_is_killed(tmp_path: Path, alone: dict[str, bytes]) -> None:
    def workers() -> list[int]:
        return [child.pid for child in active_children() if child.pid]

    expect_whole_after_a_death(tmp_path, alone, {"jobs": 2}, workers)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of a worker that is killed, its nanny's streams
def test_a_worker_of_dask_is_killed(tmp_path: Path, alone: dict[str, bytes]) -> None:
    import distributed

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        executor = {"executor": "dask", "address": cluster.scheduler_address}
        pids = [nanny.pid for nanny in cluster.workers.values()]
        expect_whole_after_a_death(tmp_path, alone, executor, lambda: pids)


def busy_workers_of_ray() -> list[int]:
    """The processes of this one's node that run a task: Ray writes that into their names."""
    import psutil

    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if child.cmdline()[:1] == ["ray::run"]:
                found.append(child.pid)
        except psutil.Error:
            continue
    return found


def test_a_worker_of_ray_is_killed(tmp_path: Path, alone: dict[str, bytes]) -> None:
    with ray_node(num_cpus=2):
        expect_whole_after_a_death(tmp_path, alone, {"executor": "ray"}, busy_workers_of_ray)


@pytest.mark.parametrize(
    "executor",
    ["processes", pytest.param("dask", marks=pytest.mark.slow), pytest.param("ray", marks=pytest.mark.slow)],
)
def test_a_command_that_is_killed_goes_on(tmp_path: Path, alone: dict[str, bytes], executor: str) -> None:
    words = [word for name, values in VARY.items() for word in ("--vary", f"{name}={values}")]
    words = ["sweep", "lenet_d2l", *words, "--columns", "params,macs", "--where", WHERE[0], "--out", str(tmp_path)]
    command = [sys.executable, "-m", "archcalc", *words, "--jobs", "2", "--executor", executor]
    process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL)
    while len(written(tmp_path)) < 3:
        assert process.poll() is None
        time.sleep(0.002)
    process.kill()
    process.wait()
    time.sleep(0.5)  # workers end with it, at the latest when they have written what they have in hand
    before = written(tmp_path)
    assert 3 <= len(before) < CHUNKS
    swept().write(str(tmp_path))
    assert contents(tmp_path) == alone
    assert {name: written(tmp_path)[name] for name in before} == before


GOES_ON = "what was written with --out is whole, and the same command goes on from there"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("executor", "message"),
    [
        ("processes", "processes ended 3 times at the same work, as where memory runs out"),
        pytest.param("dask", "workers ended several times at the same work", marks=pytest.mark.slow),
        pytest.param(
            "ray", "workers ended several times at the same work (The worker died unexpectedly", marks=pytest.mark.slow
        ),
    ],
)
def test_work_that_always_dies_is_given_up(executor: str, message: str) -> None:
    with pytest.raises(ArchError) as found:
        _ = [*outcomes(swept().search, range(3), Executor(executor, jobs=2), ends)]
    assert str(found.value).startswith(message)
    assert str(found.value).endswith(f"; {GOES_ON}")


def test_a_folder_that_another_machine_does_not_see_is_refused(tmp_path: Path) -> None:
    search = swept().search
    search.prepare()
    (tmp_path / MANIFEST).write_text("of another sweep", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ArchError, match=f"does not see {folder} as it is here: name a folder that all machines"):
            Folder(folder, "of this sweep").task(search, 0)
    assert not written(tmp_path)


def test_a_chunk_that_was_written_is_read(tmp_path: Path) -> None:
    search = swept(top=3, by="macs").search
    first = Folder(tmp_path).task(search, 1)
    before = written(tmp_path)
    again = Folder(tmp_path).task(search, 1)
    assert written(tmp_path) == before
    assert again.rows.numbers.tolist() == first.rows.numbers.tolist()
    assert (again.matching, again.variants) == (first.matching, first.variants) != (0, 0)


def test_another_archcalc_computes_nothing() -> None:
    (error,) = run("0.0.9", b"which nobody reads", [1, 2])
    said = f" has archcalc {archcalc.__version__}, and this is 0.0.9: install the same there"
    assert str(error).endswith(said)


def test_what_was_read_is_not_read_again_elsewhere(tmp_path: Path) -> None:
    """The text of a spec may be on this machine alone: what is sent has its networks."""
    import pickle

    file = tmp_path / "here.yaml"
    file.write_text((ROOT / "specs" / "lenet_d2l.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    search = archcalc.sweep(file, {"conv1.out_channels": "1..9"}, inputs="20..40:4", columns=["macs"]).search
    search.prepare()
    sent = pickle.dumps(search.with_what_was_read())
    expected = search.chunk(0)
    file.unlink()
    there = pickle.loads(sent).chunk(0)
    assert there.rows.columns["macs"].tolist() == expected.rows.columns["macs"].tolist()
    assert there.reasons == expected.reasons


MISTAKES = [
    (
        ["--executor", "dask", "--address", "nowhere"],
        "no scheduler of Dask answers at nowhere: missing port number in address 'nowhere'",
    ),
    (
        ["--executor", "dask", "--address", "gone.json"],
        "no scheduler of Dask answers at gone.json: there is no such file",
    ),
    (["--executor", "ray", "--address", "nowhere"], "no cluster of Ray answers at nowhere: "),
    (
        ["--executor", "ray", "--address", "127.0.0.1:9"],
        "no cluster of Ray answers at 127.0.0.1:9: [Errno 111] Connection refused",
    ),
    (["--address", "tcp://localhost:8786"], "an address is that of a cluster: name its executor too, dask or ray"),
    (
        ["--executor", "dask", "--address", "tcp://localhost:8786", "--jobs", "4"],
        "the cluster at an address has as many processes as it has: leave out jobs",
    ),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[row[1][:40] for row in MISTAKES])
def test_a_mistake_is_said(words: list[str], message: str) -> None:
    done = run_here("sweep", "lenet_d2l", "--input", "28", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcalc: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("executor", "package"), [("dask", "distributed"), ("ray", "ray")])
@pytest.mark.parametrize("out", [[], ["--out", "out"]])
def test_an_engine_that_is_missing_is_named(tmp_path: Path, executor: str, package: str, out: list[str]) -> None:
    words = ["archcalc", "sweep", "lenet_d2l", "--input", "28", "--executor", executor, *out]
    script = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv = {words!r}; from archcalc.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=clean_environment(),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 3
    said = f"the executor {executor} needs it (import of {package} halted; None in sys.modules)"
    assert done.stderr == f"archcalc: {said}: pip install 'archcalc[sweep,{executor}]'\n"
    assert not (tmp_path / "out").exists()
