"""Several ranks, under torchrun."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.profile.tiny import SHORT
from tests.analysis.profile.torchrun import torchrun


@pytest.mark.slow
def test_two_ranks_over_gloo(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    done = torchrun(2, str(tiny), *SHORT, "--mode", "both", "--output", str(path), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = json.loads(path.read_text(encoding="utf-8"))
    several = made["distributed"]
    assert (several["ranks"], several["backend"]) == (2, "gloo")
    # conv1 has 4*3*3*3 + 4, fc 4*14*14*10 + 10 parameters of 4 bytes; of two ranks each sends them once
    assert several["all_reduce"] == {"gradient_bytes": 4 * 7962, "ring_bytes_per_rank": 4 * 7962}
    for mode in ("infer", "train"):
        assert [rank["rank"] for rank in several[mode]["by_rank"]] == [0, 1]
        # a sample is of several steps where the wait at its end would add more than a hundredth to one
        assert {steps_of(rank["step"]) for rank in several[mode]["by_rank"]} == {several[mode]["steps"]}
        assert steps_of(several[mode]["alone"]) == several[mode]["steps"]
        assert several[mode]["efficiency"] == pytest.approx(several[mode]["speed_up"] / 2)
    assert not {"infer", "train", "layers"} & set(made)


def steps_of(times: dict[str, Any]) -> int:
    return int(times["n"] * times["per_block"])


def short_of_memory(tmp_path: Path, when: str) -> str:
    """A program that is archcalc, but for a training step that runs out of memory."""
    path = tmp_path / "short.py"
    path.write_text(
        "import os, torch\n"
        "from archcalc.pytorch.profile import distributed\n"
        "class Training(distributed.Training):\n"
        "    def step(self):\n"
        f"        if {when} and os.environ['RANK'] == '1':\n"
        "            raise torch.cuda.OutOfMemoryError('CUDA out of memory')\n"
        "        super().step()\n"
        "distributed.Training = Training\n"
        "from archcalc.__main__ import main\n"
        "main()\n",
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.slow
def test_ranks_agree_on_the_batch_that_fits_on_all(tiny: Path, tmp_path: Path) -> None:
    program = (short_of_memory(tmp_path, "len(self.xs[0]) > 12"),)
    path = tmp_path / "record.json"
    asked = (str(tiny), *SHORT, "--batch", "24", "--mode", "train", "--output", str(path))
    done = torchrun(2, *asked, cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["batch"] == {"asked": 24, "used": 12}
    assert made["warnings"][0] == "out of memory at batch 24: batch 12 instead"


@pytest.mark.slow
def test_a_rank_that_fails_alone_says_so_and_ends_all(tiny: Path, tmp_path: Path) -> None:
    program = (short_of_memory(tmp_path, "isinstance(self.module, torch.nn.parallel.DistributedDataParallel)"),)
    done = torchrun(2, str(tiny), *SHORT, "--mode", "train", cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout) == (1, "")
    assert "archcalc: rank 1: tiny: out of memory at batch 2: try a smaller --batch\n" in done.stderr


def test_ranks_have_no_lines_of_tensorflow_s(tiny: Path, tmp_path: Path) -> None:
    done = torchrun(2, str(tiny), *SHORT, "--format", "tf", cwd=tmp_path)
    assert done.returncode != 0
    assert "--format tf is for one device" in done.stderr


@pytest.mark.slow
def test_ranks_are_refused_what_is_for_one_device(tiny: Path, tmp_path: Path) -> None:
    done = torchrun(2, str(tiny), *SHORT, "--layers", cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("archcalc: --layers is for one device: leave it out under torchrun") == 1
