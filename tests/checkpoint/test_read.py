"""Checkpoints are read as torch and the library of safetensors read them: the same names, shapes and order."""

import re
import warnings
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torchvision
from torch import nn

from archcalc.checkpoint.checkpoint import Kind
from archcalc.checkpoint.read import read
from archcalc.checkpoint.saved import BITS, STORAGES
from archcalc.checkpoint.unpickled import ALLOWED
from tests.checkpoint.files import FORMATS, saved, shapes, thin
from tests.commands import run
from tests.conftest import ROOT

OLD_DTYPES = {*torch.storage._dtype_to_storage_type_map()}

every_format = pytest.mark.parametrize("is_zip", FORMATS.values(), ids=FORMATS)


def expect_as_torch(path: Path) -> None:
    """Fail unless the file has the tensors that torch.load finds, in its order."""
    theirs = torch.load(path, weights_only=True, map_location="cpu")
    assert [*read(path).tensors.items()] == [*shapes(theirs).items()]


@every_format
def test_a_state_dict_of_torchvision(is_zip: bool, tmp_path: Path) -> None:
    with torch.device("meta"):
        tensors = thin(torchvision.models.alexnet().state_dict())
    path = saved(tmp_path / "alexnet.pth", tensors, is_zip=is_zip)
    expect_as_torch(path)
    found = read(path)
    assert found.kind is (Kind.ARCHIVE if is_zip else Kind.STREAM)
    assert (found.key, found.others, found.is_ordered) == (None, (), True)
    assert found.tensors["features.10.weight"] == (256, 256, 3, 3)


def with_metadata() -> Any:
    """A state_dict as module.state_dict() returns it: an OrderedDict with the attribute _metadata."""
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.Linear(4, 2))).state_dict()


def tied() -> Any:
    tensor = torch.zeros(4, 3)
    return {"encoder.weight": tensor, "decoder.weight": tensor, "transposed": tensor.T, "row": tensor[2], "at": tensor}


def with_parameters() -> Any:
    weight = nn.Parameter(torch.zeros(3, 2))
    noted = nn.Parameter(torch.zeros(5))
    noted.note = "an attribute"  # type: ignore[attr-defined]
    return {"weight": weight, "frozen": nn.Parameter(torch.zeros(2), requires_grad=False), "noted": noted}


def with_attributes() -> Any:
    tensor = torch.zeros(2, 3)
    tensor.note = "an attribute"  # type: ignore[attr-defined]
    return {"weight": tensor}


def of_every_dtype() -> Any:
    """Tensors of all dtypes but those of quantized tensors, and those of few bits, which torch does not save."""
    names = [name for name in BITS if not re.search("q|int[1-7]$", name) and hasattr(torch, name)]
    dtypes = {name: getattr(torch, name) for name in names}
    with warnings.catch_warnings(action="ignore"):
        return {name: torch.empty((3, 5), dtype=dtype) for name, dtype in dtypes.items()}


def quantized() -> Any:
    numbers = torch.zeros(4, 6)
    with warnings.catch_warnings(action="ignore"):
        return {
            "all": torch.quantize_per_tensor(numbers, 0.1, 10, torch.quint8),
            "rows": torch.quantize_per_channel(numbers, torch.ones(4), torch.zeros(4), 0, torch.qint8),
            "long": torch.quantize_per_tensor(numbers, 0.1, 0, torch.qint32),
        }


def sparse() -> Any:
    with warnings.catch_warnings(action="ignore"):
        dense = torch.eye(4)
        return {"coo": dense.to_sparse(), "csr": dense.to_sparse_csr(), "csc": dense[:, :2].to_sparse_csc()}


VALUES: dict[str, Callable[[], Any]] = {
    "with metadata": with_metadata,
    "tied": tied,
    "parameters": with_parameters,
    "attributes": with_attributes,
    "every dtype": of_every_dtype,
    "empty": lambda: {"none": torch.zeros(0), "no rows": torch.zeros(0, 3), "no columns": torch.zeros(3, 0)},
    "0-d": lambda: {"scale": torch.tensor(1.5), "num_batches_tracked": torch.tensor(3)},
    "of a large storage": lambda: {"part": torch.zeros(100)[10:20].view(2, 5), "step": torch.zeros(9)[::3]},
    "conjugated": lambda: {"z": torch.zeros(2, 3, dtype=torch.complex64).conj(), "i": torch.zeros(2).neg()},
    "channels last": lambda: {"w": torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last)},
    "names": lambda: {
        "": torch.zeros(1),
        "a b": torch.zeros(2),
        "größe.weight": torch.zeros(3),
        "x" * 300: torch.ones(4),
    },
}


@every_format
@pytest.mark.parametrize("what", VALUES)
def test_values_of_many_sorts(what: str, is_zip: bool, tmp_path: Path) -> None:
    value = VALUES[what]()
    if not is_zip:  # in which torch itself does not find tensors of the newest dtypes again
        value = {name: tensor for name, tensor in value.items() if tensor.dtype in OLD_DTYPES}
    expect_as_torch(saved(tmp_path / "some.pth", value, is_zip=is_zip))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@every_format
@pytest.mark.parametrize("what", [quantized, sparse])
def test_quantized_and_sparse_tensors(what: Callable[[], Any], is_zip: bool, tmp_path: Path) -> None:
    expect_as_torch(saved(tmp_path / "some.pth", what(), is_zip=is_zip))


