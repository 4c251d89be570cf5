"""The process that measures: what it says, how it ends, and with whom."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archcalc.analysis.messages import Progress, heard, line
from archcalc.analysis.profile.results import Results
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.process import Ended
from archcalc.pytorch.profile import process as own_process
from tests.analysis.profile.tiny import SHORT, asked
from tests.commands import clean_environment


def test_a_process_that_ends_without_a_word_is_told_by_how_it_ended(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script, message in (
        ("import sys; sys.exit('first\\nlast words')", "tiny: the measurement failed: last words"),
        ("import os; os.kill(os.getpid(), 9)", "tiny: the measurement was killed, as systems do where memory runs out"),
        ("import os; os.kill(os.getpid(), 6)", "tiny: the measurement ended by SIGABRT; --in-process shows more"),
    ):
        monkeypatch.setattr(own_process, "PROCESS", (sys.executable, "-c", script))
        with pytest.raises(ArchError) as failed:
            own_process.in_a_process(graph, asked(), lambda _: None)
        assert str(failed.value).startswith(message)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found under /proc")
@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL], ids=["TERM", "KILL"]
)
def test_what_measures_ends_with_what_asked(tiny: Path, tmp_path: Path, how: signal.Signals) -> None:
    mark = f"{tmp_path.name}-{how.name}"
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", "profile", str(tiny), *SHORT[:-1], "600"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(ARCHCALC_MARK=mark),
    )
    while not any(b"archcalc.pytorch.profile" in _read(one / "cmdline") for one in _processes(mark)):
        time.sleep(0.2)
    time.sleep(3)  # while it measures
    process.send_signal(how)
    process.wait()
    for _ in range(100):
        if not _processes(mark):
            return
        time.sleep(0.1)
    pytest.fail("it goes on measuring")


def _processes(mark: str) -> list[Path]:
    """Those that run with this mark in their environment."""
    return [one for one in Path("/proc").glob("[0-9]*") if mark.encode() in _read(one / "environ")]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.slow
def test_a_file_in_the_folder_is_not_taken_for_a_module(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('taken')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert own_process.in_a_process(graph, asked(), lambda _: None).batch == 2


def test_lines_that_are_not_ours_are_not_heard() -> None:
    lines = [b"a library says hello", b"[1]", line(Progress("x")).encode()]
    told: list[str] = []
    assert [heard(told.append, Results, text) for text in lines] == [None] * 3
    assert told == ["x"]
    assert own_process._how_it_ended(Ended(-40), "") == "the measurement ended by signal 40; --in-process shows more"


def test_what_fails_in_the_process_is_told_by_its_own_message(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import archcalc.pytorch.profile.run as run, archcalc.pytorch.profile.__main__ as process\n"
        "def measure(*_): raise ValueError('\\nfirst\\nlast')\n"
        "run.measure = measure\nprocess.main()"
    )
    monkeypatch.setattr(own_process, "PROCESS", (sys.executable, "-c", script))
    with pytest.raises(ArchError) as failed:
        own_process.in_a_process(graph, asked(), lambda _: None)
    assert str(failed.value) == "the measurement failed: ValueError: first (--in-process shows where)"
