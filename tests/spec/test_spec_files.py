"""Invalid spec files, found by glob, each with its exact message.

`tests/specs/invalid/NAME.yaml` (or .json) must be refused with the text of `NAME.txt`, line for line. A file whose name
starts with an underscore is there to be extended by others. `--update-golden` writes the texts anew: read them.
"""

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from tests.conftest import ROOT

INVALID = ROOT / "tests" / "specs" / "invalid"
INVALID_FILES = sorted(
    path for path in INVALID.iterdir() if path.suffix in (".yaml", ".json") and not path.name.startswith("_")
)


def test_there_are_many_invalid_files() -> None:
    assert len(INVALID_FILES) >= 60
    assert {path.stem for path in INVALID_FILES} == {path.stem for path in INVALID.glob("*.txt")}


@pytest.mark.parametrize("path", INVALID_FILES, ids=lambda path: path.name)
def test_an_invalid_file_is_refused_with_its_message(
    path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    monkeypatch.chdir(INVALID)
    with pytest.raises(ArchError) as refused:
        archcalc.load(path.name).table()
    message = f"{refused.value}\n"
    expected = path.with_suffix(".txt")
    if update_golden:
        expected.write_text(message, encoding="utf-8")
    assert message == expected.read_text(encoding="utf-8")
