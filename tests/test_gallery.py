"""The pictures of the pages are what the commands above them write."""

import re
import shlex
from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import ROOT

FIGURES = ROOT / "docs" / "_static" / "figures"
PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
DRAWN = re.findall(
    r"^```sh\n(archcalc .*) -o (\w+\.svg)\n```\n\n!\[[^\]]+\]\(_static/figures/(.*)\)$", PAGE, re.MULTILINE
)


def test_every_picture_stands_below_its_command() -> None:
    assert len(DRAWN) == PAGE.count("![") >= 10
    assert all(file == shown for _, file, shown in DRAWN)
    assert {shown for *_, shown in DRAWN} == {path.name for path in FIGURES.iterdir()}


@pytest.mark.parametrize(
    ("command", "file"), [(command, file) for command, file, _ in DRAWN], ids=[one[1] for one in DRAWN]
)
def test_a_picture_is_what_its_command_writes(command: str, file: str, tmp_path: Path, update_golden: bool) -> None:
    path = tmp_path / file
    result = run(*shlex.split(command)[1:], "-o", str(path))
    assert (result.returncode, result.stderr) == (0, "")
    if update_golden:
        (FIGURES / file).write_bytes(path.read_bytes())
    assert path.read_bytes() == (FIGURES / file).read_bytes()
