"""What only a CUDA device shows."""

import json
from pathlib import Path

import pytest
import torch

from archcalc.analysis.precision import Precision
from archcalc.graph import Graph
from archcalc.pytorch.profile import run
from tests.analysis.profile.tiny import asked
from tests.analysis.profile.torchrun import torchrun
from tests.commands import run as cli


@pytest.mark.cuda
def test_all_gpus_over_nccl(tiny: Path, tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("torch sees one CUDA device alone")
    path = tmp_path / "record.json"
    arguments = ("--device", "cuda", "--batch", "8", "--mode", "both", "--output", str(path))
    done = torchrun(torch.cuda.device_count(), str(tiny), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    several = json.loads(path.read_text(encoding="utf-8"))["distributed"]
    assert several["backend"] == "nccl"
    assert len({rank["device"] for rank in several["train"]["by_rank"]}) == several["ranks"]


@pytest.mark.cuda
@pytest.mark.parametrize("precision", Precision)
def test_every_precision_on_cuda(tiny: Path, tmp_path: Path, precision: Precision) -> None:
    path = tmp_path / "record.json"
    short = ("--device", "cuda", "--batch", "8", "--min-run-time", "0.05")
    done = cli("profile", str(tiny), *short, "--mode", "both", "--precision", precision, "--output", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["environment"]["tf32"] is (precision is Precision.TF32)
    assert made["environment"]["cudnn"]
    assert made["train"]["peak_mib"] > 0


@pytest.mark.cuda
def test_memory_that_runs_out_on_cuda_makes_the_batch_smaller(graph: Graph) -> None:
    left = 16 * 2**20 / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(left)
    try:
        found = run.measure(graph, asked(device="cuda", batch=2**20), lambda _: None)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert found.batch < 2**20
