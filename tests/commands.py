"""archcalc as a process: in a pipe, and on a terminal; and in this process, where torch is loaded already."""

import contextlib
import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from unittest import mock

from archcalc.cli.app import main
from tests.conftest import ROOT


def run(
    *arguments: str, cwd: Path = ROOT, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        env=clean_environment(**environment),
        check=False,
    )


def run_here(*arguments: str, cwd: Path = ROOT, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """As `run`, but in this process: for commands that load torch, where nothing that is of a process is tested."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    command = ["archcalc", *arguments]
    code: object = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "stdin", io.StringIO(stdin)),
        mock.patch.dict(os.environ, clean_environment(), clear=True),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int | None)
    texts = (stream.buffer.getvalue().decode() for stream in (output, errors))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code or 0, *texts)


def clean_environment(**environment: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "ARCHCALC_SPECS")}
    return kept | {"PYTHONPATH": str(ROOT)} | environment


def on_terminal(width: int, *arguments: str, **environment: str) -> tuple[str, int]:
    """Return what a terminal of this width gets, standard output and error together, and the exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", *arguments],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment(**({"TERM": "xterm-256color"} | environment)),
    )
    os.close(theirs)
    chunks = []
    try:
        while chunk := os.read(ours, 65536):
            chunks.append(chunk)
    except OSError:  # Linux ends a closed terminal with an error
        pass
    os.close(ours)
    return b"".join(chunks).decode().replace("\r\n", "\n"), process.wait()
