"""Columns of whole networks in conditions, fronts, rows and files, and what is wrong with them, word for word."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import archcalc
from archcalc.analysis.sweep import measuring, plan
from archcalc.errors import ArchError
from archcalc.spec import catalogue
from tests.analysis.sweep.test_exact import NET as BRANCHED
from tests.analysis.sweep.test_whole import CALIBRATION, H100
from tests.sizes import FEW

VARY = {"conv1.out_channels": "1..30", "conv2.kernel_size": "2..5", "fc1.out_features": "10..40:10"}
ASKED: dict[str, Any] = {
    "inputs": "8..40:8",
    "columns": ["params", "macs", "memory", "memory_train", "rf", "ms"],
    "device_model": H100,
}


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "BLOCK", 256)
    monkeypatch.setattr(plan, "CHUNK", 800)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """All variants with all columns: what every choice among them is made of."""
    return archcalc.sweep("lenet_d2l", VARY, **ASKED).to_frame()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("where", "query"),
    [
        (["memory < 300k"], "memory < 300_000"),
        (
            ["rf >= 14 and memory_train <= 1.2M", "macs > 100k"],
            "rf >= 14 and memory_train <= 1_200_000 and macs > 100_000",
        ),
        (["rf == 12 or memory < 2 * params"], "rf == 12 or memory < 2 * params"),
        (["ms < 0.0002 and not macs < 10000 * rf"], "ms < 0.0002 and not macs < 10_000 * rf"),
    ],
)
def test_conditions_are_on_any_column(whole: pd.DataFrame, where: list[str], query: str) -> None:
    expected = whole.query(query).reset_index(drop=True)
    assert 0 < len(expected) < len(whole)
    pd.testing.assert_frame_equal(archcalc.sweep("lenet_d2l", VARY, where=where, **ASKED).to_frame(), expected)


def test_conditions_that_64_bits_do_not_hold_are_exact(whole: pd.DataFrame) -> None:
    numbers = sorted(map(int, whole["memory_train"]))
    assert numbers[-1] ** 4 > 2**64
    where = [f"memory_train * memory_train * memory_train * memory_train > {numbers[0]} * {numbers[0]}"]
    assert len(archcalc.sweep("lenet_d2l", VARY, where=where, **ASKED).to_frame()) == len(whole)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("best", [{"top": 7, "by": "ms"}, {"top": 7, "by": "-memory"}, {"top": 7, "by": "macs"}])
def test_the_first_by_any_column(whole: pd.DataFrame, best: dict[str, Any]) -> None:
    column = best["by"].removeprefix("-")
    expected = whole.sort_values(column, ascending=column == best["by"], kind="stable").head(7).reset_index(drop=True)
    found = archcalc.sweep("lenet_d2l", VARY, **ASKED, **best)
    pd.testing.assert_frame_equal(found.to_frame(), expected)
    decisive = {one.name for one in found.search.early}
    assert decisive == {column} - {"macs"}  # the others are computed of the rows that are kept


def test_rows_of_several_networks_have_their_own_columns() -> None:
    network = archcalc.load(BRANCHED)
    asked: dict[str, Any] = {"inputs": {"right": [5, 9]}, "columns": ["macs", "memory", "rf"]}
    vary = {"body.repeat": [1, 2, 3], "body.width": [2, 5]}
    every = network.sweep(vary, **asked).to_frame()
    first = network.sweep(vary, top=5, by="-macs", **asked)
    assert len(first.search.structures.each) == 3
    assert {one.name for one in first.search.late} == {"memory", "rf"}
    expected = every.sort_values("macs", ascending=False, kind="stable").head(5).reset_index(drop=True)
    assert expected["body.repeat"].nunique() > 1
    pd.testing.assert_frame_equal(first.to_frame(), expected)


@pytest.mark.usefixtures("small_chunks")
def test_a_front_of_time_work_and_a_receptive_field(whole: pd.DataFrame) -> None:
    found = archcalc.sweep("lenet_d2l", VARY, pareto=["ms", "-macs", "-rf"], **ASKED).to_frame()
    values = whole[["ms", "macs", "rf"]].to_numpy(dtype=float) * [1, -1, -1]
    unbeaten = {tuple(one) for one in values if not ((values <= one).all(axis=1) & (values < one).any(axis=1)).any()}
    assert {tuple(one) for one in found[["ms", "macs", "rf"]].to_numpy(dtype=float) * [1, -1, -1]} == unbeaten
    assert len(found) == len(unbeaten) > 3


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("jobs", [1, 2])
def test_files_have_all_columns(whole: pd.DataFrame, tmp_path: Path, jobs: int) -> None:
    asked = {**ASKED, "columns": ["params", "memory", "ms"]}
    sweep = archcalc.sweep("lenet_d2l", VARY, top=3, by="rf", jobs=jobs, **asked)
    found = sweep.write(str(tmp_path / "out"))
    own = pd.read_parquet(tmp_path / "out")
    for column in ("params", "memory", "ms", "rf"):
        assert own[column].tolist() == whole[column].tolist()
    assert own["ms"].dtype == "float64"
    again = archcalc.sweep("lenet_d2l", VARY, top=3, by="rf", **asked).write(str(tmp_path / "out"))
    assert [*again.rows()] == [*found.rows()]
    said = archcalc.sweep("lenet_d2l", VARY, top=3, by="rf", **asked, dtype="fp32", precision="fp32")  # the defaults
    assert [*said.write(str(tmp_path / "out")).rows()] == [*found.rows()]
    other = archcalc.sweep("lenet_d2l", VARY, top=3, by="rf", **{**asked, "device_model": "t4"})
    with pytest.raises(ArchError, match=r"has another sweep \(means differ\): name a new folder"):
        other.write(str(tmp_path / "out"))


def test_json_lines_are_written_as_they_are_computed(
    whole: pd.DataFrame, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    measured = measuring.Networks.measured
    monkeypatch.setattr(measuring.Networks, "measured", lambda *asked: computed.append(1) or measured(*asked))
    lines = archcalc.sweep("lenet_d2l", VARY, **ASKED).lines()
    first = json.loads(next(lines))
    assert 0 < len(computed) <= 5 * 4  # blocks of the first chunk, of four columns each
    rows = [first, *map(json.loads, lines)]
    assert len(computed) >= 10 * 4
    assert [*first] == [*whole.columns]
    assert first["input"] == [1, 8, 8]
    assert [row["ms"] for row in rows] == whole["ms"].tolist()


@pytest.mark.parametrize("name", FEW)
def test_a_prediction_is_that_of_predict(name: str) -> None:
    network = archcalc.load(name)
    side = network.spec.input_shape[-1]
    sweep = network.sweep(inputs=[side, side + 8], batch=[1, 2, 32], columns=["ms"], device_model=CALIBRATION)
    for shape, batch, found in sweep.found.rows():
        expected = network.with_(input_shape=shape).predict(batch, device_model=CALIBRATION).seconds
        assert found == 1e3 * expected


def test_single_claims_are_told_by_their_places() -> None:
    network = archcalc.load("torchvision")
    count = len(network.spec.claims)
    names = [f"claim_{place + 1}" for place in range(count)]
    sweep = network.sweep({"conv5.out_channels": [255, 256]}, columns=[*names, "claims"])
    from archcalc.analysis.audit.claims import audit

    for width, *holds, total in sweep.found.rows():
        verdicts = audit(network.with_(**{"conv5.out_channels": width}).graph).verdicts
        assert holds == [int(one.holds) for one in verdicts]
        assert total == sum(holds)
    assert total > 40


NET = """
archcalc: 1
name: net
input: [4, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: part, op: chunk, chunks: 2, index: 0}
  - {name: relu, op: relu}
