"""What training takes: by hand, next to published figures, and next to torch's counter."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.analysis.devices import find
from archcalc.analysis.training.training import PFLOPS_DAY
from archcalc.analysis.work import work
from archcalc.errors import ArchError
from archcalc.spec.periods import read_period
from tests.conftest import BUNDLED, ROOT

PROFILES = ROOT / "reports" / "profiles"
PAPER = archcalc.load("paper")
IMAGES = 90 * 1_200_000
"""Of the paper, section 5: roughly 90 cycles through 1.2 million images, in five to six days on two GTX 580 3GB."""


def test_the_papers_training_by_hand() -> None:
    found = PAPER.training()
    # 90 * 1,200,000 / 128
    assert (found.plan.iterations, found.plan.iterations_per_epoch, found.plan.last_batch) == (843_750, 9_375, 128)
    exact, three, six = found.counts
    # forward 2 * 724,406,816; 3 times that, less 2 * 105,415,200 for the gradient of the images, which conv1 needs not
    assert (exact.counted_as, exact.each, exact.flops) == ("exact", 4_135_610_496, 4_135_610_496 * IMAGES)
    # 1.08e8 * 724,406,816 * 2 * 3 = 4.694e17
    assert (three.counted_as, three.flops) == ("3 x forward", 6 * 724_406_816 * IMAGES)
    assert f"{three.flops:.3e}" == "4.694e+17"
    assert (six.counted_as, six.flops) == ("6ND", 6 * 60_965_224 * IMAGES)


def test_what_others_published_of_the_papers_training() -> None:
    found = PAPER.training()
    three = found.counts[1]
    # OpenAI, AI and compute, appendix: 1.2M images * 90 epochs * ... * (3 backward pass) = 470 PF = 0.0054 pfs-days
    assert PFLOPS_DAY == 86_400 * 10**15  # 8.64e19
    assert f"{float(three.pflops_days):.4f}" == "0.0054"
    assert f"{three.flops / 10**15:.0f}" == "469"
    # Epoch AI's row for AlexNet has 4.7e17 FLOP
    assert f"{three.flops:.1e}" == "4.7e+17"
    # ... their second way takes 33 % of two cards at 1.58 TFLOP/s for 5.5 days: the share is 29 to 34 %
    share = found.utilisation(three)
    assert share is not None
    assert [f"{float(one):.1%}" for one in share] == ["28.6%", "34.4%"]
    exact = found.utilisation(found.exact)
    assert exact is not None
    # 4,135,610,496 * 1.08e8 / (6 or 5 days * 2 * 1.581e12)
    assert [f"{float(one):.1%}" for one in exact] == ["27.2%", "32.7%"]


def test_the_papers_speed_is_208_to_250_images_a_second() -> None:
    found = PAPER.training()
    assert found.images_per_second == (Fraction(IMAGES, 6 * 86_400), Fraction(IMAGES, 5 * 86_400))
    assert [round(float(one)) for one in found.images_per_second or ()] == [208, 250]
    assert [round(1000 * float(one)) for one in found.seconds_per_batch or ()] == [512, 614]


def test_why_6nd_is_11_times_too_low_for_alexnet() -> None:
    """By hand: the rule has 2 FLOPs forward and 4 backward for each parameter, as where each is used once an image."""
    found = PAPER.training()
    uses = {"conv1": 55 * 55, "conv2": 27 * 27, "conv3": 13 * 13, "conv4": 13 * 13, "conv5": 13 * 13}
    rows = {row.name: row for row in PAPER.table().rows}
    weights = {
        "conv1": 96 * 11 * 11 * 3,
        "conv2": 256 * 5 * 5 * 48,
        "conv3": 384 * 3 * 3 * 256,
        "conv4": 384 * 3 * 3 * 192,
        "conv5": 256 * 3 * 3 * 192,
    }
    assert {name: rows[name].macs for name in uses} == {name: uses[name] * weights[name] for name in uses}
    of_convolutions = sum(uses[name] * weights[name] for name in uses)  # 665,784,864 MACs
    biases = 96 + 256 + 384 + 384 + 256
    assert found.convolutions == (
        Fraction(sum(weights.values()) + biases, 60_965_224),
        Fraction(of_convolutions, 724_406_816),
    )
    # linear layers use each weight once, so that 6ND is right for them: 9216*4096 + 4096*4096 + 4096*1000 weights
    assert 724_406_816 - of_convolutions == 58_621_952
    assert found.exact.each / found.counts[2].each == pytest.approx(11.31, abs=0.005)
    assert "it is used 11.9 times on average" in str(found)  # 724,406,816 / 60,965,224
    assert "convolutions use theirs at every place, and do 91.9% of the FLOPs with 3.8% of the parameters" in str(found)


def test_6nd_holds_for_a_perceptron_without_biases_but_for_its_first_layer() -> None:
    layers = [{"name": f"fc{n}", "op": "linear", "out_features": 64, "bias": False} for n in (1, 2, 3)]
    network = archcalc.load({"archcalc": 1, "name": "mlp", "input": [64], "layers": layers})
    exact, three, six = network.training(images=10, epochs=1, batch=10).counts
    assert three.flops == six.flops == 6 * 3 * 64 * 64 * 10
    assert exact.flops == six.flops - 2 * 64 * 64 * 10


def test_the_time_of_an_epoch_on_a_mac() -> None:
    found = archcalc.load("d2l").training()
    # the article of the block's time_source: one epoch of Fashion-MNIST's 60,000 images in 15 minutes; 60,000 / 900
    assert found.images_per_second == (Fraction(200, 3), Fraction(200, 3))
    assert found.plan.iterations == 10 * 469  # 468.75 batches of 128
    assert found.plan.last_batch == 60_000 - 468 * 128
    assert found.seconds == (9_000, 9_000)
    assert "66.7 images/s" in str(found)


def test_the_time_of_a_batch() -> None:
    found = archcalc.load("ccv").training(images=1_281_167)
    # doc/convnet.rst has 0.664 s a batch of 128, so 192.8 images a second of whole batches, and 186 hours in all
    assert found.plan.iterations == 100 * 10_010
    assert found.seconds is not None
    assert float(found.seconds.least) == pytest.approx(0.664 * 1_001_000)
    assert float(found.seconds.least) / 3600 == pytest.approx(186, rel=0.01)


def test_a_utilisation_gives_the_time() -> None:
    found = PAPER.training(utilisation="32.7%")
    seconds = Fraction(4_135_610_496 * IMAGES) / (Fraction(327, 1000) * 2 * 1_581 * 10**9)
    assert found.seconds == (seconds, seconds)
    assert float(seconds) / 86_400 == pytest.approx(5, rel=1e-3)
    assert found.utilisation(found.exact) == (Fraction(327, 1000), Fraction(327, 1000))
    assert PAPER.training(utilisation=0.327).seconds == found.seconds


def test_energy_and_cost_are_those_of_all_devices() -> None:
    found = PAPER.training(watts=244, price=0.5)  # 244 W is the card's rated power, times 2, 120 to 144 hours
    assert found.device_hours == (240, 288)
    assert found.kwh == (Fraction(244 * 240, 1000), Fraction(244 * 288, 1000))
    assert found.cost == (120, 144)
    assert PAPER.training().kwh is PAPER.training().cost is None


def test_a_peak_of_ones_own() -> None:
    found = archcalc.load("vgg11").training(images=1_300_000, time="2 to 3 weeks", peak_tflops=5.121)
    assert found.plan.peak == 4 * 5_121 * 10**9
    assert found.seconds == (14 * 86_400, 21 * 86_400)
    assert found.plan.device is None


RECORDS: list[tuple[str, str, float, str | None]] = [
    # batch / median of a step, as the record has it
    ("alexnet_paper-cuda0-both-fp32-*.json", "paper", 128 / 21.654617499990536e-3, "h200"),
    ("alexnet_paper-cuda0-both-bf16-*.json", "paper", 0, "h200"),
    ("alexnet_paper-cpu-both-fp32-*.json", "paper", 0, None),
]


@pytest.mark.parametrize(("pattern", "name", "speed", "device"), RECORDS, ids=[one[0] for one in RECORDS])
def test_a_record_gives_the_speed(pattern: str, name: str, speed: float, device: str | None) -> None:
    (path,) = PROFILES.glob(pattern)
    record = json.loads(path.read_text(encoding="utf-8"))
    found = archcalc.load(name).training(profile=path)
    assert found.images_per_second is not None
    assert float(found.images_per_second.least) == pytest.approx(record["train"]["images_per_second"], rel=1e-12)
    assert not speed or float(found.images_per_second.least) == pytest.approx(speed)
    assert found.plan.devices == 1  # of the record, not the towers'
    assert (found.plan.device.id if found.plan.device else None) == device
    share = found.utilisation(found.exact)
    if device:
        peak = getattr(find(device), record["asked"]["precision"])
        assert share is not None
        assert float(share.most) == pytest.approx(record["train"]["tflops"] / peak)
    else:
        assert share is None  # never the peak of the block's GTX 580


def several_ranks(path: Path) -> None:
    """Write a record of two ranks, with the times of one that is there."""
    (source,) = PROFILES.glob("alexnet_paper-cuda0-both-fp32-*.json")
    data = json.loads(source.read_text(encoding="utf-8"))
    step = data["train"]["step"]
    slow = step | {"mean_ms": 40.0}
    ranks = [
        {"rank": 0, "device": "cuda:0", "step": step},
        {"rank": 1, "device": "cuda:1", "step": slow},
    ]
    scaling = {
        "images_per_second": 6400.0,
        "alone_images_per_second": 5900.0,
        "speed_up": 1.1,
        "efficiency": 0.5,
        "slowest": 1,
    }
    train = {"steps": 10, "warm_up_steps": 3, "alone": step, "by_rank": ranks} | scaling
    reduce = {"gradient_bytes": 243_860_896, "ring_bytes_per_rank": 243_860_896}
    del data["infer"], data["train"]
    data["distributed"] = {"ranks": 2, "backend": "nccl", "train": train, "all_reduce": reduce}
    path.write_text(json.dumps(data), encoding="utf-8")


BAD: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: archcalc.load("resnet18").training(batch=256),
        "resnet18: give --images, or images: in the spec's training block\n"
        "resnet18: give --epochs, or epochs: in the spec's training block",
    ),
    (
        lambda: archcalc.load("resnet18").training(images=1, epochs=1),
        "resnet18: give --batch, or batch_size: in the spec's training block",
    ),
    (lambda: PAPER.training(images=0), "images must be an integer >= 1, of at most 15 digits, got 0"),
    (lambda: PAPER.training(epochs=True), "epochs must be an integer >= 1, of at most 15 digits, got true"),
    (lambda: PAPER.training(devices=-1), "devices must be an integer >= 1, of at most 15 digits, got -1"),
    (lambda: PAPER.training(batch=10**15), f"batch must be an integer >= 1, of at most 15 digits, got {10**15}"),
    (lambda: PAPER.training(time="6d", utilisation="30%"), "give --time or --utilisation: one follows from the other"),
    (
        lambda: PAPER.training(time="6"),
        "--time must be a time, such as 6d, 5 to 6 days, 649 s, 15 min an epoch or 0.664 s a batch, got text '6'",
    ),
    (
        lambda: PAPER.training(time="6 to 5 d"),
        "--time must be over 0, and from the shorter to the longer time, got '6 to 5 d'",
    ),
    (lambda: PAPER.training(utilisation="33"), "--utilisation 33 is over the peak: write 33% if that is meant"),
    (lambda: PAPER.training(utilisation="0%"), "--utilisation must be over 0, and at most 1000%, got 0%"),
    (
        lambda: PAPER.training(utilisation="much"),
        "--utilisation must be a share of the peak, as in 35% or 0.35, got text 'much'",
    ),
    (
        lambda: PAPER.training(utilisation="1e-4000"),
        "--utilisation must be a share of the peak, as in 35% or 0.35, got text '1e-4000'",
    ),
    (
        lambda: archcalc.load("d2l").training(utilisation=0.3),
        "--utilisation is a share of a peak: give --device-model or --peak-tflops too",
    ),
    (
        lambda: PAPER.training(precision="fp16"),
        "gtx580-3gb: no fp16 peak is known (its data sheet has fp64 and fp32): add --peak-tflops",
    ),
    (lambda: PAPER.training(watts=0), "--watts must be a number over 0, and at most 1e+09, got 0"),
    (lambda: PAPER.training(price=float("nan")), "--price must be a number over 0, and at most 1e+09, got nan"),
    (
        lambda: archcalc.load("torchvision").training(price=1),
        "--price needs a time: give --time, --utilisation or --from-profile",
    ),
    (
        lambda: PAPER.training(peak_tflops=0),
        "--peak-tflops must be a number from 1e-09 to 1e+09, got 0",
    ),
    (
        lambda: PAPER.training(profile="x.json", time="6 d"),
        "give --from-profile or --time: each gives the time",
    ),
]


@pytest.mark.parametrize(("ask", "words"), BAD, ids=[one[1][:40] for one in BAD])
def test_what_cannot_be_answered_is_refused(ask: Callable[[], Any], words: str) -> None:
    with pytest.raises(ArchError) as refused:
        ask()
    assert str(refused.value) == words


OF_RECORD: list[tuple[str, dict[str, Any], str]] = [
    ("alexnet_paper-cuda0-infer-fp32-*.json", {}, "has no training: run archcalc profile alexnet_paper --mode train"),
    ("alexnet_owt-cpu-both-fp32-*.json", {}, "is of another network (alexnet_owt), with other params or FLOPs"),
    ("alexnet_paper-cuda0-both-fp32-*.json", {"devices": 2}, "--devices 2: the record of --from-profile is of 1"),
    (
        "alexnet_paper-cuda0-both-fp32-*.json",
        {"device": "t4"},
        "--device-model t4: the record of --from-profile is of h200",
    ),
    (
        "alexnet_paper-cuda0-both-fp32-*.json",
        {"precision": "tf32"},
        "--precision tf32: the record of --from-profile is of fp32",
    ),
]


@pytest.mark.parametrize(("pattern", "options", "words"), OF_RECORD, ids=[one[2][:40] for one in OF_RECORD])
def test_a_record_of_something_else_is_refused(pattern: str, options: dict[str, Any], words: str) -> None:
    (path,) = PROFILES.glob(pattern)
    with pytest.raises(ArchError) as refused:
        PAPER.training(profile=path, **options)
    assert str(refused.value).endswith(words)


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text, words in (
        (None, "cannot be read: no such file or directory"),
        ("{", "is not JSON"),
        ("{}", "is not a whole record of archcalc profile: "),
    ):
        if text:
            path.write_text(text)
        with pytest.raises(ArchError) as refused:
            PAPER.training(profile=path)
        assert str(refused.value).startswith(f"--from-profile: {path} {words}")


LEFT_OUT: list[tuple[dict[str, Any], str]] = [
    ({"epochs": 45}, "epochs"),
    ({"images": 5, "batch": 64}, "images and batches"),
    ({"devices": 1}, "devices"),  # the towers' are two
    ({"device": "t4", "devices": 4}, "devices"),
]


@pytest.mark.parametrize(("options", "others"), LEFT_OUT, ids=[one[1] for one in LEFT_OUT])
def test_a_time_is_of_its_own_figures_alone(options: dict[str, Any], others: str) -> None:
    found = PAPER.training(**options)
    assert found.seconds is None
    assert f"the spec has 5 to 6 days, by paper, which is not the time with other {others}; give" in str(found)


def test_a_time_is_of_its_own_network_alone() -> None:
    wider = archcalc.load("d2l", num_classes=100)
    assert "15 min an epoch, by shuai06, which is not the time with other params;" in str(wider.training())
    assert archcalc.load("d2l", input_shape=(1, 240, 240)).training().seconds is None


def test_what_a_time_does_not_depend_on_may_be_set() -> None:
    assert archcalc.load("d2l").training(epochs=20).seconds == (18_000, 18_000)
    same = PAPER.training(images=1_200_000, devices=2, device="GeForce GTX 580 3GB", precision="fp32")
    assert same.seconds == PAPER.training().seconds


PERIODS = [
    ("6d", 518_400, 518_400, None),
    ("5 to 6 days", 432_000, 518_400, None),
    ("1 day", 86_400, 86_400, None),
    ("2 to 3 weeks", 1_209_600, 1_814_400, None),
    ("649 s", 649, 649, None),
    ("1.5h", 5_400, 5_400, None),
    ("15 min an epoch", 900, 900, "epoch"),
    ("0.664 s a batch", Fraction(83, 125), Fraction(83, 125), "batch"),
    ("21.7 ms a batch", Fraction(217, 10_000), Fraction(217, 10_000), "batch"),
    ("90 seconds an epoch", 90, 90, "epoch"),
]


@pytest.mark.parametrize(("text", "least", "most", "per"), PERIODS, ids=[one[0] for one in PERIODS])
def test_times_as_they_are_printed(text: str, least: Any, most: Any, per: str | None) -> None:
    assert read_period(text) == (least, most, per)


@pytest.mark.parametrize("name", ["lenet_d2l", "torchvision", str(ROOT / "tests" / "specs" / "valid" / "siamese.yaml")])
def test_flops_of_a_step_are_those_that_torch_runs(name: str) -> None:
    """Without groups, of which torch's counter counts too much; a layer that is used once more is in the last."""
    network = archcalc.load(name)
    module = network.module("meta")
    inputs = [torch.empty(1, *shape, device="meta") for shape in network.spec.inputs.values()]
    with FlopCounterMode(display=False) as counter:
        made = module(*inputs)
        torch.stack([one.sum() for one in (made if isinstance(made, tuple) else (made,))]).sum().backward()
    assert work(network.graph).training == counter.get_total_flops()


