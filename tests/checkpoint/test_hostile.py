"""Files that are damaged, are something else, or mean harm: no code runs, and every one of them has a message."""

import copyreg
import gzip
import os
import pickle
import random
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import safetensors.torch
import torch
from torch import nn

from archcalc.checkpoint.read import read
from archcalc.errors import ArchError
from tests.checkpoint.files import FORMATS, safetensors_file, saved
from tests.checkpoint.hostile import MAGIC, VERSION, Maker, alone, in_archive, in_stream, named, text
from tests.commands import run_here

WRAPPED: dict[str, Callable[[Path, bytes], Path]] = {"zip": in_archive, "stream": in_stream, "alone": alone}


def message(path: Path) -> str:
    """What reading a file is refused with."""
    with pytest.raises(ArchError) as raised:
        read(path)
    found = str(raised.value)
    assert found.startswith(f"{path} ")
    assert found.isprintable()
    assert len(found) < 600
    assert "weights_only" not in found
    return found


def is_read(path: Path) -> bool:
    """Whether a file is read; fails for any error but ours."""
    try:
        return bool(read(path).tensors)
    except ArchError as error:
        found = str(error)
    assert found.isprintable()
    assert len(found) < 1000
    return False


# what makes the folder at a path, by each opcode that makes something, and the name that is called
CODE: dict[str, tuple[Callable[[str], bytes], str]] = {
    "REDUCE": (lambda path: b"cposix\nmkdir\n(" + text(path) + b"tR", "posix.mkdir"),
    "STACK_GLOBAL": (lambda path: text("posix") + text("mkdir") + b"\x93" + text(path) + b"\x85R", "posix.mkdir"),
    "INST": (lambda path: b"(" + text(path) + b"iposix\nmkdir\n", "posix.mkdir"),
    "OBJ": (lambda path: b"(cposix\nmkdir\n" + text(path) + b"o", "posix.mkdir"),
    "NEWOBJ": (lambda path: named(Maker) + text(path) + b"\x85\x81", "tests.checkpoint.hostile.Maker"),
    "NEWOBJ_EX": (
        lambda path: named(Maker) + b")}" + text("at") + text(path) + b"s\x92",
        "tests.checkpoint.hostile.Maker",
    ),
    "BUILD": (
        lambda path: named("READY", "tests.checkpoint.hostile") + text(path) + b"b",
        "tests.checkpoint.hostile.READY",
    ),
    "EXT1": (lambda path: b"\x82\xc8" + text(path) + b"\x85R", "a class"),
    "EXT2": (lambda path: b"\x83\xc8\x00" + text(path) + b"\x85R", "a class"),
    "EXT4": (lambda path: b"\x84\xc8\x00\x00\x00" + text(path) + b"\x85R", "a class"),
    "a name of Python 2": (
        lambda path: b"c__builtin__\neval\n" + text(f"__import__('os').mkdir({path!r})") + b"\x85R",
        "builtins.eval",
    ),
    "in a tensor": (
        lambda path: b"ctorch._utils\n_rebuild_parameter\ncposix\nmkdir\n" + text(path) + b"\x85R\x85R",
        "posix.mkdir",
    ),
    "of a class of a class": (
        lambda path: (
            b"ctorch._tensor\n_rebuild_from_type_v2\n(cposix\nmkdir\ncposix\nmkdir\n" + text(path) + b"\x85NtR"
        ),
        "posix.mkdir",
    ),
    "inside of torch": (
        lambda path: b"\x80\x04" + text("torch.serialization") + text("os.mkdir") + b"\x93" + text(path) + b"\x85R",
        "torch.serialization.os.mkdir",
    ),
}


