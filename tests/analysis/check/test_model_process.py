"""Somebody's model runs in a process of its own: whatever it does there, the answer is exit code 2 and its story."""

import json
from pathlib import Path

import pytest

from tests.commands import run

MODELS = """
import ctypes
import os
import signal
import sys
import time

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(256, 5)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
        return self.fc(torch.flatten(x, 1))


def doing(what):
    class Does(Net):
        def forward(self, x):
            what()
            return super().forward(x)

    return Does


class Broken(Exception):
    def __str__(self):
        raise ValueError


def breaks():
    raise Broken


def recurs():
    recurs()


def hangs():
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
    time.sleep(1000)


def leaves_a_child():
    if not os.fork():
        time.sleep(1000)


def prints():
    print("from the model")
    os.write(1, b"and below it\\n")


Printing = doing(prints)
Leaving = doing(leaves_a_child)
Exits = doing(lambda: sys.exit(0))
Ends = doing(lambda: os._exit(0))
Hangs = doing(hangs)
Breaks = doing(breaks)
Recurs = doing(recurs)
Crashes = doing(lambda: ctypes.string_at(0))
Killed = doing(lambda: os.kill(os.getpid(), signal.SIGKILL))
Closes = doing(lambda: os.closerange(0, 100))
Asks = doing(input)
compiled = torch.compile(Net())


class Patches(Net):
    def __init__(self):
        super().__init__()
        nn.Conv2d.forward = lambda self, x: torch.zeros(1, 4, 16, 16)


class Interrupted(Net):
    def __init__(self):
        raise KeyboardInterrupt
"""
SPEC = """
archcalc: 1
input: [3, 16, 16]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, activation: relu}
  - {name: pool, op: max_pool2d, kernel_size: 2, stride: 2}
  - {name: flat, op: flatten}
  - {name: fc, op: linear, out_features: 5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(SPEC)
    (tmp_path / "nets.py").write_text(MODELS)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "story"),
    [
        pytest.param("Exits", "cannot run on 1x3x16x16: SystemExit: 0", marks=pytest.mark.slow),
        pytest.param("Ends", "ended its process with exit code 0 while it runs", marks=pytest.mark.slow),
        ("Hangs", "has not come to an end after 9 seconds (--timeout) while it runs"),
        pytest.param("Breaks", "cannot run on 1x3x16x16: Broken", marks=pytest.mark.slow),
        pytest.param("Crashes", "ended its process by SIGSEGV while it runs", marks=pytest.mark.slow),
        pytest.param("Recurs", "cannot run on 1x3x16x16: RecursionError", marks=pytest.mark.slow),
        pytest.param("Killed", "was killed, as systems do where memory runs out,", marks=pytest.mark.slow),
        pytest.param("Closes", "ended its process with exit code 1 while it runs", marks=pytest.mark.slow),
        pytest.param("Asks", "cannot run on 1x3x16x16: EOFError", marks=pytest.mark.slow),
        pytest.param("Patches", "replaces nn.Conv2d.forward for all of torch", marks=pytest.mark.slow),
        pytest.param("Interrupted", "fails: nets.py:82: KeyboardInterrupt", marks=pytest.mark.slow),
    ],
)
def test_a_model_that_does_not_come_to_an_end_is_a_mistake_with_a_story(folder: Path, name: str, story: str) -> None:
    limit = ["--timeout", "9"] if name == "Hangs" else []
    done = run("check", "net.yaml", "--against", f"nets.py:{name}", *limit, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"archcalc: nets.py:{name}" in done.stderr
    assert story in done.stderr


@pytest.mark.parametrize(
    "name", ["Printing", *(pytest.param(name, marks=pytest.mark.slow) for name in ("Leaving", "compiled"))]
)
def test_what_a_model_prints_or_leaves_behind_disturbs_no_answer(folder: Path, name: str) -> None:
    done = run("check", "net.yaml", "--against", f"nets.py:{name}", "--format", "json", cwd=folder)
    assert json.loads(done.stdout)["agrees"], done.stdout
    assert done.returncode == 0
    assert ("from the model\n" in done.stderr) == ("and below it\n" in done.stderr) == (name == "Printing")