def test_the_first_layers_are_those_whose_inputs_nothing_learns() -> None:
    assert PAPER.training().first == ("conv1",)
    siamese = archcalc.load(ROOT / "tests" / "specs" / "valid" / "siamese.yaml")
    assert siamese.training(images=1, epochs=1, batch=1).first == ("one.conv1", "other.conv1")


@pytest.mark.parametrize("name", BUNDLED)
def test_the_devices_of_bundled_specs_are_known(name: str) -> None:
    block = archcalc.load(name).spec.training
    if block and block.device:
        assert find(block.device).id == block.device


def test_a_network_that_computes_nothing_is_trained_at_once() -> None:
    layers = [{"name": "pool", "op": "max_pool2d", "kernel_size": 2}]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3, 8, 8], "layers": layers})
    found = network.training(images=10, epochs=1, batch=3)
    assert [count.flops for count in found.counts] == [0, 0, 0]
    assert (found.plan.iterations, found.plan.last_batch, found.convolutions) == (4, 1, None)
    assert "4 iterations, 4 an epoch, the last of 1 image" in str(found)
    assert "1 iteration, 1 an epoch, the last of 1 image" in str(PAPER.training(images=1, epochs=1))
    assert "1 epoch of 1 image, batch 128, 1,000 x GeForce" in str(PAPER.training(images=1, epochs=1, devices=1000))


