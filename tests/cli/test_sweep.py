"""archcalc sweep at the command line: its answers, its files, its mistakes."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import archcalc
from tests.commands import clean_environment, run, run_here
from tests.conftest import ROOT

SPACE = """
vary:
  conv1.out_channels: [4, 6, 8..16:8]
  conv2.out_channels: 8..32:4
input: [28, 1x32x28]
batch: 1,4
constraints: [conv2.out_channels == 2 * conv1.out_channels]
"""


def test_every_row_is_what_table_says_of_it(tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(SPACE, encoding="utf-8")
    done = run_here("sweep", "lenet_d2l", "--space", str(tmp_path / "space.yaml"), "--format", "csv")
    rows = [*csv.DictReader(io.StringIO(done.stdout))]
    assert {(row["conv1.out_channels"], row["conv2.out_channels"]) for row in rows} == {
        ("4", "8"),
        ("6", "12"),
        ("8", "16"),
        ("16", "32"),
    }
    assert len(rows) == 4 * 2 * 2
    for row in rows:
        words = [f"conv{place}.out_channels={row[f'conv{place}.out_channels']}" for place in (1, 2)]
        settings = [word for setting in words for word in ("--set", setting)]
        told = ["--input", row["input"], "--batch", row["batch"], "--format", "json"]
        table = json.loads(run_here("table", "lenet_d2l", *settings, *told).stdout)
        for column in ("params", "macs", "activations"):
            assert table["totals"][column] == int(row[column])
        name = f"lenet_d2l:{','.join(words)},input={row['input']}"
        assert archcalc.load(name).table().totals.params == int(row["params"])


def test_all_rows_are_for_programs_and_the_first_ones_for_people() -> None:
    words = ["sweep", "lenet_d2l", "--vary", "conv1.out_channels=1..60"]
    shown = run_here(*words).stdout.splitlines()
    assert len(shown) == 3 + 50 + 2
    assert shown[-1] == "10 more: csv and json have all, --top and --pareto the best, --out keeps any number"
    assert len(json.loads(run_here(*words, "--format", "json").stdout)["rows"]) == 60
    assert len(run_here(*words, "--format", "csv").stdout.splitlines()) == 61


def test_a_model_of_another_file_is_swept(tmp_path: Path) -> None:
    source = run_here("export", "lenet_d2l", "--to", "caffe").stdout
    (tmp_path / "net.prototxt").write_text(source, encoding="utf-8")
    told = ["--vary", "conv1.out_channels=6,8", "--input", "28,32", "--columns", "params", "--format", "csv"]
    ours, theirs = (run_here("sweep", word, *told).stdout for word in ("lenet_d2l", str(tmp_path / "net.prototxt")))
    assert ours == theirs
    assert len(ours.splitlines()) == 5


@pytest.mark.parametrize("column", ["-params", "-macs"])
def test_the_widest_network_under_a_budget(column: str) -> None:
    words = ["--vary", "conv1.out_channels=1..200", "--where", "macs < 10M", "--top", "1", f"--by={column}"]
    (row,) = csv.DictReader(io.StringIO(run_here("sweep", "lenet_d2l", *words, "--format", "csv").stdout))
    # 28 * 28 * 25 * w + 10 * 10 * 16 * 25 * w + 400 * 120 + 120 * 84 + 84 * 10 < 10M: 59,600 w < 9,941,080
    assert row["conv1.out_channels"] == str(9_941_080 // 59_600)


def test_rows_are_what_other_commands_say_of_a_variant() -> None:
    words = ["--vary", "conv1.kernel_size.height=3,5", "--input", "24,28", "--batch", "1,3", "--device-model", "t4"]
    shown = [
        "--columns",
        "memory,memory_train,rf,pool1.rf,ms",
        "--dtype",
        "fp16",
        "--optimizer",
        "adam",
        "--precision",
        "fp16",
    ]
    done = run_here("sweep", "lenet_d2l", *words, *shown, "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 8
    for row in rows:
        shape = "x".join(map(str, row["input"]))
        told = ["lenet_d2l", "--set", f"conv1.kernel_size.height={row['conv1.kernel_size.height']}", "--input", shape]
        batch = ["--batch", str(row["batch"]), "--format", "json"]
        memory = json.loads(run_here("memory", *told, *batch, "--dtype", "fp16").stdout)
        assert memory["peak"]["total"] == row["memory"]
        training = ["--mode", "train", "--optimizer", "adam", "--dtype", "fp16"]
        assert json.loads(run_here("memory", *told, *batch, *training).stdout)["peak"]["total"] == row["memory_train"]
        roofline = ["--device-model", "t4", "--precision", "fp16"]
        assert json.loads(run_here("roofline", *told, *batch, *roofline).stdout)["totals"]["ms"] == row["ms"]
        layers = json.loads(run_here("table", *told, *batch).stdout)["layers"]
        fields = {layer["name"]: layer["receptive_field"] for layer in layers}
        assert min(fields["pool1"][0]["size"]) == row["pool1.rf"]
        assert min(fields["pool2"][0]["size"]) == row["rf"]  # the last layer with more than one place


def test_what_has_rows_alone_says_how_many_are_missing() -> None:
    words = ["sweep", "lenet_d2l", "--input", "4,8,28", "--columns", "params"]
    for form in ("csv", "jsonl"):
        done = run_here(*words, "--format", form)
        assert done.stderr == "archcalc: 2 of 3 variants are illegal: --format plain says why\n"
        assert len(done.stdout.splitlines()) == (2 if form == "csv" else 1)
    assert "2 are illegal" in run_here(*words).stdout


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_has_rows_alone_says_where_they_are(form: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    done = run_here("sweep", "lenet_d2l", "--input", "8,28", "--columns", "params", "--out", folder, "--format", form)
    assert done.stderr.endswith(f"archcalc: {folder} has 1 row\n")


def test_json_lines_of_the_best_are_those_of_csv(tmp_path: Path) -> None:
    words = ["sweep", "lenet_d2l", "--vary", "conv1.out_channels=1..60", "--top", "3", "--by=-memory"]
    run_here(*words, "-o", str(tmp_path / "best.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "best.jsonl").read_text(encoding="utf-8").splitlines()]
    same = [*csv.DictReader(io.StringIO(run_here(*words, "--format", "csv").stdout))]
    assert [{key: str(value) for key, value in row.items()} for row in rows] == same
    assert [row["conv1.out_channels"] for row in rows] == [60, 59, 58]


def test_each_of_several_inputs_is_varied_by_its_name(tmp_path: Path) -> None:
    text = """
