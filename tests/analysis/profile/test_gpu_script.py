"""The script that runs what needs a GPU: its commands are good ones, and it names what it leaves out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PYTHON = f"""#!/bin/sh
case "$*" in *"archcalc profile"*) exec {sys.executable} "$@" ;; esac
"""
"""A python that measures as asked, and does nothing else."""


def script(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "reports").mkdir()
    path = shutil.copy(ROOT / "reports" / "gpu.sh", folder / "reports")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").write_text(PYTHON)
    (folder / "bin" / "python").chmod(0o755)
    path_of_commands = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", path, *options],
        env=os.environ | {"PATH": path_of_commands, "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    done = script(tmp_path, LIMIT="0")
    assert done.returncode == 1
    steps = [line.removeprefix("left out: ") for line in done.stdout.splitlines() if line.startswith("left out: ")]
    assert len(steps) == 9
    assert done.stdout.endswith(f"failed or left out: {' '.join(steps)}\n")


def test_its_commands_fail_by_the_option_that_is_added_alone(tmp_path: Path) -> None:
    done = script(tmp_path, "--budget", "0")
    assert done.returncode == 1
    printed = {path.stem: path.read_text() for path in (tmp_path / "reports" / "gpu").glob("*.err")}
    assert len(printed) == 7
    expected = ("--budget must be more than 0 seconds, got 0.0\n", "sets what is measured: leave out --budget\n")
    assert [name for name, text in printed.items() if not text.endswith(expected)] == []