def test_several_ranks_are_as_fast_as_the_slowest(tmp_path: Path) -> None:
    several_ranks(tmp_path / "two.json")
    found = PAPER.training(profile=tmp_path / "two.json")
    assert found.plan.devices == 2
    assert found.images_per_second == (6_400, 6_400)  # 2 * 128 / 40 ms


def memory_of_a_step(**words: Any) -> list[str]:
    """The notes of the paper's training that are about memory."""
    said = str(PAPER.training(**words)).splitlines()
    return said[next(place for place, line in enumerate(said) if line.startswith("memory")) :]


NOT_INCLUDED = (
    "not included: the device's context, workspaces of cuDNN, cuBLAS and other kernels and what the allocator holds "
    "beside tensors"
)
FOREACH = "as with foreach=False: on CUDA, momentum makes temporaries for all weights at once in the step, by default"


def test_the_papers_net_fits_in_its_two_cards() -> None:
    """Section 3.2: one card of 3 GB limits the networks that can be trained on it, so the net is spread across two.

    Each tower's peak is in tests/analysis/memory/test_split.py, held against torch on two devices.
    """
    assert memory_of_a_step() == [
        "memory of a step with momentum, batch 128, fp32: gpu0 1,409,038,056 B (1.41 GB) in the backward pass of norm2 "
        "and gpu1 1,282,802,688 B (1.28 GB) in the backward pass of norm2: 2,691,840,744 B (2.69 GB) on 2 devices "
        "together",
        "layers of towers are on their devices, all else on gpu0; what a layer reads from another device is copied to "
        "its own; one device with all of it needs 2,512,104,168 B",
        FOREACH,
        "gpu0 fits in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), in blocks, and leaves "
        "1,590,957,568 B (1.59 GB)",
        "gpu1 fits in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), in blocks, and leaves "
        "1,717,194,240 B (1.72 GB)",
        NOT_INCLUDED,
    ]
    need = PAPER.training().memory
    assert need is not None
    assert need.fits
    assert need.total == 1_409_038_056 + 1_282_802_688
    assert need.alone == PAPER.memory("train", batch=128).peak


