"""Parts in a folder: whole at any moment, the same however they were made, and read by others."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars
import pytest

import archcalc
from archcalc.analysis.sweep import arrow, parts, plan
from archcalc.errors import ArchError
from tests.commands import clean_environment
from tests.conftest import ROOT

VARY = {"conv1.out_channels": "1..40", "conv2.kernel_size": "2..5", "fc1.out_features": "10..40:10"}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 32)
    monkeypatch.setattr(plan, "CHUNK", 100)


def swept(**more: Any) -> Any:
    return archcalc.sweep("lenet_d2l", VARY, inputs="8..40:8", columns=["params", "macs"], **more)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_parts_are_read_by_others_and_are_what_an_answer_has(tmp_path: Path) -> None:
    sweep = swept()
    found = sweep.write(str(tmp_path / "out"))
    frame = sweep.to_frame()
    assert len(frame) == found.outcome.matching > 1000
    assert len(names(tmp_path / "out")) == sweep.search.plan.chunks + 1 > 20
    own = pd.read_parquet(tmp_path / "out")
    assert own["variant"].is_monotonic_increasing
    assert own["variant"].is_unique
    own["input"] = own["input"].astype(str)
    pd.testing.assert_frame_equal(own.drop(columns="variant").convert_dtypes(), frame)
    files = f"{tmp_path}/out/*.parquet"
    total = int(frame.params.sum())
    assert polars.scan_parquet(files).select(polars.col("params").sum()).collect().item() == total
    assert duckdb.sql(f"select sum(params) from read_parquet('{files}')").fetchall() == [(total,)]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def test_a_sweep_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    sweep, other = swept(), swept()
    whole = sweep.write(str(tmp_path / "whole"))
    other.write(str(tmp_path / "out"))
    first = contents(tmp_path / "out")
    for name in list(first)[3:9]:
        (tmp_path / "out" / name).unlink()
    before = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in names(tmp_path / "out")}
    again = swept().write(str(tmp_path / "out"))
    assert contents(tmp_path / "out") == first == contents(tmp_path / "whole")
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before} == before
    assert again.outcome == whole.outcome
    assert again.refused == whole.refused


@pytest.mark.parametrize("best", [{"top": 5, "by": "macs"}, {"pareto": ["params", "-macs"]}])
def test_the_best_of_parts_that_are_there_are_those_of_all(tmp_path: Path, best: Any) -> None:
    expected = [*swept(**best).found.rows()]
    first = swept(**best).write(str(tmp_path))
    again = swept(**best).write(str(tmp_path))
    assert [*first.rows()] == [*again.rows()] == expected


def test_shards_make_all_parts_between_them(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        swept().write(str(tmp_path / "out"), shard=f"{number}/3")
    swept().write(str(tmp_path / "whole"))
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_processes_make_the_same_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # other processes have chunks of the usual size
    vary = {"conv1.out_channels": "1..700", "fc1.out_features": "1..1000"}
    alone, several = (
        archcalc.sweep("lenet_d2l", vary, columns=["params"], where=["macs < 2M"], jobs=jobs) for jobs in (1, 2)
    )
    assert alone.search.plan.chunks == 3
    one = alone.write(str(tmp_path / "alone"))
    two = several.write(str(tmp_path / "several"))
    assert one.outcome == two.outcome
    assert contents(tmp_path / "alone") == contents(tmp_path / "several")
    assert [*alone.records()] == [*several.records()]


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ({"where": ["macs > 3"]}, "the conditions"),
        ({"constraints": ["fc1.out_features > 10"]}, "the spaces"),
        ({"batch": [2]}, "the spaces"),
        ({"columns": ["params"]}, "columns"),
    ],
)
def test_another_sweep_is_refused(tmp_path: Path, more: Any, differs: str) -> None:
    swept().write(str(tmp_path / "out"))
    asked = {"columns": ["params", "macs"], "inputs": "8..40:8"} | more
    with pytest.raises(ArchError) as found:
        archcalc.sweep("lenet_d2l", VARY, **asked).write(str(tmp_path / "out"))
    assert str(found.value) == f"{tmp_path}/out has another sweep ({differs} differ): name a new folder"


def test_other_layers_are_another_sweep(tmp_path: Path) -> None:
    text = (ROOT / "specs" / "lenet_d2l.yaml").read_text(encoding="utf-8")
    file = tmp_path / "lenet_d2l.yaml"
    for layers, fits in ((text, True), (text.replace("out_features: 84", "out_features: 85"), False)):
        file.write_text(layers, encoding="utf-8")
        sweep = archcalc.sweep(file, {"conv1.out_channels": "1,2"})
        if fits:
            sweep.write(str(tmp_path / "out"))
            continue
        with pytest.raises(ArchError) as found:
            sweep.write(str(tmp_path / "out"))
        assert str(found.value) == f"{tmp_path}/out has another sweep (the layers differ): name a new folder"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("inplace: [relu]", "inplace: []"),
        ("value: 12k", "value: 9k"),
        ("outputs: [fc, norm]", "outputs: [fc]"),
    ],
)
def test_what_decides_columns_beside_layers_is_of_the_sweep(tmp_path: Path, before: str, after: str) -> None:
    """What works in place and what is handed on decide memory, and claims the columns of claims."""
    text = """
archcalc: 1
name: net
input: [3, 8, 8]
inplace: [relu]
outputs: [fc, norm]
sources: {a: {title: A page}}
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: norm, op: batch_norm2d}
  - {name: flatten, op: flatten}
  - {name: fc, op: linear, out_features: 5}
