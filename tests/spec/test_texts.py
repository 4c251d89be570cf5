"""Every text that a spec may have, in every format: on one line, and nothing that a terminal or a spreadsheet runs."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from tests.commands import run, run_here

SPEC = """archcalc: 1
name: net
title: {title}
notes: {notes}
input: [3, 8, 8]
sources:
  s: {{cite: {cite}, title: {source}, author: {author}, url: {url}, path: {path}, commit: {commit}, version: {version}}}
training: {{optimizer: {optimizer}, source: s}}
layers:
  - {{name: conv, op: conv2d, out_channels: 2, kernel_size: 1}}
claims:
  - {{what: params, value: 9, source: s, where: {where}, quote: {quote}, expect: fails, why: {why}}}
"""
FIELDS = (
    *("title", "notes", "cite", "source", "author", "url", "path", "commit", "version"),
    *("optimizer", "where", "quote", "why"),
)
FORMS = ("plain", "json", "jsonl", "csv", "markdown", "latex", "html")
COMMANDS = (["table"], ["audit"], ["explain"], ["list", "--spec-dir", "."])


def written(folder: Path, **texts: str) -> Path:
    path = folder / "net.yaml"
    path.write_text(SPEC.format(**{field: json.dumps(texts.get(field, "word")) for field in FIELDS}), encoding="utf-8")
    return path


def answers(folder: Path, forms: Iterable[str] = FORMS) -> dict[str, str]:
    """Return what every command writes about the spec, in every format."""
    found = {}
    for words in COMMANDS:
        named = [] if words[0] == "list" else ["net.yaml"]
        for form in forms:
            done = run_here(*words, *named, "--format", form, cwd=folder)
            assert done.returncode == 0, done.stderr
            found[f"{' '.join(words)} {form}"] = done.stdout
    return found


def test_texts_on_several_lines_are_one_line_in_every_format(tmp_path: Path) -> None:
    words = {field: (f"{'https://' * (field == 'url')}two{field}", "words") for field in FIELDS}
    written(tmp_path, **{field: "  ".join(two) if field == "notes" else " ".join(two) for field, two in words.items()})
    on_one = answers(tmp_path)
    shown = " ".join(on_one.values())
    assert {field for field in FIELDS if f"two{field}" not in shown} == {"cite", "commit", "path", "optimizer"}
    written(tmp_path, **{field: "\n\t".join(two) for field, two in words.items()})
    assert answers(tmp_path) == on_one


@pytest.mark.parametrize(
    "character", ["\x07", "\x1b", "\x7f", "\x9b", "\u200b", "\u202e", "\u2066", "\u2028", "\ufeff"]
)
@pytest.mark.parametrize("field", FIELDS)
def test_characters_that_cannot_be_seen_are_refused(field: str, character: str, tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="control characters"):
        archcalc.load(written(tmp_path, **{field: f"a{character}b"}))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_of_a_spreadsheet_is_a_formula(text: str, tmp_path: Path) -> None:
    texts = {field: f"{text}&{field}" for field in FIELDS}
    written(tmp_path, **texts)
    for answer in answers(tmp_path, ["csv"]).values():
        cells = [cell for row in csv.reader(io.StringIO(answer)) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+-@" and len(cell) > 1 and not cell[1:].isdecimal()]
        assert not [one for one in texts.values() if one in answer and f"'{one}" not in cells]


def test_json_of_names_that_cannot_be_seen_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a\u202eb.yaml"
    written(tmp_path).rename(path)
    done = run("validate", str(path), "--format", "json")
    assert "\\u202e" in done.stdout
    assert "\u202e" not in done.stdout
    assert json.loads(done.stdout)["results"][0]["file"] == str(path)


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "markdown", "html", "latex"])
def test_data_stays_whole_where_standard_output_is_not_utf_8(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, title="caf\u00e9", why="na\u00efve")
    command = ("audit", str(path), "--format", form)
    usual = run(*command).stdout
    latin = run(*command, PYTHONIOENCODING="latin-1").stdout
    assert "na\u00efve" in usual
    lines = (lambda text: [text]) if form == "json" else str.splitlines
    is_json = form.startswith("json")
    assert [*map(json.loads, lines(latin))] == [*map(json.loads, lines(usual))] if is_json else latin == usual
    assert latin.isascii() is is_json


def test_text_for_people_is_escaped_where_standard_output_is_not_utf_8(tmp_path: Path) -> None:
    done = run("table", str(written(tmp_path, title="\u7f51")), PYTHONIOENCODING="ascii")
    assert done.stdout.startswith("net: \\u7f51 ")


def test_a_json_spec_is_json(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text('{"archcalc": 1, "name": "net", "input": [4],\n "layers": [{"name": "fc", "op": relu}]}')
    with pytest.raises(ArchError) as refused:
        archcalc.load(path)
    assert str(refused.value) == f"{path}:2:34: not JSON: expecting value; YAML has the ending .yaml"
    path.write_text(path.read_text().replace("relu", '"relu"'))
    assert archcalc.load(path).table().totals.params == 0
    path.write_text(path.read_text().replace("[4]", "[NaN]"))
    with pytest.raises(ArchError, match="not JSON: NaN is not a value of JSON"):
        archcalc.load(path)


def test_names_have_an_end(tmp_path: Path) -> None:
    long = "a" * 200
    spec = "archcalc: 1\nname: net\ninput: [4]\nlayers: [{name: %s, op: relu}]\n"
    path = tmp_path / "net.yaml"
    path.write_text(spec % long)
    assert archcalc.load(path).table().rows[0].name == long
    path.write_text(spec % f"{long}a")
    with pytest.raises(ArchError, match="a name has at most 200 characters, got 201"):
        archcalc.load(path)
    path.write_text((spec % "a").replace("net", f"{long}a"))
    with pytest.raises(ArchError, match="name has at most 200 characters, got 201"):
        archcalc.load(path)


def test_a_param_is_set_once() -> None:
    done = run("table", "d2l", "--set", "num_classes=2", "--set", "num_classes=3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "archcalc: --set: num_classes is set twice\n"