def test_several_networks_share_the_batch() -> None:
    need = PAPER.training(devices=6, batch=102, precision="bf16", device="l4").memory
    assert need is not None
    found = PAPER.memory_per_device("train", batch=34, dtype="bf16")  # 102 on three pairs
    assert {part.name: part.peak.total for part in need.parts} == found.peaks
    assert need.total == 3 * sum(found.peaks.values())
    words = memory_of_a_step(devices=6, batch=102, precision="bf16", device="l4")
    assert words[0].endswith("on 6 devices together")
    assert words[2:5] == [
        "there are 3 such networks, each on its share of the batch; what sums up their gradients is not included",
        "all numbers are bf16: mixed precision, which keeps weights in fp32 as well, is not played",
        FOREACH,
    ]


def test_a_network_without_towers_is_on_each_device_or_on_one() -> None:
    words = {"images": 100, "epochs": 1, "batch": 32}
    network = archcalc.load("resnet18")
    for devices, each in ((1, 32), (4, 8)):
        need = network.training(devices=devices, **words).memory
        assert need is not None
        assert need.alone is need.fits is None
        assert need.total == devices * network.memory("train", batch=each).peak
    assert "whether it fits is not known: give --device-model" in str(network.training(**words))


@pytest.mark.parametrize(
    ("block", "optimizer"),
    [
        ("{optimizer: sgd, momentum: 0.9}", "momentum"),
        ("{optimizer: SGD}", "sgd"),
        ("{optimizer: adamw}", "adamw"),
        ("{batch_size: 2}", "momentum"),
    ],
)
def test_the_optimizer_is_that_of_the_block(block: str, optimizer: str) -> None:
    text = (
        f"archcalc: 1\nname: net\ninput: [3]\nlayers: [{{name: fc, op: linear, out_features: 2}}]\ntraining: {block}\n"
    )
    network = archcalc.load(text)
    need = network.training(images=4, epochs=1, batch=4).memory
    assert need is not None
    assert need.request.optimizer == optimizer
    assert need.total == network.memory("train", batch=4, optimizer=optimizer).peak  # type: ignore[arg-type]