def test_tensors_without_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path / "meta.pth", {"weight": torch.zeros(4, 3, device="meta")})
    assert read(path).tensors == {"weight": (4, 3)}


@every_format
def test_all_that_training_saves_beside_weights(is_zip: bool, tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.zeros(1, 3)).sum().backward()
    optimizer.step()
    everything = {
        "epoch": 3,
        "best": 0.5,
        "args": {"lr": [0.1, 0.2], "name": "run", "wide": None, "on": True, "raw": b"\x00", "big": 2**80, "z": 1 + 2j},
        "seen": {1, 2},
        "counts": Counter(["a"]),
        "size": torch.Size([1, 2]),
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        "random": bytearray(b"ab"),
        "optimizer": optimizer.state_dict(),
        "state_dict": model.state_dict(),
        "scheduler": OrderedDict(last=1),
    }
    path = saved(tmp_path / "run.pt", everything, is_zip=is_zip)
    torch.load(path, weights_only=True)
    found = read(path)
    assert (found.key, found.tensors) == ("state_dict", {"weight": (2, 3), "bias": (2,)})
    assert found.others == ()


def test_names_that_python_2_wrote(tmp_path: Path) -> None:
    """Python 2 pickled texts as bytes: names of tensors, keys of storages, the word storage itself."""

    def string(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    storage = b"(" + string(b"storage") + b"ctorch\nFloatStorage\n" + string(b"7") + string(b"cpu") + b"K\x06Nt" + b"Q"
    tensor = b"ctorch._utils\n_rebuild_tensor\n(" + storage + b"K\x00K\x02K\x03\x86K\x03K\x01\x86tR"
    parts = [
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        b"\x80\x02M\xe9\x03.",
        b"\x80\x02}.",
        b"\x80\x02}" + string(b"conv.weight") + tensor + b"s.",
        b"\x80\x02]" + string(b"7") + b"a.",
        (6).to_bytes(8, "little") + bytes(24),
    ]
    path = tmp_path / "python2.pth"
    path.write_bytes(b"".join(parts))
    assert read(path).tensors == {"conv.weight": (2, 3)}


def test_an_archive_without_checksums_and_one_that_was_packed_again(tmp_path: Path) -> None:
    original = saved(tmp_path / "some.pth", tied())
    with (
        zipfile.ZipFile(original) as archive,
        zipfile.ZipFile(tmp_path / "again.pth", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in archive.namelist():
            new.writestr(name, archive.read(name))
    assert read(tmp_path / "again.pth").tensors == read(original).tensors
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        unchecked = saved(tmp_path / "unchecked.pth", tied())
    finally:
        torch.serialization.set_crc32_options(before)
    expect_as_torch(unchecked)


def test_what_torch_allows_is_allowed_and_no_more() -> None:
    from torch._weights_only_unpickler import _get_allowed_globals

    old = {f"{kind.__module__}.{kind.__name__}" for kind in torch._tensor_classes}  # which torch.save does not write
    assert sorted({*_get_allowed_globals()} - old - ALLOWED) == []
    others = {name.rpartition(".")[2] for name in ALLOWED - {*_get_allowed_globals()}}
    assert others <= {*BITS, *STORAGES}  # of other versions of torch, and second names of dtypes


def test_safetensors_are_read_as_their_library_reads_them(tmp_path: Path) -> None:
    tensors = {
        "features.10.weight": torch.zeros(4, 3, 2, 1),
        "features.9.weight": torch.zeros(2, 2, dtype=torch.bfloat16),
        "scale": torch.zeros(()),
        "empty": torch.zeros(0, 3),
        "mask": torch.zeros(7, dtype=torch.bool),
        "größe\n": torch.zeros(1, dtype=torch.float8_e4m3fn),
    }
    path = tmp_path / "some.safetensors"
    safetensors.torch.save_file(tensors, path, metadata={"made": "here"})
    found = read(path)
    with safetensors.safe_open(path, "pt") as theirs:
        assert found.tensors == {name: tuple(theirs.get_slice(name).get_shape()) for name in theirs.keys()}  # noqa: SIM118
    assert [*found.tensors] == ["empty", "features.9.weight", "features.10.weight", "größe\n", "mask", "scale"]
    assert (found.kind, found.is_ordered) == (Kind.SAFETENSORS, False)


def test_the_format_is_seen_by_the_content(tmp_path: Path) -> None:
    path = tmp_path / "some.pth"
    safetensors.torch.save_file({"a": torch.zeros(2)}, path)
    assert read(path).kind is Kind.SAFETENSORS
    assert read(saved(tmp_path / "other.safetensors", {"a": torch.zeros(2)})).kind is Kind.ARCHIVE


@every_format
def test_torch_is_not_needed(is_zip: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "some.pth", nn.Linear(3, 2).state_dict(), is_zip=is_zip)
    (tmp_path / "torch.py").write_text("raise ImportError('torch is not here')")
    (tmp_path / "numpy.py").write_text("raise ImportError('numpy is not here')")
    without = f"{tmp_path}:{ROOT}"
    done = run("identify", str(path), "--format", "json", PYTHONPATH=without)
    assert (done.returncode, done.stderr) == (1, f"archcalc: no network fits {path}: these come nearest\n")
    done = run("check", "lenet_d2l", "--weights", str(path), PYTHONPATH=without)
    assert done.returncode == 1
    assert "archcalc: lenet_d2l: conv2.weight is missing\n" in done.stderr