inplace: [relu]
"""


def test_what_torch_does_not_run_is_counted_with_its_words() -> None:
    network = archcalc.load(NET)
    with pytest.raises(ArchError, match="torch cannot write over one of several parts"):
        network.memory("train")
    found = network.sweep({"conv.kernel_size": [3, 5]}, columns=["memory", "memory_train"]).found
    assert (found.outcome.legal, [*found.rows()]) == (0, [])
    (refused,) = found.refused
    assert (refused.layer, refused.variants) == ("relu", 2)
    assert refused.why.startswith("memory_train: torch cannot write over one of several parts in training")


LEARNS = """
archcalc: 1
name: net
params: {width: 4}
input: [4, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: $width, kernel_size: 3}
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: group, op: batch_norm2d}
  - {name: last, op: adaptive_avg_pool2d, output_size: 1}
"""


def test_rows_that_are_refused_late_make_room_for_others() -> None:
    network = archcalc.load(LEARNS)
    asked: dict[str, Any] = {"inputs": [4, 5, 6, 7], "columns": ["memory_train"], "top": 2, "by": "macs"}
    # of a 4x4 input the pool makes 1x1, of which a batch of 1 has one number for each channel: torch has no statistics
    with pytest.raises(ArchError, match="more than one number for each channel"):
        network.with_(input_shape=(4, 4, 4)).memory("train")
    found = network.sweep(**asked).found
    assert [shape for shape, *_ in found.rows()] == [(4, 6, 6), (4, 7, 7)]
    assert found.outcome.legal == 2
    assert [one.variants for one in found.refused] == [2]
    assert found.refused[0].why.startswith("memory_train: ")
    every = network.sweep(inputs=[4, 5, 6, 7], columns=["memory_train"]).found
    assert (every.outcome.legal, every.refused) == (2, found.refused)


def test_a_file_is_read_once_for_all_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    parse = catalogue.parse
    monkeypatch.setattr(catalogue, "parse", lambda *asked: parsed.append(asked[1]) or parse(*asked))
    search = archcalc.load("resnet18").sweep({"layer1.repeat": "1..5"}).search
    before = len(parsed)
    assert len(search.structures.each) == 5
    assert len(parsed) - before == 1


def test_a_claim_at_an_input_that_some_variants_do_not_fit() -> None:
    claim = "[{what: params, value: 148, input: [4, 6, 6], source: me}]"  # 4 * 4 * 3 * 3 + 4 = 148
    network = archcalc.load(f"{LEARNS}sources: {{me: {{cite: me}}}}\nclaims: {claim}\n".replace("batch_norm2d", "relu"))
    found = network.sweep({"conv.kernel_size": [3, 4, 7]}, columns=["claims"]).found
    assert [*found.rows()] == [(3, 1), (4, 0)]
    (refused,) = found.refused
    assert (refused.layer, refused.variants) == ("conv", 1)
    assert refused.why == "claims: a 7x7 window does not fit 6x6 (from input: 4x6x6)"


LARGE = """
archcalc: 1
name: net
input: [2000000000]
layers:
  - {name: fc, op: linear, out_features: 3, bias: false}