TINY: dict[str, Any] = {"images": 9, "epochs": 1}


@pytest.mark.parametrize(
    ("name", "words", "why"),
    [
        ("paper", {"devices": 3}, "3 devices are no multiple of the 2 of its towers"),
        (
            "alexnet_owt_bn",
            {"images": 10, "epochs": 1, "batch": 1},
            "layer bn6: torch normalizes more than one number for each channel in training, and a batch of 1 has one",
        ),
        (
            "paper",
            {"images": 10**11, "batch": 10**10, "devices": 2},
            "batch must be an integer from 1 to 1,000,000,000, got 10000000000",
        ),
        (
            "resnet18",
            {"images": 9, "epochs": 1, "batch": 3, "devices": 4},
            "a batch of 3 has no equal shares for 4 networks",
        ),
        (
            "resnet18",
            {"images": 9, "epochs": 1, "batch": 8, "devices": 3},
            "a batch of 8 has no equal shares for 3 networks",
        ),
    ],
)
def test_where_memory_is_not_known_it_says_why(name: str, words: dict[str, Any], why: str) -> None:
    found = archcalc.load(name).training(**words)
    assert found.memory is None
    assert f"memory: not known: {why}\n" in f"{found}\n"
    assert found.to_dict()["memory_not_known"] == why


def test_a_batch_has_no_more_images_than_there_are() -> None:
    need = archcalc.load("lenet_d2l").training(images=10, epochs=1, batch=100).memory
    assert need is not None
    assert need.request.batch == 10


def test_memory_is_not_known_of_an_optimizer_that_is_not_played() -> None:
    layers = [{"name": "fc", "op": "linear", "out_features": 2}]
    spec = {"archcalc": 1, "name": "net", "input": [3], "layers": layers, "training": {"optimizer": "LARS"}}
    found = archcalc.load(spec).training(images=4, epochs=1, batch=4)
    assert "memory: not known: archcalc does not know what the optimizer LARS remembers" in str(found)
