"""Golden outputs: rewritten only by `pytest --update-golden`."""

from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden"


def same_as_golden(name: str, text: str, update: bool) -> None:
    path = GOLDEN / name
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden file {name}: run pytest --update-golden and read what it writes"
    assert text == path.read_text(encoding="utf-8")