archcalc: 1
name: net
input: {left: [1, 8, 8], right: [1, 8, 8]}
layers:
  - {name: one, op: conv2d, out_channels: 2, kernel_size: 3, from: left}
  - {name: two, op: conv2d, out_channels: 2, kernel_size: 3, from: right}
  - {name: both, op: add, from: [one, two]}
"""
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "space.yaml").write_text("input: {left: [8, 9], right: '8..10'}\n", encoding="utf-8")
    words = ["sweep", str(tmp_path / "net.yaml"), "--columns", "macs", "--format", "csv"]
    told = ["--input", "left=8,9", "--input", "right=8..10", "--where", "input.left.height < 9"]
    (row,) = csv.DictReader(io.StringIO(run_here(*words, *told).stdout))
    assert row == {"input.left": "1x8x8", "input.right": "1x8x8", "macs": str(2 * 6 * 6 * 2 * 9)}
    rows = [*csv.DictReader(io.StringIO(run_here(*words, "--space", str(tmp_path / "space.yaml")).stdout))]
    assert [row["input.right"] for row in rows] == ["1x8x8", "1x9x9"]
    mistakes = [
        (["8"], "net has the inputs left and right: vary each, as in --input left=96,128 --input right=96,128"),
        (["lift=8"], "net has no input 'lift'; did you mean 'left'?"),
        (["left=8", "9"], "--input: '9' does not say which of the inputs is varied: write left=96,128"),
        (["left=8", "left=9"], "--input: left is given twice: put all its values in one list"),
        (["left=8x8"], "input.left: 8x8 is not like 1x8x8, which the network reads"),
    ]
    for given, message in mistakes:
        done = run_here(*words, *(word for one in given for word in ("--input", one)))
        assert (done.returncode, done.stderr) == (2, f"archcalc: {message}\n")
    done = run_here("sweep", "lenet_d2l", "--input", "left=8")
    assert done.stderr == "archcalc: lenet_d2l has one input, which has no name: write --input 96,128\n"


MISTAKES = [
    ([], "nothing is varied: give what, with --vary w=8..128:8, --input 96,128 or --batch 1,8"),
    (["--vary", "w"], "--vary: 'w' does not say what is varied over which values: write w=8..128:8"),
    (
        ["--vary", "num_classes=1", "--vary", "num_classes=2"],
        "--vary: num_classes is given twice: put all its values in one list",
    ),
    (["--input", "28", "--shard", "1/2"], "--shard goes with --out: each machine writes its files to the same folder"),
    (["--input", "28", "--out", "{tmp}/x", "--shard", "3/2"], "'3/2' is no shard: write which of how many, as in 3/16"),
    (["--input", "28", "--top", "3"], "top goes with by: how many, and by which column, as in --top 20 --by macs"),
    (
        ["--input", "28", "--where", "macs"],
        "'macs' is a number, not a condition: write a condition such as params < 5e6",
    ),
    (["--input", "28", "--out", "{tmp}/space.yaml"], "{tmp}/space.yaml cannot be written: file exists"),
    (["--space", "{tmp}/space.yaml"], "{tmp}/space.yaml:2:1: a space has no 'vari'; did you mean 'vary'?"),
    (["--space", "{tmp}/list.yaml"], "{tmp}/list.yaml:1:7: vary must be a mapping, {name: values}"),
    (
        ["--space", "{tmp}/words.yaml"],
        "{tmp}/words.yaml:1:14: constraints must be a list of conditions, such as w2 == 2 * w1",
    ),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[row[1][:40] for row in MISTAKES])
def test_a_mistake_is_said(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "space.yaml").write_text("input: 28\nvari: 3\n", encoding="utf-8")
    (tmp_path / "list.yaml").write_text("vary: [1]\n", encoding="utf-8")
    (tmp_path / "words.yaml").write_text("constraints: w == 3\n", encoding="utf-8")
    done = run_here("sweep", "lenet_d2l", *(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.removeprefix("archcalc: ").startswith(message.replace("{tmp}", str(tmp_path)))


def test_a_spec_from_standard_input_is_refused() -> None:
    text = (ROOT / "specs" / "lenet_d2l.yaml").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", "sweep", "-", "--input", "28"],
        input=text,
        capture_output=True,
        text=True,
        env=clean_environment(),
        cwd=ROOT,
        check=False,
    )
    said = "archcalc: a spec from standard input cannot be read again: save it to a file first\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("missing", "words", "said"),
    [
        ("numpy", [], "a sweep needs numpy (import of numpy halted; None in sys.modules)"),
        (
            "pyarrow",
            ["--out", "{tmp}/out"],
            "Parquet needs pyarrow (No module named 'pyarrow.parquet'; 'pyarrow' is not a package)",
        ),
        (
            "scipy",
            ["--sample", "3", "--sampling", "latin"],
            "a Latin hypercube needs scipy (No module named 'scipy.stats';",
        ),
    ],
)
def test_a_package_that_is_missing_is_named(tmp_path: Path, missing: str, words: list[str], said: str) -> None:
    words = [
        "archcalc",
        "sweep",
        "lenet_d2l",
        "--input",
        "28",
        *(word.replace("{tmp}", str(tmp_path)) for word in words),
    ]
    script = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = {words!r}; from archcalc.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=clean_environment(), cwd=ROOT, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith(f"archcalc: {said}")
    assert done.stderr.endswith("pip install 'archcalc[sweep]'\n")


def test_no_other_command_loads_numpy_for_it() -> None:
    script = "import archcalc.answers.sweep, archcalc.cli.sweep.command, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "False\n"


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from archcalc.analysis.sweep.run import Progress
    from archcalc.cli.progress import ProgressLine
    from archcalc.cli.sweep import reporting

    now = iter([0.0, 10.0, 10.1, 20.0])
    monkeypatch.setattr(reporting, "monotonic", lambda: next(now))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with ProgressLine.on_terminal() as line:
        report = reporting.reporting(line)
        for done in (1, 2, 3):
            report(Progress(done, 4, done * 1_000_000))
    shown = [one.rstrip() for one in capsys.readouterr().err.split("\r")]
    assert shown == [
        "",
        "1,000,000 variants, 100,000 a second, 0:30 left",
        "3,000,000 variants, 150,000 a second, 0:07 left",
        "",
        "",
    ]
    assert run("sweep", "lenet_d2l", "--input", "28").stderr == ""
