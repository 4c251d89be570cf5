"""What several ranks measure, together and alone."""

from dataclasses import replace
from typing import Any

import pytest

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.comparing import compare
from archcalc.analysis.profile.ranks import Place, device_of
from archcalc.analysis.profile.request import Mode, Request
from archcalc.cli.profile import records
from archcalc.errors import ArchError
from archcalc.render.formats.plain import render
from archcalc.render.profile import profile_sheets
from tests.analysis.profile.recorded import found, ranks, record_of, step


def test_several_ranks_wait_for_the_slowest() -> None:
    given = found() | ranks("nccl", step(*[2.5] * 5), step(*[4.0] * 5), alone=step(*[2.0] * 5))
    del given["infer"]
    made = record_of(Request("lenet_d2l", batch=8, mode=Mode.TRAIN, precision=Precision.BF16), given)
    several = made.to_json()["distributed"]
    # 2 x 8 images in 4 ms, where one rank has 8 in 2 ms; 61,706 parameters of 2 bytes
    assert several["train"]["images_per_second"] == 4_000
    assert several["train"]["speed_up"] == 1.0
    assert several["train"]["efficiency"] == 0.5
    assert several["train"]["slowest"] == 1
    assert several["all_reduce"] == {"gradient_bytes": 123_412, "ring_bytes_per_rank": 123_412}
    text = render(profile_sheets([made]))
    assert "several devices at once" in text
    assert "2 ranks over nccl, each on AMD EPYC, 2 threads, torch 2.9.0" in text
    assert made.warnings == ()
    assert records.file_name(made) == "lenet_d2l-cpu-2ranks-train-bf16-nchw-torch2.9.0-2026-01-02T030405.json"
    (time,) = compare(made, made).times
    assert (time.name, time.before) == ("2 ranks, train ms/image of each", 0.5)


def test_a_rank_that_was_held_up_counts_with_its_mean() -> None:
    steps = step(*[1.0] * 9, 11.0)  # median 1, mean 2
    given = found() | ranks("gloo", step(*[1.0] * 5), steps, alone=step(*[1.0] * 5))
    made = record_of(Request("lenet_d2l", batch=8, mode=Mode.TRAIN), given).to_json()
    assert made["distributed"]["train"]["images_per_second"] == 8_000
    assert made["distributed"]["train"]["efficiency"] == 0.5
    assert made["warnings"] == ["train, rank 1: some steps were held up: the mean is 100% over the median"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"device": "mps"}, "--device mps: under torchrun write cpu, or cuda to give each rank a GPU"),
        ({"device": "cuda:1"}, "--device cuda:1: under torchrun write cpu, or cuda to give each rank a GPU"),
        ({"compile": "default"}, "--compile is for one device: leave it out under torchrun"),
        ({"preset": "tf-benchmark"}, "--preset is for one device: leave it out under torchrun"),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_ranks_do_not_measure(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError) as refused:
        device_of(replace(Request("paper"), **changed), Place(1, 1, 2))
    assert str(refused.value) == message


def test_each_rank_has_a_gpu_of_its_own() -> None:
    assert device_of(Request("paper", device="cuda"), Place(5, 1, 8)) == "cuda:1"
    assert device_of(Request("paper", device="cpu"), Place(5, 1, 8)) == "cpu"