@pytest.fixture
def extension() -> Iterator[None]:
    """A number by which a pickle may name a function."""
    copyreg.add_extension("posix", "mkdir", 200)
    yield
    copyreg.remove_extension("posix", "mkdir", 200)


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize("opcode", CODE)
def test_no_code_of_a_file_is_run(opcode: str, wrap: str, tmp_path: Path) -> None:
    made, called = CODE[opcode]
    victim = tmp_path / "victim"
    content = b"\x80\x02}" + text("weight") + made(str(victim)) + b"s."
    path = WRAPPED[wrap](tmp_path / "some.pth", content)
    assert message(path) == (
        f"{path} holds more than tensors: to read it, code would have to run ({called}), and archcalc runs none; "
        "save a state_dict: torch.save(model.state_dict(), file)"
    )
    assert run_here("check", "lenet_d2l", "--weights", str(path)).returncode == 2
    assert not victim.exists()
    if opcode not in ("in a tensor", "of a class of a class"):  # which fail after they have run
        pickle.loads(content)
        assert victim.exists(), "the pickle is not as hostile as it should be"


@pytest.mark.parametrize("is_zip", FORMATS.values(), ids=FORMATS)
def test_a_whole_model_is_refused_with_what_to_do(is_zip: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", nn.Linear(2, 2), is_zip=is_zip)
    assert message(path) == (
        f"{path} holds more than tensors: to read it, code would have to run (torch.nn.modules.linear.Linear), and "
        "archcalc runs none; save a state_dict: torch.save(model.state_dict(), file)"
    )


def test_a_name_cannot_fill_the_terminal(tmp_path: Path) -> None:
    for content in (
        b"cx\n" + b"y" * 10**6 + b"\n.",
        b"(i\x1b[31m\n" + b"y" * 10**6 + b"\n.",
        b"\x80\x02" + b"S'" + b"y" * 10**6 + b"\n.",
    ):
        message(in_archive(tmp_path / "some.pth", content))


def many(depth: int, inner: bytes) -> bytes:
    """Lists in lists, each with the same two lists inside: 2**depth in all, if they are not looked at once."""
    return inner + b"".join(b"q%c(h%ch%cl" % (i % 200, i % 200, i % 200) for i in range(depth))


HUGE = b"\x8b" + struct.pack("<i", 10**6) + b"\x01" * 10**6
"""A whole number of a million bytes."""

TRICKY: dict[str, bytes] = {
    "an endless list": b"](h\x00q\x00e.",
    "a list that has itself": b"]q\x00h\x00a.",
    "many lists": many(150, b"]") + b".",
    "deep tuples": b")" + b"\x85" * 100_000 + b".",
    "deep mappings": b"}q\x00" + b"".join(b"}" + text("a") for _ in range(10_000)) + b"s" * 10_000 + b".",
    "a mapping that has itself": b"}q\x00" + text("a") + b"h\x00s.",
    "a key that is a tuple of many": b"}" + many(60, b")").replace(b"l", b"t") + b"Ns.",
    "keys that are huge numbers": b"}" + HUGE + b"q\x000h\x00Ns" + b"h\x00Ns" * 20_000 + b".",
    "a huge number": HUGE + b".",
    "a number of too many digits": b"I" + b"9" * 10_000 + b"\n.",
    "not enough on the stack": b"0000.",
    "a mark alone": b"(((.",
    "a memo that is not there": b"h\x07.",
    "a key without a value": b"}(K\x01u.",
    "a call of a number": b"K\x01)R.",
    "a tensor of nothing": b"ctorch._utils\n_rebuild_tensor_v2\n)R.",
    "a tensor of texts": b"ctorch._utils\n_rebuild_tensor_v2\n(" + text("a") * 6 + b"tR.",
    "a tensor of a mapping": b"ctorch._utils\n_rebuild_sparse_tensor\n(}}tR.",
    "a class of a number": b"ctorch._tensor\n_rebuild_from_type_v2\n(K\x01K\x01K\x01K\x01tR.",
    "a class of itself": b"ctorch._tensor\n_rebuild_from_type_v2\nq\x00(h\x00h\x00(h\x00h\x00)NttNtR.",
    "a size of a mapping": b"ctorch\nSize\n}\x85R.",
    "pairs that are a number": b"ccollections\nOrderedDict\nK\x01\x85R.",
    "pairs of one": b"ccollections\nOrderedDict\n(K\x01\x85K\x02\x85lR.",
    "no such storage": b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x04tQ.",
    "a storage of a text": b"(" + text("storage") * 5 + b"tQ.",
    "a storage of less than nothing": b"("
    + text("storage")
    + b"ctorch\nFloatStorage\n"
    + text("0")
    + text("cpu")
    + b"J\xff\xff\xff\xfftQ.",
    "a module": b"(" + text("module") + b"K\x01NNtQ.",
    "an opcode of no pickle": b"\xff.",
    "no end": b"}",
    "nothing": b"",
    "a text that is no UTF-8": b"X\x02\x00\x00\x00\xff\xfe.",
    "a text that is cut off": b"X\xff\xff\xff\x7fabc.",
    "a text of persistent identity": b"P123\n.",
    "a buffer": b"\x97.",
}


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize("what", TRICKY)
def test_a_pickle_that_is_broken_or_without_end(what: str, wrap: str, tmp_path: Path) -> None:
    message(WRAPPED[wrap](tmp_path / "some.pth", b"\x80\x02" + TRICKY[what]))


@pytest.mark.parametrize("what", TRICKY)
def test_a_stream_in_which_other_parts_are_broken(what: str, tmp_path: Path) -> None:
    path = tmp_path / "some.pth"
    part = b"\x80\x02" + TRICKY[what]
    good = pickle.dumps({}, protocol=2)
    for content in (MAGIC + part + good, MAGIC + VERSION + part + good, MAGIC + VERSION + good + good + part):
        path.write_bytes(content)
        message(path)


def test_the_values_of_a_pickle_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcalc.checkpoint.unpickled.MOST_VALUES", 1000)
    pairs = b"](" + b"(K\x01Nl" * 100 + b"eq\x000"
    for content in (b"]" * 1001, b"(l" * 1001, pairs + b"ccollections\nOrderedDict\nh\x00\x85R" * 9):
        assert "makes over 1,000 values" in message(in_archive(tmp_path / "some.pth", content + b"."))


SHORT = {"conv.weight": torch.zeros(4, 3, 3), "bn.count": torch.tensor(1), "empty": torch.zeros(0)}


def written(kind: str, path: Path) -> bytes:
    if kind == "safetensors":
        safetensors.torch.save_file(SHORT, path)
    elif kind == "zip without checksums":
        before = torch.serialization.get_crc32_options()
        torch.serialization.set_crc32_options(False)
        saved(path, SHORT)
        torch.serialization.set_crc32_options(before)
    else:
        saved(path, SHORT, is_zip=kind == "zip")
    return path.read_bytes()


KINDS = ("zip", "zip without checksums", "stream", "safetensors")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_may_be_cut_off_anywhere(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    whole = written(kind, path)
    for length in (*range(0, len(whole), 3), *range(len(whole) - 9, len(whole))):
        path.write_bytes(whole[:length])
        message(path)


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes_may_be_wrong(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "flipped.pth"
    whole = written(kind, path)
    chance = random.Random(kind)
    outcomes = {True: 0, False: 0}
    for _ in range(800):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 5))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        outcomes[is_read(path)] += 1
    assert all(outcomes.values()), "either all or none is read"


@pytest.mark.parametrize("is_zip", FORMATS.values(), ids=FORMATS)
def test_any_opcodes_may_follow_each_other(is_zip: bool, tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = pickle.dumps({"a": [1, (2, "b")], "c": {1.5, None}}, protocol=2)
    pieces = [
        *(bytes([one]) for one in range(256)),
        *(
            text("storage"),
            text("0"),
            text("cpu"),
            b"K\x01",
            b"K\x00\x85",
            b"(",
            b"(",
            b"t",
            b"\x85",
            b"h\x00",
            b"q\x00",
            b"}",
            b"]",
        ),
        *(b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"ctorch\nSize\n", b"R", b"R", b"Q", b"b"),
        *(
            b"ccollections\nOrderedDict\n",
            b"ctorch._tensor\n_rebuild_from_type_v2\n",
            b"a",
            b"s",
            b"u",
            b"e",
            b"l",
            b"d",
        ),
    ]
    path = tmp_path / "some.pth"
    for _ in range(1500):
        content = b"".join(chance.choices(pieces, k=chance.randrange(1, 40))) + b"."
        start = chance.randrange(len(whole))
        (in_archive if is_zip else in_stream)(path, whole[:start] + content)
        is_read(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_would_fill_the_memory(compression: int, tmp_path: Path) -> None:
    bomb = zipfile.ZipFile(tmp_path / "bomb.pth", "w", compression)
    with bomb, bomb.open("bomb/data.pkl", "w") as stream:
        for _ in range(101):
            stream.write(bytes(10**6))
    assert "would unpack to 101,000,000 bytes, far more than it has" in message(tmp_path / "bomb.pth")


def test_a_small_archive_that_would_take_long(tmp_path: Path) -> None:
    """Its pickle has a place in the memory, but millions of steps in a few thousand bytes."""
    with zipfile.ZipFile(tmp_path / "slow.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("some/data.pkl", b"N" * 20_000_000 + b".")
    assert re.search(r"its pickle would unpack from [\d,]+ to 20,000,001 bytes", message(tmp_path / "slow.pth"))


def test_a_record_that_is_longer_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"]" * 10**5 + b".")
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 10**5 + 1), struct.pack("<I", 100)))
    message(path)


