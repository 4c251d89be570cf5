"""Checkpoints: which tensors fit which layers, which networks they fit, and files that are none."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

import archcalc
from archcalc.analysis.modules import Modules
from archcalc.analysis.weights import Verdict, Weights, fit
from archcalc.checkpoint.checkpoint import Checkpoint, Kind
from archcalc.checkpoint.read import read
from archcalc.pytorch.build import build
from archcalc.twins import place
from tests.commands import run_here

# The tensors of the published bvlc_alexnet.caffemodel, as converters name them: conv2, conv4 and conv5 in two groups.
CAFFE = {
    "conv1.weight": (96, 3, 11, 11),
    "conv1.bias": (96,),
    "conv2.weight": (256, 48, 5, 5),
    "conv2.bias": (256,),
    "conv3.weight": (384, 256, 3, 3),
    "conv3.bias": (384,),
    "conv4.weight": (384, 192, 3, 3),
    "conv4.bias": (384,),
    "conv5.weight": (256, 192, 3, 3),
    "conv5.bias": (256,),
    "fc6.weight": (4096, 9216),
    "fc6.bias": (4096,),
    "fc7.weight": (4096, 4096),
    "fc7.bias": (4096,),
    "fc8.weight": (1000, 4096),
    "fc8.bias": (1000,),
}


def on_meta(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def thin(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors of the same shapes that share one number, so that a file of them is small."""
    return {name: torch.zeros(1, dtype=tensor.dtype).expand(tensor.shape) for name, tensor in tensors.items()}


def torchvision_alexnet(**keywords: Any) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return thin(torchvision.models.alexnet(**keywords).state_dict())


def saved(path: Path, what: Any, **keywords: Any) -> Path:
    torch.save(what, path, **keywords)
    return path


def fitted(name: str | Path, found: Mapping[str, tuple[int, ...]], kind: Kind = Kind.STREAM) -> Weights:
    graph = archcalc.load(name).graph
    return fit(graph.spec.name, place(graph), Modules(Checkpoint(Path("file"), kind, found)))


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "before torch 1.6"])
def test_torchvisions_checkpoint_fits_by_shape(tmp_path: Path, is_new: bool) -> None:
    path = saved(tmp_path / "alexnet.pth", torchvision_alexnet(), _use_new_zipfile_serialization=is_new)
    weights = fitted("alexnet_torchvision", read(path).tensors)
    assert list(weights.misfits) == []
    assert weights.elements == 61_100_840
    assert not weights.names_agree
    pairs = {one.name: one.found_name for one in weights.fits}
    assert pairs["conv5.weight"] == "features.10.weight"
    assert pairs["fc8.bias"] == "classifier.6.bias"


@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_owt_bn", "lenet_d2l", "alexnet_torch7"])
def test_the_checkpoint_of_the_module_itself_fits_by_name(name: str) -> None:
    weights = fitted(name, own_shapes(name))
    assert list(weights.misfits) == []
    assert weights.names_agree


def test_two_towers_fit_a_checkpoint_in_groups() -> None:
    weights = fitted("alexnet_paper", CAFFE)
    assert list(weights.misfits) == []
    assert weights.elements == 60_965_224


def test_every_misfit_is_named() -> None:
    found = {**CAFFE, "fc8.weight": (10, 4096), "mean": (3, 227, 227)}
    del found["conv3.bias"], found["fc8.bias"]
    verdicts = {one.name or one.found_name: one.verdict for one in fitted("alexnet_caffe", found).misfits}
    assert verdicts == {
        "conv3.bias": Verdict.MISSING,
        "fc8.weight": Verdict.OTHER_SHAPE,
        "fc8.bias": Verdict.MISSING,
        "mean": Verdict.EXTRA,
    }


def test_a_checkpoint_from_before_batches_were_counted_fits() -> None:
    found = own_shapes("alexnet_owt_bn")
    old = {name: shape for name, shape in found.items() if not name.endswith("num_batches_tracked")}
    assert len(old) == len(found) - 7
    assert list(fitted("alexnet_owt_bn", old).misfits) == []


def own_shapes(name: str | Path) -> dict[str, tuple[int, ...]]:
    """The state_dict of our own module."""
    return {each: tuple(t.shape) for each, t in build(archcalc.load(name).graph, "meta").state_dict().items()}


def identified(path: Path, *arguments: str) -> tuple[dict[str, bool], int]:
    done = run_here("identify", str(path), "--format", "json", *arguments)
    return {one["name"]: one["fits"] for one in json.loads(done.stdout)["candidates"]}, done.returncode


def test_identify_names_what_a_checkpoint_fits(tmp_path: Path) -> None:
    torchvisions = saved(tmp_path / "tv.pth", torchvision_alexnet())
    fitting = {"alexnet_cuda_convnet2": True, "alexnet_owt": True, "alexnet_torchvision": True}
    assert identified(torchvisions) == (fitting, 0)
    ten = saved(tmp_path / "ten.pth", torchvision_alexnet(num_classes=10))
    assert identified(ten) == ({f"{name} --set num_classes=10": True for name in fitting}, 0)
    caffe = saved(tmp_path / "caffe.pt", thin(on_meta(CAFFE)))
    grouped = ["alexnet_caffe", "alexnet_ccv", "alexnet_paper", "caffenet"]
    assert identified(caffe) == (dict.fromkeys(grouped, True), 0)


def test_identify_says_what_comes_nearest(tmp_path: Path) -> None:
    tensors = torchvision_alexnet()
    tensors["features.0.weight"] = torch.zeros(1).expand(64, 1, 11, 11)
    path = saved(tmp_path / "grey.pth", tensors)
    done = run_here("identify", str(path))
    assert done.returncode == 1
    assert "conv1.weight is 64x3x11x11, features.0.weight is 64x1x11x11" in done.stdout
    assert done.stderr == f"archcalc: no network fits {path}: these come nearest\n"


def test_check_says_each_misfit_and_ends_with_1(tmp_path: Path) -> None:
    path = saved(tmp_path / "ten.pth", torchvision_alexnet(num_classes=10))
    done = run_here("check", "torchvision", "--weights", str(path))
    assert done.returncode == 1
    assert "14 of 16 tensors fit, 57,003,840 elements" in done.stdout
    assert done.stderr.splitlines() == [
        "archcalc: alexnet_torchvision: fc8.weight is 1000x4096, classifier.6.weight is 10x4096",
        "archcalc: alexnet_torchvision: fc8.bias is 1000, classifier.6.bias is 10",
    ]
    assert run_here("check", "torchvision", "--set", "num_classes=10", "--weights", str(path)).returncode == 0
    assert run_here("check", "paper", "torchvision", "--weights", str(path)).returncode == 2


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run_here("identify", str(tmp_path / "none.pth"))
    assert (done.returncode, done.stderr) == (
        2,
        f"archcalc: {tmp_path / 'none.pth'} cannot be read: no such file or directory\n",
    )
    assert run_here("identify", str(tmp_path)).returncode == 2


def test_names_in_a_checkpoint_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    path = saved(tmp_path / "loud.pth", {"\x1b[31mred\n.weight": torch.zeros(3)})
    done = run_here("check", "lenet_d2l", "--weights", str(path))
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b[31mred\\n.weight" in done.stdout
