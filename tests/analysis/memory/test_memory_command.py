"""`archcalc memory`: what fits, what it says, and what it refuses."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.memory.fitting import largest_batch, read_room
from archcalc.analysis.memory.request import Mode, requested
from archcalc.analysis.memory.timeline import timeline
from archcalc.errors import ArchError
from tests.commands import run_here


@pytest.mark.parametrize("name", ["alexnet_torchvision", "alexnet_owt_bn", "lenet_d2l", "resnet18"])
@pytest.mark.parametrize("mode", [*Mode])
def test_the_largest_batch_fits_and_one_more_does_not(name: str, mode: Mode) -> None:
    graph, request, room = archcalc.load(name).graph, requested(mode), 24 * 10**9
    fit = largest_batch(graph, request, room)
    assert fit.batch > 1
    assert timeline(graph, request.of(fit.batch)).rounded == fit.peak <= room
    assert timeline(graph, request.of(fit.batch + 1)).rounded > room


def test_what_fits_by_hand() -> None:
    """A layer of 3 features to 2, in fp32: 8 weights, and for each example 3 and 2 numbers; each takes whole blocks.

    Weights and biases take a block each, 1,024 B; 512 B hold the inputs of 42 examples and the outputs of 64, and so
    2,048 B fit 42 of them.
    """
    layers = [{"name": "fc", "op": "linear", "out_features": 2}]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": layers})
    fit = network.memory(fits="2048 B").fit
    assert fit is not None
    assert (fit.batch, fit.peak) == (42, 2048)
    assert network.memory(batch=42).peak == 4 * (8 + 42 * 5)


@pytest.mark.parametrize(
    ("word", "size"),
    [("24GB", 24 * 10**9), ("24 GiB", 24 * 2**30), ("0.5mb", 500_000), ("80gib", 80 * 2**30), ("7B", 7)],
)
def test_sizes_of_memory(word: str, size: int) -> None:
    assert read_room(word) == size


@pytest.mark.parametrize("word", ["24", "GB", "-1GB", "24GBs", "0GB", "1e3GB", "24 G", "2.5.1GB", ""])
def test_what_is_no_size_of_memory(word: str) -> None:
    with pytest.raises(ArchError, match="fits must be a size of memory, such as 24GB or 24GiB, got "):
        read_room(word)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["alexnet_owt_bn", "--mode", "train"],
            "archcalc: layer bn6: torch normalizes more than one number for each channel in training, "
            "and a batch of 1 has one\n",
        ),
        (["lenet_d2l", "--optimizer", "adam"], "archcalc: inference has no optimizer: give --mode train for adam\n"),
        (
            ["lenet_d2l", "--batch", "3", "--fits", "24GB"],
            "archcalc: give a batch or a size that it shall fit, and not both: 3 and 24GB\n",
        ),
        (
            ["lenet_d2l", "--fits", "24GB", "--device-model", "t4"],
            "archcalc: give a size or a device that has one, and not both: 24GB and t4\n",
        ),
        (
            ["lenet_d2l", "--device-model", "h100"],
            "archcalc: 'h100' is not one device: there are h100-pcie, h100-sxm and h100-nvl\n",
        ),
        (
            ["lenet_d2l", "--fits", "much"],
            "archcalc: fits must be a size of memory, such as 24GB or 24GiB, got text 'much'\n",
        ),
    ],
)
def test_what_is_refused(words: list[str], message: str) -> None:
    done = run_here("memory", *words)
    assert (done.returncode, done.stderr) == (2, message)


def test_what_cannot_be_trained_is_refused(tmp_path: Path) -> None:
    spec = tmp_path / "pool.yaml"
    spec.write_text(
        "archcalc: 1\nname: pool\ninput: [3, 8, 8]\nlayers:\n  - {name: p, op: max_pool2d, kernel_size: 2}\n"
    )
    done = run_here("memory", str(spec), "--mode", "train")
    message = "archcalc: no weights of pool lead to its last output: there is nothing to train\n"
    assert (done.returncode, done.stderr) == (2, message)


def test_what_does_not_fit_is_found() -> None:
    done = run_here("memory", "torchvision", "--fits", "100MB")
    assert done.returncode == 1
    assert (
        "it does not fit in 100,000,000 B (100 MB): a batch of 1 needs 246,341,120 B\n"
        "244,403,360 B of this are weights and buffers: where these lie in flash, as on microcontrollers, --plan says "
        "whether the maps fit\n"
    ) in done.stdout


@pytest.mark.parametrize(
    ("words", "is_said"),
    [(["--fits", "100MB"], True), (["--fits", "1GB"], False), (["--fits", "1GB", "--mode", "train"], False),
     (["--fits", "100MB", "--mode", "train"], False)],
)  # fmt: skip
def test_where_weights_in_flash_are_left_out(words: list[str], is_said: bool) -> None:
    assert ("--plan says whether" in run_here("memory", "torchvision", *words).stdout) == is_said


def test_notes() -> None:
    done = run_here("memory", "torchvision", "--mode", "train", "--batch", "128")
    assert done.stdout.partition("\n\n")[0].splitlines()[-5:] == [
        "peak: 1,214,524,648 B (1.21 GB) in the backward pass of conv5.relu: weights 244,403,360, "
        "gradients 234,524,576, optimizer 244,403,360, activations 369,819,656, temporaries 44,302,336, "
        "inputs 77,071,360",
        "on a device, whose allocator gives whole blocks of 512 B: 1,214,527,488 B",
        "the forward pass leaves 402,313,224 B for the backward pass",
        "the loss is the cross-entropy of fc8, over the axis after the batch",
        "not included: the device's context, workspaces of cuDNN, cuBLAS and other kernels and what the allocator "
        "holds beside tensors",
    ]


def test_the_output_of_the_loss_is_named_and_others_are_let_go() -> None:
    done = run_here("memory", "googlenet_aux", "--mode", "train", "--batch", "2")
    outputs = archcalc.load("googlenet_aux").graph.outputs
    said = f"the loss is the cross-entropy of {outputs[-1]}, over the axis after the batch; "
    assert f"{said}{outputs[0]} and {outputs[1]} are let go before it\n" in done.stdout


def test_int8_is_an_estimate_and_says_so() -> None:
    """61,100,840 weights of a byte; relu1's map of 64x55x55 and pool1's of 64x27x27, and the image, 3x224x224."""
    done = json.loads(run_here("memory", "torchvision", "--dtype", "int8", "--format", "json").stdout)
    assert not done["exact"]
    assert done["peak"]["total"] == 61_100_840 + 64 * 55 * 55 + 64 * 27 * 27 + 3 * 224 * 224


def test_a_device_has_room_by_its_data_sheet() -> None:
    """The same largest batch as of a size, for the batch that is asked for, or one example."""
    network = archcalc.load("resnet18")
    found, sized = network.memory("train", device="h100-sxm"), network.memory("train", fits="80GB")
    assert found.fit is not None
    assert sized.fit is not None
    assert found.found.request.batch == 1
    assert (found.fit.room, found.fit.batch, found.fit.peak) == (80 * 10**9, sized.fit.batch, sized.fit.peak)
    data = found.to_dict()
    assert data["fits"]["device"] == "H100 SXM5"
    assert data["fits"]["left"] == 80 * 10**9 - data["peak_in_blocks"]


def test_a_batch_that_does_not_fit_in_a_device() -> None:
    """What is asked for decides, and not whether another batch fits."""
    done = run_here("memory", "torchvision", "--mode", "train", "--batch", "1000", "--device-model", "gtx580-3gb")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    said = lines.index(next(line for line in lines if line.startswith("it does not fit")))
    assert lines[said : said + 4] == [
        "it does not fit in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), in blocks: "
        "1,560,782,336 B are missing",
        "a batch of 593 is the largest that fits: it needs 2,998,942,208 B in blocks",
        "as with foreach=False: on CUDA, momentum makes temporaries for all weights at once in the step, by default",
        "not included: the device's context, workspaces of cuDNN, cuBLAS and other kernels and what the allocator "
        "holds beside tensors",
    ]


def test_no_batch_fits_in_a_device() -> None:
    done = run_here("memory", "vgg16", "--input", "3x12000x12000", "--device-model", "mi250x")
    assert done.returncode == 1
    room = "the 64,000,000,000 B of Instinct MI250X (both dies) (128 GB, of 10 ** 9 B each, one of its 2 parts)"
    assert f"it does not fit in {room}, in blocks: " in done.stdout
    assert "no batch fits: one of 1 needs " in done.stdout


def test_a_peak_before_any_layer() -> None:
    """Layers that do nothing in inference leave the input alone."""
    layers = [{"name": "drop", "op": "dropout"}, {"name": "same", "op": "identity"}]
    answer = archcalc.load({"archcalc": 1, "name": "idle", "input": [3, 4, 4], "layers": layers}).memory()
    assert "in the input, before any layer: inputs 192" in str(answer)