def test_an_archive_with_records_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "twice.pth", "w") as archive:
        archive.writestr("some/data.pkl", b"}.")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("some/data.pkl", b"cposix\nmkdir\n.")
    assert message(tmp_path / "twice.pth").endswith("as a checkpoint: it has several records of one name")


def archive_of(*names: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"}.")

    return write


def encrypted(path: Path) -> None:
    """An archive that says that its records are encrypted."""
    archive_of("some/data.pkl")(path)
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def hdf5(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))


def jit(path: Path) -> None:
    """A program, which has its code as text."""
    archive_of("some/data.pkl", "some/code/__torch__.py")(path)


def no_bytes(path: Path) -> None:
    """An archive in which a tensor's bytes are left out."""
    original = saved(path.with_name("original"), {"a": torch.zeros(5)})
    with zipfile.ZipFile(original) as archive, zipfile.ZipFile(path, "w") as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name)[: -4 if "/data/" in name else None])


NO_BEGINNING = "it does not begin as a file of torch.save or of safetensors does"
OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda path: path.touch(), "is empty"),
    "text": (lambda path: path.write_text("conv1: 3 x 4\n" * 9), NO_BEGINNING),
    "a short text": (lambda path: path.write_text("a"), NO_BEGINNING),
    "an image": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), NO_BEGINNING),
    "HDF5": (hdf5, "it is an HDF5 file, as Keras writes them"),
    "an array": (lambda path: numpy.save(path.open("wb"), numpy.zeros(3)), "it is an array of NumPy"),
    "arrays": (
        lambda path: numpy.savez(path.open("wb"), a=numpy.zeros(3)),
        "it is a zip archive, but not one of torch.save",
    ),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"x")), "it is compressed by gzip: unpack it first"),
    "JSON": (lambda path: path.write_text('{"a": 1}'), "it is a JSON file"),
    "a pickled list": (
        lambda path: path.write_bytes(pickle.dumps([1, 2])),
        "it is a pickle, but not one of torch.save",
    ),
    "an office file": (archive_of("word/document.xml"), "it is a zip archive, but not one of torch.save"),
    "an empty archive": (archive_of(), "it is a zip archive, but not one of torch.save"),
    "a program of torch.jit": (jit, "it is a program of torch.jit.save; save its state_dict"),
    "an encrypted archive": (encrypted, "it is a zip archive that is damaged or cut off"),
    "half an archive": (
        lambda path: path.write_bytes(b"PK\x03\x04" + bytes(200)),
        "damaged or cut off (File is not a zip file)",
    ),
    "a tensor without its bytes": (no_bytes, "its storage 0 has 16 bytes in place of 20"),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("what", OTHERS)