claims:
  - {what: params, value: 12k, source: a, expect: fails, why: it is made up}
"""
    file = tmp_path / "net.yaml"
    file.write_text(text, encoding="utf-8")
    archcalc.sweep(file, {"conv.out_channels": "4,5"}).write(str(tmp_path / "out"))
    archcalc.sweep(file, {"conv.out_channels": "4,5"}).write(str(tmp_path / "out"))
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ArchError, match="out has another sweep"):
        archcalc.sweep(file, {"conv.out_channels": "4,5"}).write(str(tmp_path / "out"))


def test_another_version_is_refused(tmp_path: Path) -> None:
    swept().write(str(tmp_path))
    manifest = tmp_path / parts.MANIFEST
    data = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(data | {"archcalc": "0.0.9"}), encoding="utf-8")
    with pytest.raises(ArchError) as found:
        swept().write(str(tmp_path))
    said = f"{tmp_path} was written by archcalc 0.0.9, and this is {archcalc.__version__}: name a new folder"
    assert str(found.value) == said


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (parts.MANIFEST, "[]", f"/{parts.MANIFEST} is not the manifest of a sweep: name a new folder"),
        (parts.MANIFEST, "{", f"/{parts.MANIFEST} is not the manifest of a sweep: name a new folder"),
        ("notes.txt", "", f" has files, but no {parts.MANIFEST} of a sweep: name a new folder"),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ArchError) as found:
        swept().write(str(tmp_path))
    assert str(found.value) == f"{tmp_path}{message}"
    assert names(tmp_path) == [name]


def test_a_damaged_part_is_said(tmp_path: Path) -> None:
    swept().write(str(tmp_path))
    part = tmp_path / "part-000002.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(ArchError, match=r"part-000002\.parquet is no part of a sweep, or is damaged \(.*\): remove it"):
        swept().write(str(tmp_path))


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(path: Path) -> None:
        written.append(path)
        if len(written) > 4:
            raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28] ...")  # as pyarrow does

    monkeypatch.setattr(parts, "_make_sure", full)
    with pytest.raises(ArchError) as found:
        swept().write(str(tmp_path / "out"))
    part = tmp_path / "out" / "part-000003.parquet"
    said = f"{part} cannot be written: no space left on device; the parts before it are whole"
    assert str(found.value) == said
    assert names(tmp_path / "out") == [parts.MANIFEST, *(f"part-{number:06d}.parquet" for number in range(3))]
    monkeypatch.undo()


def test_a_sweep_that_is_killed_goes_on(tmp_path: Path) -> None:
    words = ["sweep", "lenet_d2l", "--columns", "params,macs", "--out", str(tmp_path / "out")]
    vary = {
        "conv1.out_channels": "1..60",
        "conv2.out_channels": "1..60",
        "fc1.out_features": "1..60",
        "fc2.out_features": "1..60",
    }
    words += [word for name, values in vary.items() for word in ("--vary", f"{name}={values}")]
    command = [sys.executable, "-m", "archcalc", *words]
    for after in (1, 3, 6):
        process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL)
        while len([*(tmp_path / "out").glob("part-*")]) < after:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = [name for name in names(tmp_path / "out") if name.startswith("part-")]
    sweep = archcalc.sweep("lenet_d2l", vary, columns=["params", "macs"])
    assert len(done) >= 6
    for name in done:
        frame = pd.read_parquet(tmp_path / "out" / name)
        assert len(frame) > 0
        row = frame.iloc[-1]
        values = {key: int(row[key]) for key in vary}
        assert archcalc.load("lenet_d2l").with_(**values).table().totals.params == row["params"]
        assert sweep.search.plan.space.variant(int(row["variant"])) == values


def test_values_of_several_sorts_are_text_beside_each_other(tmp_path: Path) -> None:
    sweep = archcalc.sweep("lenet_d2l", {"conv1.padding": [1, "same"], "conv1.bias": [True, False]})
    sweep.write(str(tmp_path / "out"))
    frame = pd.read_parquet(tmp_path / "out")
    assert frame["conv1.padding"].tolist() == ["1", "1", "same", "same"]
    assert frame["conv1.bias"].tolist() == [True, False, True, False]
    assert sweep.to_frame()["conv1.padding"].tolist() == [1, 1, "same", "same"]
    assert arrow._alike((0.5, 1)) == [0.5, 1.0]


def test_a_space_without_end_is_drawn_from(tmp_path: Path) -> None:
    names = [f"{layer}.out_channels" for layer in ("conv1", "conv2")] + ["fc1.out_features", "fc2.out_features"]
    vary = dict.fromkeys(names, "1..100000")

    def asked() -> Any:
        return archcalc.sweep("lenet_d2l", vary, sample=300, top=4, by="params", columns=["params", "macs"])

    found = asked().write(str(tmp_path))
    assert found.search.plan.space.size == 10**20 > 2**63
    assert [*found.rows()] == [*asked().found.rows()] == [*asked().write(str(tmp_path)).rows()]
    frame = pd.read_parquet(tmp_path)
    for row in frame.to_dict("records")[::37]:
        values = {name: row[name] for name in names}
        assert found.search.plan.space.variant(int(row["variant"])) == values
        assert archcalc.load("lenet_d2l").with_(**values).table().totals.macs == row["macs"]
