"""Checkpoints: which tensors fit which layers, which networks they fit, and files that are none."""

import json
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torchvision

import archcalc
from archcalc.analysis.weights import Verdict, Weights, fit
from archcalc.errors import ArchError
from archcalc.pytorch.build import build
from archcalc.pytorch.checkpoint import read_shapes
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


def fitted(name: str, found: Mapping[str, tuple[int, ...]]) -> Weights:
    return fit(name, place(archcalc.load(name).graph), found)


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "before torch 1.6"])
def test_torchvisions_checkpoint_fits_by_shape(tmp_path: Path, is_new: bool) -> None:
    path = saved(tmp_path / "alexnet.pth", torchvision_alexnet(), _use_new_zipfile_serialization=is_new)
    weights = fitted("alexnet_torchvision", read_shapes(path))
    assert weights.misfits == []
    assert weights.elements == 61_100_840
    assert not weights.names_agree
    pairs = {one.name: one.found_name for one in weights.fits}
    assert pairs["conv5.weight"] == "features.10.weight"
    assert pairs["fc8.bias"] == "classifier.6.bias"


def test_what_training_scripts_save_is_found(tmp_path: Path) -> None:
    inner = {f"module.{name}": tensor for name, tensor in torchvision_alexnet().items()}
    path = saved(tmp_path / "run.pt", {"epoch": 3, "lr": [0.1], "optimizer": {"state": {}}, "state_dict": inner})
    assert fitted("alexnet_torchvision", read_shapes(path)).misfits == []


def test_safetensors_are_read_as_their_library_reads_them(tmp_path: Path) -> None:
    tensors = {
        "features.10.weight": torch.zeros(4, 3, 2, 1),
        "features.9.weight": torch.zeros(2, 2, dtype=torch.float16),
        "scale": torch.zeros(()),
        "empty": torch.zeros(0, 3),
        "mask": torch.zeros(7, dtype=torch.bool),
    }
    path = tmp_path / "some.safetensors"
    safetensors.torch.save_file(tensors, path, metadata={"made": "here"})
    with safetensors.safe_open(path, "pt") as theirs:
        assert read_shapes(path) == {name: tuple(theirs.get_slice(name).get_shape()) for name in theirs.keys()}  # noqa: SIM118
    assert list(read_shapes(path)) == ["empty", "features.9.weight", "features.10.weight", "mask", "scale"]


@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_owt_bn", "lenet_d2l", "alexnet_torch7"])
def test_the_checkpoint_of_the_module_itself_fits_by_name(name: str) -> None:
    graph = archcalc.load(name).graph
    weights = fit(name, place(graph), {n: tuple(t.shape) for n, t in build(graph, "meta").state_dict().items()})
    assert weights.misfits == []
    assert weights.names_agree


def test_two_towers_fit_a_checkpoint_in_groups() -> None:
    weights = fitted("alexnet_paper", CAFFE)
    assert weights.misfits == []
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
    graph = archcalc.load("alexnet_owt_bn").graph
    found = {name: tuple(t.shape) for name, t in build(graph, "meta").state_dict().items()}
    old = {name: shape for name, shape in found.items() if not name.endswith("num_batches_tracked")}
    assert len(old) == len(found) - 7
    assert fit("bn", place(graph), old).misfits == []


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


class Malice:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> Any:
        return Path.touch, (self.victim,)


def test_no_code_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    victim = tmp_path / "touched"
    files = [
        saved(tmp_path / "zip.pth", {"weight": Malice(victim)}),
        saved(tmp_path / "old.pth", {"weight": Malice(victim)}, _use_new_zipfile_serialization=False),
    ]
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Malice(victim), protocol=2))
    for path in [*files, tmp_path / "plain.pt"]:
        with pytest.raises(ArchError, match=r"would run its code|is no checkpoint"):
            read_shapes(path)
    assert not victim.exists()
    torch.load(files[0], weights_only=False)  # the file is as hostile as it should be
    assert victim.exists()


def test_a_whole_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", torch.nn.Linear(2, 2))
    with pytest.raises(ArchError, match=r"save a state_dict: torch\.save\(model\.state_dict\(\), file\)"):
        read_shapes(path)


def safetensors_file(header: bytes, data: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header + data


GOOD = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "text": (
        b"conv1: 3 x 4\n" * 9,
        "is not a checkpoint: it does not begin like a file of torch.save or of safetensors",
    ),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not a checkpoint: it does not begin like"),
    "a pickled list": (pickle.dumps([1, 2]), "is not a checkpoint that torch can read"),
    "a zip cut off": (b"PK\x03\x04" + bytes(200), "is cut off or damaged"),
    "header cut off": (safetensors_file(GOOD)[:-9], "is cut off: its header should have 54 bytes, the file has 53"),
    "data cut off": (safetensors_file(GOOD, bytes(7)), "is cut off: a ends at byte 70 of 69"),
    "header too long": ((2**63 - 1).to_bytes(8, "little") + GOOD, "is cut off"),
    "no JSON": (safetensors_file(b"{'a': 1}"), "the safetensors header is not JSON"),
    "deep JSON": (safetensors_file(b'{"a":' + b"[" * 100_000), "the safetensors header is not JSON"),
    "not a tensor": (safetensors_file(b'{"a":5}'), "has no valid entry for a"),
    "no such shape": (
        safetensors_file(GOOD.replace(b"[2]", b"[-2]"), bytes(8)),
        r"too many or too few for \[-2\] of F32",
    ),
    "a wrong size": (safetensors_file(GOOD.replace(b"[2]", b"[3]"), bytes(8)), "a has 8 bytes, too many or too few"),
    "a shape of text": (safetensors_file(GOOD.replace(b"[2]", b'["2"]'), bytes(8)), "too many or too few"),
    "nothing in it": (safetensors_file(b'{"__metadata__":{}}'), "has no tensors with names"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_from_a_checkpoint(name: str, tmp_path: Path) -> None:
    content, message = BROKEN[name]
    path = tmp_path / "broken.pth"
    path.write_bytes(content)
    with pytest.raises(ArchError, match=message):
        read_shapes(path)


def test_every_way_to_cut_a_checkpoint_off_is_told(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.pth", {"conv.weight": torch.zeros(4, 3, 3, 3)}).read_bytes()
    old = saved(tmp_path / "old.pth", {"a": torch.zeros(9)}, _use_new_zipfile_serialization=False).read_bytes()
    for content in (whole, old):
        for length in range(0, len(content) - 1, 37):
            (tmp_path / "cut.pth").write_bytes(content[:length])
            with pytest.raises(ArchError, match=r"cut\.pth"):
                read_shapes(tmp_path / "cut.pth")


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    bomb = zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED)
    with bomb, bomb.open("bomb/data.pkl", "w") as stream:
        for _ in range(101):
            stream.write(bytes(10**6))
    with pytest.raises(ArchError, match="has a pickle of over 100,000,000 bytes"):
        read_shapes(tmp_path / "bomb.pth")
    with zipfile.ZipFile(tmp_path / "other.pth", "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    with pytest.raises(ArchError, match=r"not one of torch\.save"):
        read_shapes(tmp_path / "other.pth")


@pytest.mark.parametrize("what", [[torch.zeros(2)], {"epoch": 3}, torch.zeros(3), {"model": {"optimizer": 1}}])
def test_what_is_no_state_dict_is_told(what: Any, tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="has no tensors with names"):
        read_shapes(saved(tmp_path / "other.pth", what))


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
