"""Converted checkpoints: our module gives what theirs gives, and a file is written whole or not at all."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torchvision
from torch import Tensor, nn
from torch.nn.utils import prune

import archcalc
from archcalc.errors import ArchError
from archcalc.pytorch import convert
from tests.checkpoint.files import saved
from tests.commands import run, run_here
from tests.conftest import ROOT
from tests.sizes import by_size

VALID = ROOT / "tests" / "specs" / "valid"
NAMES = ("resnet18", "squeezenet1_1", "densenet121", "mobilenet_v2")

SMALL = """
archcalc: 1
name: small
input: [3, 8, 8]
layers:
  - {name: conv1, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: bn1, op: batch_norm2d, activation: relu}
  - {name: conv2, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: flatten, op: flatten}
  - {name: fc, op: linear, out_features: 5}
"""

TOWERS = """
archcalc: 1
name: towers
input: [4, 9, 9]
layers:
  - op: towers
    devices: [a, b]
    layers:
      - {name: one, op: conv2d, out_channels: 3, kernel_size: 3, activation: relu}
      - {name: two, op: conv2d, out_channels: 5, kernel_size: 3}
      - {name: flatten, op: flatten}
      - {name: fc1, op: linear, out_features: 6, gather: true, activation: relu}
  - {name: fc2, op: linear, out_features: 3}
