"""A record of a profile as JSON: read and written without a loss, and refused by the name of what is wrong in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archcalc.analysis.messages import Failure, Progress, line, read
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.request import Compile, Layers, Mode, Request
from archcalc.analysis.profile.results import Results
from archcalc.analysis.profile.warnings import ProfileWarning
from archcalc.errors import ArchError, MissingError
from archcalc.render.formats import json as json_format
from tests.analysis.profile.recorded import LENET, found, ranks, record_of, step
from tests.conftest import ROOT

COMMITTED = sorted((ROOT / "reports" / "profiles").glob("*.json"))

PARTS = {"forward": step(1.0, 2.0), "backward": step(1.0, 2.0), "optimizer": step(1.0, 2.0)}
OPTIMIZER = {"name": "SGD", "lr": 1e-6, "momentum": 0.9, "weight_decay": 0.0}
TRAIN = {"step": step(*[4.0] * 5), "optimizer": OPTIMIZER, "parts": PARTS, "compile_s": 1.5}
REST = {"loss": "", "warm_up_steps": 10, "peak_mib": None, "peak_is": ""}
EVERYTHING = found(
    name="NVIDIA H100 80GB HBM3",
    batch=6,
    train=TRAIN,
    layers={node.name: step(*[0.1] * 5) for node in LENET.nodes},
    **ranks("nccl", step(1.0, 2.0, 3.0), step(1.0, 2.0, 3.0), alone=step(1.0, 2.0)),
)
REQUEST = Request("d2l", batch=8, mode=Mode.BOTH, layers=Layers.ALONE, compile=Compile.DEFAULT, input_shape=(1, 28, 28))
WHOLE = record_of(REQUEST, EVERYTHING)
BY_PRESET = record_of(replace(REQUEST, preset="tf-benchmark"), EVERYTHING)

OPTIONAL = {
    *("infer", "infer.step.per_block", "infer.latency"),
    *("train", "train.compile_s", "train.parts", *(f"train.parts.{name}" for name in PARTS)),
    *("layers", "distributed", "distributed.train", "published"),
}


def test_there_are_committed_records() -> None:
    assert COMMITTED


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_a_committed_record_is_written_back_as_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    data = json.loads(text)
    stamp = {key: data[key] for key in ("archcalc", "schema")}
    assert json_format.text(stamp | Record.from_json(data).to_json()) == text


@pytest.mark.parametrize("record", [WHOLE, BY_PRESET], ids=["whole", "preset"])
def test_a_record_that_is_written_and_read_is_the_same(record: Record) -> None:
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record
    assert {warning.mode for warning in record.warnings} == {None, Mode.TRAIN}
    assert {warning.rank for warning in record.warnings} == {None, 0, 1}


def test_words_of_another_version_are_kept() -> None:
    data = WHOLE.to_json() | {"warnings": ["infer: the moon was full"]}
    record = Record.from_json(data)
    assert record.warnings == (ProfileWarning("infer: the moon was full"),)
    assert record.to_json() == data


def _places(data: Any, place: str = "") -> Iterator[str]:
    """Every key in a record, with those around it: `layers[0].name`."""
    if isinstance(data, dict):
        for key, value in data.items():
            inside = f"{place}.{key}" if place else key
            yield inside
            yield from _places(value, inside)
    if isinstance(data, list):
        for number, value in enumerate(data):
            yield from _places(value, f"{place}[{number}]")


def _split(place: str) -> list[Any]:
    """
    >>> _split("layers[0].name")
    ['layers', 0, 'name']
    """
    return [int(word) if word.isdigit() else word for word in re.findall(r"\w+", place)]


def _changed(place: str, *value: object) -> Any:
    """A whole record as JSON, with another value in one place, or without its key."""
    data = json.loads(json.dumps(BY_PRESET.to_json()))
    *way, last = _split(place)
    inner = data
    for key in way:
        inner = inner[key]
    if value:
        (inner[last],) = value
    else:
        del inner[last]
    return data


def _fault(data: object) -> str | None:
    try:
        Record.from_json(data)
    except ArchError as error:
        return str(error)
    return None


def test_every_key_is_needed_and_named_where_it_is_missing() -> None:
    faults = {place: _fault(_changed(place)) for place in _places(BY_PRESET.to_json())}
    assert {place for place, fault in faults.items() if fault is None} == OPTIONAL
    assert {fault for place, fault in faults.items() if fault not in (None, f"{place} is missing")} == set()


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("kind", "table", "kind must be profile, got text 'table'"),
        ("created", None, "created must be text, got null"),
        ("spec", "lenet", "spec must be an object, got text 'lenet'"),
        ("spec.params", 1.5, "spec.params must be an integer, got 1.5"),
        ("spec.input_shape[1]", "28", "spec.input_shape[1] must be an integer, got text '28'"),
        ("asked.mode", "fast", "asked.mode must be infer, train or both, got text 'fast'"),
        ("asked.detail", 1, "asked.detail must be true or false, got 1"),
        ("batch.used", True, "batch.used must be an integer, got true"),
        ("batch.used", 0, "batch: used must be at least 1, got 0"),
        ("environment.variables", [], "environment.variables must be an object, got []"),
        ("peaks.measured", None, "peaks.measured must be an object, got null"),
        ("infer.step.mean_ms", -1.0, "infer.step: times must be at least 0"),
        ("infer.step.mean_ms", float("nan"), "infer.step.mean_ms must be a number, got nan"),
        ("infer.step.mean_ms", float("inf"), "infer.step.mean_ms must be a number, got inf"),
        ("infer.bound", 3, "infer.bound must be compute or memory, got 3"),
        ("layers", {}, "layers must be a list, got {}"),
        ("layers[2].step.n", None, "layers[2].step.n must be an integer, got null"),
        ("distributed.train.slowest", 2, "distributed.train: slowest must be one of the ranks, got 2"),
        ("warnings[0]", {}, "warnings[0] must be text, got {}"),
    ],
)
def test_a_value_that_is_wrong_is_named(place: str, value: object, message: str) -> None:
    assert _fault(_changed(place, value)) == message


def test_keys_that_later_versions_add_are_no_fault() -> None:
    assert Record.from_json(BY_PRESET.to_json() | {"energy_j": 3}) == BY_PRESET


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_object_is_no_record(data: object) -> None:
    assert str(_fault(data)).startswith("it must be an object, got ")


def test_messages_cross_the_process_boundary() -> None:
    results = Results.from_json(EVERYTHING | {"train": TRAIN | REST})
    for message in (Progress("peaks"), Failure("no GPU", is_missing=True), results):
        assert read(line(message).encode(), Results) == message
    assert isinstance(Failure("no GPU", is_missing=True).error, MissingError)
    assert not isinstance(Failure("no memory", is_missing=False).error, MissingError)


@pytest.mark.parametrize("text", [b"a library says hello", b"[1]", b'{"Progress": 1}', b"{}", b"\xff"])
def test_other_lines_are_no_messages(text: bytes) -> None:
    assert read(text, Results) is None