"""


def test_bytes_beyond_64_bits_are_exact(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"vary": {"fc.out_features": [3, 2_000_000_001]}, "columns": ["params", "memory"]}
    network = archcalc.load(LARGE)
    sweep = network.sweep(**asked)
    large = 4 * (2 * 10**9 + 2 * 10**9 * 2_000_000_001 + 2_000_000_001)  # input, weights and output
    assert large > 2**63
    assert [row[-1] for row in sweep.found.rows()] == [4 * (2 * 10**9 + 3 * 2 * 10**9 + 3), large]
    assert network.with_(**{"fc.out_features": 2_000_000_001}).memory().peak == large
    assert [row[0] for row in network.sweep(**asked, where=["memory > 900T"]).found.rows()] == [2_000_000_001]
    with pytest.raises(ArchError) as found:
        sweep.write(str(tmp_path / "out"))
    assert str(found.value) == (
        f"{large:,} of memory is more than a column of Parquet holds: keep such variants out, as by --where "
        "'memory < 900T'"
    )


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"columns": ["ms"]},
        "ms is the time on a device: give --device-model, a device of archcalc devices for the time at its roof, or "
        "local or the file of a calibration for a prediction",
    ),
    (
        {"device_model": "h100-sxm"},
        "--device-model goes with the column ms: name it in --columns, --where, --by or --pareto",
    ),
    (
        {"dtype": "fp16"},
        "--dtype goes with the columns memory and memory_train: name it in --columns, --where, --by or --pareto",
    ),
    (
        {"columns": ["memory"], "optimizer": "adam"},
        "--optimizer goes with the column memory_train: name it in --columns, --where, --by or --pareto",
    ),
    (
        {"columns": ["memory_train"], "dtype": "int8"},
        "int8 is for inference: torch computes no gradients in it; give fp32, fp16 or bf16 to train",
    ),
    ({"columns": ["memory"], "dtype": "fp8"}, "dtype must be fp32, fp16, bf16 or int8, got text 'fp8'"),
    (
        {"columns": ["ms"], "device_model": CALIBRATION, "precision": "fp16"},
        "--precision goes with a device by its data sheet: what is predicted computes in fp32",
    ),
    (
        {"columns": ["ms"], "device_model": "measured"},
        "a sweep takes a device by its data sheet, local, or a file of a calibration; for measured peaks there is "
        "archcalc roofline",
    ),
    ({"columns": ["claim_3"]}, "claim_3: the spec has no claims"),
    ({"columns": ["conv9.rf"]}, "conv9.rf: there is no layer 'conv9'; did you mean 'conv2'?"),
    ({"columns": ["memry"]}, "there is no column 'memry'; did you mean 'memory'?"),
    ({"top": 1, "by": "memory_trian"}, "there is no column 'memory_trian'; did you mean 'memory_train'?"),
    ({"where": ["memori < 3"]}, "'memori < 3': there is no 'memori'; did you mean 'memory'?"),
    (
        {"columns": ["memory"], "batch": [10**10]},
        "memory: batch must be an integer from 1 to 1,000,000,000, got 10000000000",
    ),
]


@pytest.mark.parametrize(("asked", "message"), MISTAKES, ids=[row[1][:50] for row in MISTAKES])
def test_a_mistake_is_said(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError) as found:
        _ = archcalc.sweep("lenet_d2l" if "claim" not in message else LEARNS, inputs=[28], **asked).found
    assert str(found.value) == message


def test_a_claim_cannot_be_told_where_variants_have_others() -> None:
    text = (
        f"{LEARNS}sources: {{me: {{cite: me}}}}\nclaims: [{{what: params, of: late, value: 1, source: me}}]\n".replace(
            "  - {name: last", "  - {name: late, op: relu, when: $more}\n  - {name: last"
        ).replace("{width: 4}", "{width: 4, more: true}")
    )
    network = archcalc.load(text)
    assert [row[-1] for row in network.sweep({"more": [True, False]}, columns=["claims"]).found.rows()] == [0, 0]
    with pytest.raises(ArchError) as found:
        _ = network.sweep({"more": [True, False]}, columns=["claim_1"]).found
    assert str(found.value) == (
        "some variants have 0 of the 1 claims, without those about layers that they lack: ask for claims, which counts "
        "those that hold"
    )