"""


def randomized(module: nn.Module) -> nn.Module:
    """The module with random weights and running statistics, which a mistake could not leave as they are."""
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(torch.rand(tensor.shape, generator=chance) + 0.5)
            elif name.endswith("num_batches_tracked"):
                tensor.fill_(7)
            elif tensor.dim() < 2:
                tensor.copy_(torch.rand(tensor.shape, generator=chance) - 0.2)
            else:
                fan_in = tensor[0].numel()
                tensor.copy_(torch.randn(tensor.shape, generator=chance) * (2 / fan_in) ** 0.5)
    return module.eval()


def loaded(spec: str | Path, file: Path) -> nn.Module:
    """Our module with the tensors of a file, all of them and no more."""
    module = archcalc.load(spec).module().eval()
    module.load_state_dict(safetensors.torch.load_file(file), strict=True)
    return module


def written(kind: str, path: Path, tensors: Mapping[str, Tensor]) -> Path:
    if kind == "safetensors":
        file = path / "theirs.safetensors"
        safetensors.torch.save_file(dict(tensors), file)
        return file
    return saved(path / "theirs.pth", {"epoch": 3, "state_dict": tensors}, is_zip=kind == "zip")


@pytest.mark.parametrize("kind", ["zip", "stream", "safetensors"])
@pytest.mark.parametrize("spec", by_size(["alexnet_torchvision", *NAMES], at_once=NAMES[:2]))
def test_torchvisions_networks_give_the_same_outputs(spec: str | Path, kind: str, tmp_path: Path) -> None:
    name = Path(spec).stem.removesuffix("_torchvision")
    theirs = randomized(getattr(torchvision.models, name)())
    file = written(kind, tmp_path, theirs.state_dict())
    ours = tmp_path / "ours.safetensors"
    done = run_here("check", str(spec), "--weights", str(file), "--convert", str(ours))
    assert done.returncode == 0, done.stderr
    x = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        made, expected = loaded(spec, ours)(x), theirs(x)
    assert expected.std() > 1e-3
    assert torch.equal(made, expected)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def theirs(tmp_path: Path, small: Path) -> Path:
    """A checkpoint with other names that fits."""
    tensors = randomized(archcalc.load(small).module()).state_dict()
    return saved(tmp_path / "theirs.pth", {f"net.{name}": tensor for name, tensor in tensors.items()})


def tensors_of(path: Path) -> dict[str, Tensor]:
    return {name.removeprefix("net."): tensor for name, tensor in torch.load(path, weights_only=True).items()}


def converted(spec: Path, theirs: Path, key: str | None = None) -> dict[str, Tensor]:
    to = theirs.with_name("ours.safetensors")
    archcalc.load(spec).convert_weights(theirs, to, key)
    assert not [*theirs.parent.glob(".archcalc*")]
    return safetensors.torch.load_file(to)


def expect_equal(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_names_are_ours_and_tensors_are_theirs(small: Path, theirs: Path) -> None:
    expect_equal(converted(small, theirs), tensors_of(theirs))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_dtypes_stay(dtype: torch.dtype, small: Path, theirs: Path) -> None:
    tensors = {name: t.to(dtype) if t.is_floating_point() else t for name, t in tensors_of(theirs).items()}
    found = converted(small, saved(theirs, tensors))
    assert {name: tensor.dtype for name, tensor in found.items()} == {name: t.dtype for name, t in tensors.items()}
    assert all(
        torch.equal(found[name].view(torch.uint8), t.view(torch.uint8)) for name, t in tensors.items() if t.dim()
    )


def test_tensors_that_share_memory_or_are_views(small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    shared = torch.rand(100)
    tensors |= {"conv1.bias": shared[:4], "conv2.bias": shared[:8:2], "bn1.weight": shared[:4], "bn1.bias": shared[:4]}
    tensors["fc.weight"] = tensors["fc.weight"].T.contiguous().T
    tensors["conv1.weight"] = nn.Parameter(tensors["conv1.weight"].to(memory_format=torch.channels_last))
    expect_equal(converted(small, saved(theirs, tensors)), tensors)


def test_the_counter_that_old_checkpoints_lack_is_0(small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    assert tensors.pop("bn1.num_batches_tracked") == 7
    found = converted(small, saved(theirs, tensors))
    expect_equal(found, tensors | {"bn1.num_batches_tracked": torch.tensor(0)})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_pruned_weights_are_multiplied_by_their_masks(dtype: torch.dtype, small: Path, theirs: Path) -> None:
    module = randomized(archcalc.load(small).module())
    prune.l1_unstructured(module.get_submodule("fc"), "weight", 0.5)  # type: ignore[no-untyped-call]
    tensors = module.state_dict()
    tensors["fc.weight_orig"] = tensors["fc.weight_orig"].to(dtype)  # and the mask stays as it is
    found = converted(small, saved(theirs, tensors))
    assert found["fc.weight"].dtype == dtype
    assert torch.equal(found["fc.weight"], tensors["fc.weight_orig"] * (tensors["fc.weight_mask"] > 0))
    assert (found["fc.weight"] == 0).sum() >= 5 * 64 * 0.5  # half of them


def test_the_key_says_which_tensors(small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    other = {name: tensor + 1 for name, tensor in tensors.items()}
    both = saved(theirs, {"nets": [{"ema": other}, {"model": tensors}]})
    expect_equal(converted(small, both), tensors)
    expect_equal(converted(small, both, "nets.0.ema"), other)


def test_two_towers_get_their_halves(tmp_path: Path) -> None:
    spec = tmp_path / "towers.yaml"
    spec.write_text(TOWERS)
    net = nn.Sequential(
        nn.Conv2d(4, 6, 3),
        nn.ReLU(),
        nn.Conv2d(6, 10, 3, groups=2),
        nn.Flatten(),
        nn.Linear(250, 12),
        nn.ReLU(),
        nn.Linear(12, 3),
    )
    theirs = randomized(net)
    found = converted(spec, saved(tmp_path / "theirs.pth", theirs.state_dict()))
    for name, place in {"one": 0, "two": 2, "fc1": 4}.items():
        both = torch.cat([found[f"a.{name}.weight"], found[f"b.{name}.weight"]])
        assert torch.equal(both, theirs.state_dict()[f"{place}.weight"])
    x = torch.randn(2, 4, 9, 9, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(loaded(spec, tmp_path / "ours.safetensors")(x), theirs(x))


def listed(path: Path) -> dict[str, bytes]:
    """Every file of a folder and what it has."""
    return {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}


def half_written(tensors: Any, file: Path, **keywords: Any) -> None:
    file.write_bytes(b"half")
    raise OSError(28, "No space left on device")


def broken_off(tensors: Any, file: Path, **keywords: Any) -> None:
    file.write_bytes(b"half")
    raise KeyboardInterrupt


def refused(tensors: Any, file: Path, **keywords: Any) -> None:
    raise safetensors.SafetensorError("a reason. And advice")


FAILURES: dict[str, tuple[Callable[..., None], type[BaseException], str]] = {
    "a full disk": (half_written, ArchError, "ours.safetensors cannot be written: no space left on device"),
    "Ctrl-C": (broken_off, KeyboardInterrupt, ""),
    "the library": (refused, ArchError, "ours.safetensors cannot be written: a reason"),
}


@pytest.mark.parametrize("was_there", [False, True])
@pytest.mark.parametrize("what", FAILURES)
def test_nothing_is_left_of_a_file_that_is_not_whole(
    what: str, was_there: bool, small: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, error, expected = FAILURES[what]
    to = theirs.with_name("ours.safetensors")
    if was_there:
        to.write_bytes(b"of before")
    before = listed(theirs.parent)
    monkeypatch.setattr(convert, "save_file", failing)
    with pytest.raises(error) as raised:
        archcalc.load(small).convert_weights(theirs, to)
    assert str(raised.value).endswith(expected)
    assert listed(theirs.parent) == before


def test_a_file_that_was_there_is_replaced_and_keeps_its_permissions(small: Path, theirs: Path) -> None:
    to = theirs.with_name("ours.safetensors")
    to.write_bytes(b"of before")
    to.chmod(0o640)
    expect_equal(converted(small, theirs), tensors_of(theirs))
    assert to.stat().st_mode & 0o777 == 0o640


def test_a_link_leads_to_the_file_that_is_written(small: Path, theirs: Path) -> None:
    link, target = theirs.with_name("link.safetensors"), theirs.with_name("target.safetensors")
    link.symlink_to(target)
    archcalc.load(small).convert_weights(theirs, link)
    assert link.is_symlink()
    expect_equal(safetensors.torch.load_file(target), tensors_of(theirs))


def the_same(folder: Path) -> Path:
    tensors = tensors_of(folder / "theirs.pth")
    safetensors.torch.save_file(tensors, folder / "theirs.safetensors")
    return folder / "theirs.safetensors"


def hard_link(folder: Path) -> Path:
    os.link(folder / "theirs.pth", folder / "linked.safetensors")
    return folder / "linked.safetensors"


def soft_link(folder: Path) -> Path:
    (folder / "linked.safetensors").symlink_to("theirs.pth")
    return folder / "linked.safetensors"


def folder_there(folder: Path) -> Path:
    (folder / "folder.safetensors").mkdir()
    return folder / "folder.safetensors"


def pipe_there(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.safetensors")
    return folder / "pipe.safetensors"


PLACES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "another ending": (lambda folder: folder / "ours.pth", "is converted to a .safetensors file: give this ending"),
    "no ending": (lambda folder: folder / "ours", "is converted to a .safetensors file: give this ending"),
    "a hard link to what is read": (hard_link, "a file that was read: name another"),
    "a link to what is read": (soft_link, "a file that was read: name another"),
    "a folder": (folder_there, "is a directory, a pipe or a device: name a file"),
    "a pipe": (pipe_there, "is a directory, a pipe or a device: name a file"),
    "no such folder": (
        lambda folder: folder / "none" / "ours.safetensors",
        "cannot be written: no such file or directory",
    ),
    "in a file": (lambda folder: folder / "theirs.pth" / "ours.safetensors", "cannot be written: not a directory"),
    "too long a name": (lambda folder: folder / f"{'x' * 300}.safetensors", "cannot be written: file name too long"),
}


@pytest.mark.parametrize("what", PLACES)
def test_places_that_are_refused(what: str, small: Path, theirs: Path) -> None:
    made, expected = PLACES[what]
    to = made(theirs.parent)
    before = listed(theirs.parent)
    done = run_here("check", str(small), "--weights", str(theirs), "--convert", str(to))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"{expected}\n")
    assert listed(theirs.parent) == before
    with pytest.raises(ArchError):
        archcalc.load(small).convert_weights(theirs, to)
    assert listed(theirs.parent) == before


def test_a_safetensors_file_is_not_written_over_itself(small: Path, theirs: Path) -> None:
    file = theirs.with_name("theirs.safetensors")
    safetensors.torch.save_file(tensors_of(theirs), file)
    before = listed(theirs.parent)
    done = run_here("check", str(small), "--weights", str(file), "--convert", str(file))
    assert (done.returncode, done.stderr) == (2, f"archcalc: {file} is a file that was read: name another\n")
    with pytest.raises(ArchError, match="is the file that is read: name another"):
        archcalc.load(small).convert_weights(file, file)
    assert listed(theirs.parent) == before


def test_the_spec_and_the_output_are_not_written_over(small: Path, theirs: Path) -> None:
    to = theirs.with_name("ours.safetensors")
    done = run_here("check", str(small), "--weights", str(theirs), "--convert", str(to), "--output", str(to))
    assert (done.returncode, done.stderr) == (2, f"archcalc: {to} cannot be written twice: name two files\n")
    assert not to.exists()


MISFITS: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "one is missing": lambda tensors: tensors.pop("fc.bias"),
    "one more": lambda tensors: tensors.update(mean=torch.zeros(3)),
    "another shape": lambda tensors: tensors.update({"fc.bias": torch.zeros(6)}),
}


@pytest.mark.parametrize("what", MISFITS)
def test_nothing_is_written_where_tensors_misfit(what: str, small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    MISFITS[what](tensors)
    to = theirs.with_name("ours.safetensors")
    done = run_here("check", str(small), "--weights", str(saved(theirs, tensors)), "--convert", str(to))
    assert done.returncode == 1
    assert f"archcalc: {to} is not written, as not all tensors fit\n" in done.stderr
    assert not to.exists()
    with pytest.raises(ArchError, match=r"is not written, as not all tensors of .*theirs\.pth fit \(1 do not\)"):
        archcalc.load(small).convert_weights(theirs, to)


def test_guesses_are_said(small: Path, theirs: Path) -> None:
    spec = theirs.with_name("guessed.yaml")
    spec.write_text(SMALL.replace("input: [3", "input: [4"))
    tensors = randomized(archcalc.load(spec).module()).state_dict()
    other = {name.replace("conv", "c"): tensor for name, tensor in tensors.items()}
    to = theirs.with_name("ours.safetensors")
    done = run_here("check", str(spec), "--weights", str(saved(theirs, other)), "--convert", str(to))
    said = f"archcalc: {to}: 4 tensors are there by a guess; compare outputs before you rely on them\n"
    assert (done.returncode, done.stderr) == (0, said)


def test_an_archive_whose_numbers_are_damaged_is_not_converted(small: Path, theirs: Path) -> None:
    """Its shapes can be read, and the checksum says that the numbers cannot."""
    content = bytearray(theirs.read_bytes())
    weight = tensors_of(theirs)["fc.weight"].numpy().tobytes()
    content[content.index(weight) + 5] ^= 1
    theirs.write_bytes(content)
    to = theirs.with_name("ours.safetensors")
    assert not archcalc.load(small).check_weights(theirs).weights.misfit_count
    with pytest.raises(ArchError, match=r"cannot be read: the bytes of .*/data/\d+ do not have their checksum"):
        archcalc.load(small).convert_weights(theirs, to)
    assert not to.exists()


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "change",
    [
        lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
        lambda tensor: tensor.to("meta"),
        lambda tensor: tensor.to(torch.complex128),
    ],
    ids=["quantized", "meta", "complex"],
)
def test_tensors_that_the_format_cannot_hold(change: Callable[[Tensor], Tensor], small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    tensors["fc.weight"] = change(tensors["fc.weight"])
    to = theirs.with_name("ours.safetensors")
    done = run_here("check", str(small), "--weights", str(saved(theirs, tensors)), "--convert", str(to))
    assert done.returncode == 2
    assert "ours.safetensors cannot be written: " in done.stderr
    assert done.stderr.count("\n") == 1
    assert not to.exists()
    assert not [*theirs.parent.glob(".archcalc*")]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_sparse_tensors_are_written_with_their_zeros(small: Path, theirs: Path) -> None:
    tensors = tensors_of(theirs)
    weight = tensors["fc.weight"] * (tensors["fc.weight"] > 0)
    found = converted(small, saved(theirs, tensors | {"fc.weight": weight.to_sparse()}))
    assert torch.equal(found["fc.weight"], weight)


def test_without_safetensors_it_says_what_to_install(small: Path, theirs: Path) -> None:
    (theirs.parent / "safetensors.py").write_text("raise ImportError('no safetensors here')")
    to = theirs.with_name("ours.safetensors")
    command = ("check", str(small), "--weights", str(theirs), "--convert", str(to))
    done = run(*command, PYTHONPATH=f"{theirs.parent}:{ROOT}")
    expected = (
        "to convert a checkpoint needs torch and safetensors (no safetensors here): pip install 'archcalc[torch]'\n"
    )
    assert (done.returncode, done.stderr) == (3, f"archcalc: {expected}")
    assert not to.exists()
