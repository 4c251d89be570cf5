"""Standard streams and files: whole or not at all, whatever becomes of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import clean_environment, run, run_here
from tests.conftest import ROOT


def test_a_spec_goes_to_a_file_in_the_format_of_its_ending_or_the_one_that_is_asked_for(tmp_path: Path) -> None:
    for words, name, start in (
        ([], "net.yaml", "# yaml-language-server"),
        ([], "net.JSON", '{\n  "archcalc": 1,'),
        (["-f", "json"], "net.spec", '{\n  "archcalc": 1,'),
        (["-f", "json"], "net.txt", '{\n  "archcalc": 1,'),
        ([], "net.spec", "# yaml-language-server"),
    ):
        path = tmp_path / name
        assert run("show", "lenet_d2l", *words, "-o", str(path)).returncode == 0
        assert path.read_text(encoding="utf-8").startswith(start)


def test_output_goes_to_a_file_in_the_format_of_its_ending(tmp_path: Path) -> None:
    for ending, start in (
        (".md", "**alexnet"),
        (".markdown", "**alexnet"),
        (".tex", "% needs"),
        (".latex", "% needs"),
        (".json", "{"),
        (".html", "<!doctype"),
        (".csv", "i"),
    ):
        path = tmp_path / f"table{ending}"
        done = run("table", "paper", "--output", str(path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert path.read_text(encoding="utf-8").startswith(start)
    assert [path.suffix for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_format_and_an_ending_that_agree_are_one(tmp_path: Path) -> None:
    for words, name in (
        (["table", "lenet_d2l", "-f", "markdown"], "a.markdown"),
        (["table", "lenet_d2l", "-f", "csv"], "a.CSV"),
        (["table", "lenet_d2l", "-f", "html"], "a.htm"),
        (["table", "lenet_d2l", "-f", "html"], "a.txt"),  # which any text may be
        (["table", "lenet_d2l", "-f", "json"], "a.log"),  # which says nothing
        (["table", "lenet_d2l", "-f", "table"], "b.txt"),
        (["show", "lenet_d2l", "-f", "yaml"], "a.yml"),
        (["export", "lenet_d2l", "--to", "dot"], "a.gv"),
        (["export", "lenet_d2l", "--to", "scalesim"], "b.csv"),
    ):
        done = run_here(*words, "-o", str(tmp_path / name))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / name).stat().st_size


@pytest.mark.parametrize("command", [("table", "paper"), ("show", "d2l"), ("export", "d2l"), ("schema",), ("ops",)])
def test_a_dash_is_standard_output(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_here(*command, "--output", "-").stdout == run_here(*command).stdout != ""
    assert [*tmp_path.iterdir()] == []


def test_a_failed_output_leaves_the_old_file_whole(tmp_path: Path) -> None:
    old = tmp_path / "table.md"
    old.write_text("old")
    assert run("table", "nope", "--output", str(old)).returncode == 2
    assert old.read_text() == "old"
    done = run("table", "paper", "--output", str(tmp_path / "no" / "table.md"))
    assert done.returncode == 2
    assert done.stderr == (
        f"archcalc: --output: {tmp_path / 'no' / 'table.md'} cannot be written: no such file or directory\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", "table", "paper"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=clean_environment(),
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "archcalc: standard output cannot be written: no space left on device\n"


def test_head_ends_a_long_output_quietly(tmp_path: Path) -> None:
    layers = "\n".join(f"  - {{name: a{i}, op: relu}}" for i in range(5000))
    path = tmp_path / "long.yaml"
    path.write_text(f"archcalc: 1\nname: long\ninput: [8]\nlayers:\n{layers}\n")
    script = f"{sys.executable} -m archcalc table {path}; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({script}) | head -1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
    )
    assert done.stdout == "long (input 8)\n"
    assert done.stderr == "code 0\n"


def test_control_c_ends_with_130() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "archcalc", "table", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"#" * 100_000)  # more than a pipe holds: the command reads, and waits for what never comes
        process.stdin.flush()
        time.sleep(0.3)  # Python looks for signals only in a system call, and it has just been woken from one
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.returncode, process.stdout.read(), process.stderr.read()) == (130, b"", b"")


def test_output_goes_through_links_and_into_pipes(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.md", tmp_path / "link.md", tmp_path / "pipe.md"
    target.write_text("old")
    link.symlink_to(target)
    assert run("table", "paper", "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert target.read_text().startswith("**alexnet")
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        assert run("table", "paper", "-o", str(pipe)).returncode == 0
        assert reader.communicate()[0] == target.read_text()
    assert pipe.is_fifo()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams_are_no_traceback(closed: str) -> None:
    word = "-" if closed == "<&-" else "paper"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m archcalc table {word} {closed}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if closed == "<&-" else 0)


def test_a_title_that_the_terminal_cannot_write_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcalc: 1\nname: net\ntitle: 网络\ninput: [3]\nlayers: [{name: a, op: relu}]\n", encoding="utf-8"
    )
    done = run("table", str(path), PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u7f51" in done.stdout


def test_a_name_of_odd_bytes_is_no_traceback() -> None:
    command = [os.fsencode(sys.executable), b"-m", b"archcalc", b"table", b"\xff"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=clean_environment(), check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_no_answer_is_written_over_a_file_that_it_was_made_from(tmp_path: Path) -> None:
    base, spec, link = tmp_path / "base.yaml", tmp_path / "net.yaml", tmp_path / "link.json"
    base.write_text("archcalc: 1\nname: base\ninput: [4]\nlayers: [{name: fc, op: linear, out_features: 2}]\n")
    spec.write_text("archcalc: 1\nname: net\nextends: base\noverride: {fc: {out_features: 3}}\n")
    link.symlink_to(spec)
    (tmp_path / "model.py").write_text("import torch\nfc = torch.nn.Sequential(torch.nn.Linear(4, 3))\n")
    (tmp_path / "code.json").symlink_to(tmp_path / "model.py")
    texts = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for command in (
        ["show", "net.yaml", "-o", "net.yaml"],
        ["show", "net", "--spec-dir", ".", "-o", "net.yaml"],
        ["show", "net.yaml", "-o", "base.yaml"],
        ["table", "net.yaml", "-o", "link.json"],
        ["check", "net.yaml", "--against", "model.py:fc", "-o", "code.json"],
    ):
        done = run_here(*command, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        output = command[command.index("-o") + 1]
        assert done.stderr.endswith(f"--output: {output} is a file that the answer was made from: name another\n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == texts
    assert run_here("show", "net.yaml", "-o", "other.yaml", cwd=tmp_path).returncode == 0


def test_help_into_a_closed_pipe_is_quiet() -> None:
    script = f"{sys.executable} -m archcalc table --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, cwd=ROOT, env=clean_environment(), check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("words", [["table", "nope"], ["table", "--nope"], ["check", "lenet_d2l", "--against", ""]])
def test_standard_error_that_cannot_be_written_changes_no_exit_code(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", *words],
            stdout=subprocess.PIPE,
            stderr=full,
            cwd=ROOT,
            env=clean_environment(),
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, b"")


def test_control_c_while_the_command_line_is_loaded_ends_with_130() -> None:
    script = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'archcalc.cli.app':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from archcalc.__main__ import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=clean_environment(), check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