def test_a_file_of_another_sort(what: str, tmp_path: Path) -> None:
    write, expected = OTHERS[what]
    path = tmp_path / "some.pth"
    write(path)
    assert expected in message(path)


def header(text: str, size: int = 8) -> bytes:
    return safetensors_file(text.encode(), bytes(size))


GOOD = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
TWO = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[%s]},"b":{"dtype":"I8","shape":[4],"data_offsets":[%s]}}'
NO_JSON = "its header is not JSON in UTF-8"
NO_SIZES = "its header has no valid sizes for a"
NO_ENTRY = "its header has no valid entry for a"

BROKEN: dict[str, tuple[bytes, str]] = {
    "cut off in the header": (header(GOOD)[:-9], "its header should have 54 bytes, but the file has 61"),
    "cut off in the tensors": (
        header(GOOD, 7),
        "it is cut off: its tensors have 8 bytes, after the header there are 7",
    ),
    "something after it": (
        header(GOOD, 9),
        "something was appended: its tensors have 8 bytes, after the header there are 9",
    ),
    "a length beyond all": (
        (2**64 - 1).to_bytes(8, "little") + GOOD.encode(),
        "its header should have 18,446,744,073,709,551,615",
    ),
    "no JSON": (header("{'a': 1}"), NO_JSON),
    "deep JSON": (header('{"a":' + "[" * 100_000), NO_JSON),
    "not a number": (header(GOOD.replace("[2]", "[NaN]")), NO_JSON),
    "a number of many digits": (header(GOOD.replace("[2]", f"[{'9' * 5000}]")), NO_JSON),
    "half of a character": (header(GOOD.replace('"a"', '"\\ud800"')), NO_JSON),
    "no UTF-8": (safetensors_file(GOOD.encode().replace(b'"a"', b'"\xff"'), bytes(8)), NO_JSON),
    "a tensor twice": (header(GOOD[:-1] + "," + GOOD[1:]), "its header has a name twice"),
    "metadata of numbers": (header('{"__metadata__":{"a":1}}', 0), "the metadata of its header are not texts"),
    "a number for a tensor": (header('{"a":5}'), NO_ENTRY),
    "a tensor without a shape": (header('{"a":{"dtype":"F32","data_offsets":[0,8]}}'), NO_ENTRY),
    "three offsets": (header(GOOD.replace("[0,8]", "[0,4,8]")), NO_ENTRY),
    "a list for a dtype": (header(GOOD.replace('"F32"', "[1]")), NO_ENTRY),
    "no such dtype": (header(GOOD.replace("F32", "F31")), "a is of a dtype that is not known, F31"),
    "a negative size": (header(GOOD.replace("[2]", "[-2]")), NO_SIZES),
    "a size of text": (header(GOOD.replace("[2]", '["2"]')), NO_SIZES),
    "true for a size": (header(GOOD.replace("[2]", "[true,2]")), NO_SIZES),
    "half of a size": (header(GOOD.replace("[2]", "[2.0]")), NO_SIZES),
    "an end before the start": (header(GOOD.replace("[0,8]", "[8,0]")), NO_SIZES),
    "too many axes": (header(GOOD.replace("[2]", f"[2{',1' * 64}]")), NO_SIZES),
    "a wrong size": (header(GOOD.replace("[2]", "[3]")), "a has 8 bytes, too many or too few for [3] of F32"),
    "a wrong dtype": (header(GOOD.replace("F32", "F64")), "a has 8 bytes, too many or too few for [2] of F64"),
    "a size beyond all": (header(GOOD.replace("[2]", f"[{2**63},{2**63}]")), "a has 8 bytes, too many or too few"),
    "an overlap": (header(TWO % ("0,8", "4,8"), 8), "the bytes of b do not follow those of the tensor before it"),
    "a hole": (header(TWO % ("0,8", "12,16"), 16), "the bytes of b do not follow those of the tensor before it"),
    "a hole at the start": (
        header(TWO % ("8,16", "4,8"), 16),
        "the bytes of b do not follow those of the tensor before it",
    ),
    "nothing in it": (header('{"__metadata__":{}}', 0), "has no tensors"),
    "eight bytes": (bytes(8), NO_JSON),
    "seven bytes": (bytes(7), "its header should have"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_safetensors_file(what: str, tmp_path: Path) -> None:
    content, expected = BROKEN[what]
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    assert expected in message(path)
    if what not in ("nothing in it", "a tensor twice", "too many axes"):  # in which we are stricter
        with pytest.raises(safetensors.SafetensorError):
            safetensors.safe_open(path, "pt")


def test_headers_are_refused_as_their_library_refuses_them(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    chance = random.Random(11)
    words = re.findall(r'"\w+"|\d+|\W', TWO % ("0,8", "8,12"))
    pieces = [
        *words,
        '"F16"',
        '"U8"',
        "3",
        "-1",
        "1.0",
        "1e0",
        "null",
        "true",
        '""',
        '"__metadata__"',
        " ",
        '"\\u00e9"',
        "0",
        "16",
    ]
    read_by_both = 0
    for _ in range(2000):
        some = [*words]
        for _ in range(chance.choice((0, 1, 1, 2))):
            place = chance.randrange(len(some))
            some[place : place + chance.randrange(2)] = [chance.choice(pieces)]
        path.write_bytes(header("".join(some), 12))
        try:
            with safetensors.safe_open(path, "pt") as file:
                theirs: Any = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        except safetensors.SafetensorError:
            theirs = None
        try:
            ours: Any = read(path).tensors
        except ArchError:
            ours = None
        assert ours == theirs, path.read_bytes()
        read_by_both += theirs is not None
    assert read_by_both > 200


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    for path in (tmp_path / "pipe.pth", Path("/dev/zero")):
        assert message(path) == f"{path} is not a file but a pipe or a device: name a file"
        for command in (("identify",), ("check", "lenet_d2l", "--weights")):
            assert run_here(*command, str(path)).returncode == 2
    assert message(tmp_path) == f"{tmp_path} cannot be read: is a directory"
    assert message(tmp_path / "none.pth") == f"{tmp_path / 'none.pth'} cannot be read: no such file or directory"
    path = tmp_path / f"{'x' * 300}.pth"
    assert run_here("identify", str(path)).returncode == 2
    assert run_here("check", "lenet_d2l", "--weights", str(path)).returncode == 2


TENSOR = b"ctorch._utils\n_rebuild_meta_tensor_no_storage\n(NK\x03\x85K\x01\x85\x89tR"
NAMES = (b"\x1b[31mred\n.weight", b"\xed\xa0\x80.weight", b"=1+1.weight", b"x" * 100_000 + b".bias")


@pytest.mark.parametrize("style", ["plain", "table", "json", "jsonl", "csv", "markdown", "latex", "html"])
def test_names_cannot_write_on_the_terminal(style: str, tmp_path: Path) -> None:
    path = tmp_path / "loud.pth"
    content = b"".join(b"X" + struct.pack("<I", len(name)) + name + TENSOR + b"s" for name in NAMES)
    in_archive(path, b"\x80\x02}" + content + b".")
    for arguments in (("check", "lenet_d2l", "--weights", str(path)), ("identify", str(path))):
        done = run_here(*arguments, "--format", style)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout + done.stderr
