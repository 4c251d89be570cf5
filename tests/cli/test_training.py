"""archcalc training at the command line: what it prints, in full, and what ends with 2."""

import csv
import json

import pytest

from tests.commands import run
from tests.conftest import ROOT

PAPER = """\
training of alexnet_paper (input 3x224x224, 90 epochs of 1,200,000 images, batch 128, 2 x GeForce GTX 580 3GB, fp32)
counted as   FLOPs an image     FLOPs  PFLOP/s-days           TFLOP/s     of the peak
-------------------------------------------------------------------------------------
exact         4,135,610,496  4.466e17       0.00517     0.862 to 1.03  27.2% to 32.7%
3 x forward   4,346,440,896  4.694e17       0.00543     0.906 to 1.09  28.6% to 34.4%
6ND             365,791,344  3.951e16      0.000457  0.0762 to 0.0914    2.4% to 2.9%
843,750 iterations, 9,375 an epoch
time: 5.00 to 6.00 days (5 to 6 days, by paper): 208 to 250 images/s, 512 to 614 ms an iteration
peak of GeForce GTX 580 3GB: 1.581 TFLOP/s in fp32, 3.162 of 2 together
exact: 1.45 GFLOPs forward, 1.45 GFLOPs for gradients of weights, 1.24 GFLOPs for those of inputs, \
of which conv1 needs none
3 x forward: as published estimates count, with all gradients of inputs: 5.1% more
6ND: 6 FLOPs for each parameter and image, as if used once; here it is used 11.9 times on average: \
convolutions use theirs at every place, and do 91.9% of the FLOPs with 3.8% of the parameters
energy: 58.6 to 70.3 kWh, at 244 W for each device, 240 to 288 device-hours
cost: 24.0 to 28.8, at 0.1 for a device-hour, 240 to 288 device-hours
memory of a step with momentum, batch 128, fp32: gpu0 1,409,038,056 B (1.41 GB) in the backward pass of norm2 \
and gpu1 1,282,802,688 B (1.28 GB) in the backward pass of norm2: 2,691,840,744 B (2.69 GB) on 2 devices together
layers of towers are on their devices, all else on gpu0; what a layer reads from another device is copied to its own; \
one device with all of it needs 2,512,104,168 B
as with foreach=False: on CUDA, momentum makes temporaries for all weights at once in the step, by default
gpu0 fits in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), in blocks, \
and leaves 1,590,957,568 B (1.59 GB)
gpu1 fits in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), in blocks, \
and leaves 1,717,194,240 B (1.72 GB)
not included: the device's context, workspaces of cuDNN, cuBLAS and other kernels and what the allocator holds \
beside tensors
"""


def test_the_papers_training_in_full() -> None:
    done = run("training", "paper", "--watts", "244", "--price", "0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PAPER


def test_without_a_time_there_is_no_share_of_the_peak() -> None:
    done = run("training", "resnet18", "--images", "1281167", "--epochs", "90", "--batch", "256")
    assert "of the peak" not in done.stdout
    assert "TFLOP/s" not in done.stdout
    assert "time: not known: give --time, --utilisation or --from-profile\n" in done.stdout
    # 2 * 118,013,952 for the first convolution's input are left out of 3 * 2 * 1,814,073,344
    assert "exact        10,648,412,160" in done.stdout


def test_json_is_exact() -> None:
    found = json.loads(run("training", "paper", "-f", "json").stdout)
    assert [one["flops"] for one in found["counts"]] == [
        4_135_610_496 * 108_000_000,
        4_346_440_896 * 108_000_000,
        365_791_344 * 108_000_000,
    ]
    assert found["time"]["seconds"] == [432_000, 518_400]
    assert found["iterations"] == 843_750
    assert found["flops_per_image"] == {
        "forward": 1_448_813_632,
        "weight_gradients": 1_448_813_632,
        "input_gradients": 1_448_813_632 - 2 * 105_415_200,
    }


def test_csv_has_both_ends_of_a_span() -> None:
    rows = list(csv.DictReader(run("training", "paper", "-f", "csv").stdout.splitlines()))
    assert [row["flops"] for row in rows] == [str(one * 108_000_000) for one in (4135610496, 4346440896, 365791344)]
    # 4,346,440,896 * 1.08e8 FLOPs in 6 and in 5 days are 0.905508e12 and 1.086610e12 a second, of 3.162e12
    spans = float(rows[1]["utilisation_least"]), float(rows[1]["utilisation_most"])
    assert spans == pytest.approx((0.286372, 0.343646), abs=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resnet18", "--batch", "256"], "archcalc: resnet18: give --images, or images: in the spec's training block\n"
         "archcalc: resnet18: give --epochs, or epochs: in the spec's training block\n"),
        (["paper", "--device-model", "t5"], None),
        (["paper", "--from-profile", "specs/alexnet_paper.yaml"],
         "archcalc: --from-profile: specs/alexnet_paper.yaml is not JSON\n"),
        (["paper", "--utilisation", "30%", "--time", "6d"],
         "archcalc: give --time or --utilisation: one follows from the other\n"),
    ],
)  # fmt: skip
def test_mistakes(words: list[str], message: str | None) -> None:
    done = run("training", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message is None or done.stderr == message


def test_a_spec_that_is_shown_with_settings_has_no_time_of_another_network() -> None:
    assert 'time: "15 min an epoch", time_source: shuai06}' in run("show", "d2l").stdout
    (block,) = (line for line in run("show", "d2l:num_classes=2").stdout.splitlines() if line.startswith("training:"))
    assert block == "training: {source: d2l_zh, optimizer: sgd, lr: 0.01, batch_size: 128, epochs: 10, images: 60000}"
    shown = run("show", "d2l", "--input", "1x240x240").stdout
    assert json.loads(run("training", "-", "-f", "json", stdin=shown).stdout)["time"] is None


def test_a_record_is_not_written_over() -> None:
    (path,) = (ROOT / "reports" / "profiles").glob("alexnet_paper-cuda0-both-fp32-*.json")
    done = run("training", "paper", "--from-profile", str(path), "--output", str(path))
    assert done.returncode == 2
    assert "is a file that the answer was made from" in done.stderr
