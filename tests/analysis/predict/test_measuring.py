"""Times of layers on this machine, and the whole way from them to an answer."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

import archcalc
from archcalc.analysis.predict import grid
from archcalc.analysis.predict.calibration import find
from archcalc.analysis.predict.grid import Job
from archcalc.analysis.predict.learning import Times
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.calibrate.keeping import ENVIRONMENT
from archcalc.pytorch.calibrate.process import measure_in_a_process
from archcalc.pytorch.calibrate.stopwatch import stopwatch
from tests.analysis.predict.made_up import jobs
from tests.commands import run_here

GLIBC = platform.libc_ver()[0] == "glibc"


def few() -> list[Job]:
    """Layers of many kinds alone, and two networks, of which one is held out."""
    alone = [job for job in jobs() if not job.is_network and job.batch <= 2][:12]
    own = [Job(archcalc.load(name).graph, 1, name == "lenet5") for name in ("lenet_d2l", "lenet5")]
    return [*own, *alone]


def test_each_layer_has_its_time() -> None:
    said: list[str] = []
    found = measure_in_a_process(few(), "cpu", said.append)
    assert said[0] == f"1/{len(few())} lenet_d2l, batch 1"
    assert len(said) == len(few())
    assert found.machine.keeps_memory == GLIBC
    assert (found.machine.node, found.machine.device) == (platform.node(), "cpu")
    for job, times in zip(few(), found.times, strict=True):
        assert isinstance(times, Times)
        assert len(times.layers) == len(job.graph.nodes)
        assert min(times.layers) > 0
        assert sum(times.layers) < 3 * times.whole  # equal, but for what holds up single passes


def test_a_larger_layer_takes_longer() -> None:
    layers = [{"name": "conv", "op": "conv2d", "out_channels": 64, "kernel_size": 3}]
    some = [
        Job(archcalc.load({"archcalc": 1, "name": "one", "input": [64, size, size], "layers": layers}).graph, 1)
        for size in (8, 128)
    ]
    small, large = measure_in_a_process(some, "cpu", lambda _: None).times
    assert small is not None
    assert large is not None
    assert large.layers[0] > 5 * small.layers[0]  # 286 times the work


def test_a_device_that_is_not_there() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is CUDA here")
    with pytest.raises(MissingError, match="--device cpu works"):
        measure_in_a_process(few(), "cuda", lambda _: None)


def test_a_process_that_dies() -> None:
    with pytest.raises(ArchError, match=r"^the machine could not be calibrated: AttributeError"):
        measure_in_a_process([None], "cpu", lambda _: None)  # type: ignore[list-item]


PASSES = """
import resource, sys, torch, archcalc
from archcalc.pytorch.build import build
from archcalc.pytorch.calibrate.keeping import keeps_memory
assert keeps_memory() == (sys.argv[1] == "kept")
module, x = build(archcalc.load("squeezenet1_1").graph).eval(), torch.randn(8, 3, 224, 224)
with torch.inference_mode():
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        module(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not GLIBC, reason="this is not glibc, whose allocator it is about")
def test_memory_is_kept() -> None:
    """The pages that the system clears for the last of some passes; without a choice, it was 12,290 of 4 KiB here."""
    assert _pages("kept", ENVIRONMENT) < 200
    assert _pages("given back", {}) > 1000


def _pages(word: str, environment: Mapping[str, str]) -> int:
    command, variables = [sys.executable, "-c", PASSES, word], {**os.environ, **environment}
    return int(subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout)


def test_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(grid, "grid", lambda networks, others, seed: few())
    saved = tmp_path / "board.json"
    result = run_here("calibrate", "--device", "cpu", "--save", str(saved), "--format", "json")
    assert result.stderr == f"archcalc: kept for archcalc predict, and in {saved}\n"
    assert result.returncode == 0
    answer = json.loads(result.stdout)
    assert [one["network"] for one in answer["held_out"]] == ["lenet5"]
    assert answer["networks"] == ["lenet5", "lenet_d2l"]
    assert find(str(saved)) == find()
    predicted = json.loads(run_here("predict", "lenet_d2l", "--format", "json").stdout)
    assert predicted["machine"] == answer["machine"]
    assert predicted["ms"] > 0


def test_nothing_is_measured_for_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    result = run_here("calibrate", "--save", str(tmp_path / "none" / "x.json"))
    assert result.returncode == 2
    assert result.stderr == (
        f"archcalc: --save: {tmp_path}/none/x.json cannot be written: there is no folder {tmp_path}/none\n"
    )


@pytest.mark.cuda
def test_times_of_a_gpu_add_up() -> None:
    found = measure_in_a_process(few(), "cuda", lambda _: None)
    assert found.machine.device == "cuda"
    assert not found.machine.keeps_memory
    assert all(times is not None and min(times.layers) > 0 for times in found.times)
    watch = stopwatch(torch.device("cuda"))
    watch.mark()
    watch.mark()
    assert watch.laps()[0] >= 0
