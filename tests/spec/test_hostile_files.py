"""Files that are no specs at all, or meant to do harm: each is refused at once, with a message and no traceback."""

import os
import re
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError


def refusal(path: Path) -> str:
    with pytest.raises(ArchError) as refused:
        archcalc.load(path).table()
    return str(refused.value).replace(str(path), "FILE")


def head(name: str = "net") -> str:
    return f"archcalc: 1\nname: {name}\ninput: [1, 8, 8]\n"


BYTES = {
    "zero bytes": (b"\x7fELF\0\0", "FILE:1:5: not a text file: here is a zero byte; a spec is YAML or JSON in UTF-8"),
    "latin-1": ("archcalc: 1\ntitle: caf\xe9\n".encode("latin-1"), "FILE:2:11: not UTF-8: here is the byte 0xe9"),
    "utf-16": ("archcalc: 1\n".encode("utf-16"), "FILE:1:4: not a text file: here is a zero byte"),
    "control characters": (b"archcalc: \x07", "FILE:1:11: not a text file: control characters are not allowed"),
    "over 1 MB": (b"# " + b"x" * 1_000_000, "FILE is over 1 MB; a spec is a text that a person can read"),
    "empty": (b"", "FILE:1:1: is empty; a spec starts with 'archcalc: 1'"),
    "only a comment": (b"# nothing\n", "FILE:1:1: is empty; a spec starts with 'archcalc: 1'"),
    "deep brackets": (b"[" * 900, "FILE:1:65: nested deeper than 64 levels"),
    "deep mappings": (b"{a: " * 200_000, "FILE:1:257: nested deeper than 64 levels"),
    "an alias bomb": (
        b"a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\n",
        "FILE:1:4: anchors and aliases (&x, *x) are not part of the language; use params, defaults or blocks",
    ),
    "a python object": (
        b"a: !!python/object/apply:os.system ['true']",
        "FILE:1:4: tags (!!python/object/apply:os.system) are not part of the language",
    ),
}


def test_the_deepest_nesting_is_refused_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"[" * 900_000)
    # PyYAML before 6.0.4 lets archcalc find the 65th bracket; from then on it stops at the 1,001st by itself
    assert re.fullmatch(r"FILE:1:(65|1001): nested deeper than 64 levels", refusal(path))


@pytest.mark.parametrize("what", BYTES)
def test_bytes_that_are_no_spec(what: str, tmp_path: Path) -> None:
    content, message = BYTES[what]
    path = tmp_path / "net.yaml"
    path.write_bytes(content)
    assert refusal(path).startswith(message)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (head() + "layers: [{name: a, op: relu}]\n").encode())
    assert archcalc.load(path).graph.output_shape == (1, 8, 8)


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        assert refusal(path) == "FILE is not a file but a pipe or a device; to read it, write - and add < FILE"


def test_a_directory_and_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert refusal(folder) == "FILE is a folder; name a spec file in it"
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert refusal(loop) == "FILE cannot be read: too many levels of symbolic links"


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(head())

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == "FILE cannot be read: permission denied"


def test_blocks_that_multiply_are_stopped_early(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    use = "{name: %s, op: use, block: %s, repeat: 1000}"
    path.write_text(
        head()
        + "blocks:\n"
        + "  a: {layers: [{name: x, op: relu}]}\n"
        + f"  b: {{layers: [{use % ('x', 'a')}]}}\n"
        + f"  c: {{layers: [{use % ('x', 'b')}]}}\n"
        + f"layers: [{use % ('x', 'c')}]\n"
    )
    assert refusal(path) == "FILE:7:16: here the network has more than 100,000 layers, the limit"


def test_100_000_layers_are_not_too_many(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    block = "blocks: {a: {layers: [{name: x, op: relu}]}}\n"
    path.write_text(head() + block + "layers: [{name: a, op: use, block: a, repeat: 100000}]\n")
    assert len(archcalc.load(path).spec.layers) == 100_000
    path.write_text(head() + block + "layers: [{name: a, op: use, block: a, repeat: 100001}]\n")
    assert refusal(path).endswith("here the network has more than 100,000 layers, the limit")


def test_a_million_channels_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(head() + "layers: [{name: a, op: conv2d, out_channels: 999999999999999, kernel_size: 7}]\n")
    # 999_999_999_999_999 * (7 * 7 + 1)
    assert archcalc.load(path).table().totals.params == 49_999_999_999_999_950
