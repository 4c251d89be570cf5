"""A network that is measured in no time, how, and a clock that is not real."""

from dataclasses import replace
from typing import Any

from archcalc.analysis.profile.request import Request

TINY = """archcalc: 1
name: tiny
input: [3, 16, 16]
layers:
  - {name: conv1, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: flatten, op: flatten}
  - {name: drop, op: dropout, p: 0.5}
  - {name: fc, op: linear, out_features: 10}
"""

SHORT = ("--device", "cpu", "--threads", "1", "--batch", "2", "--calls", "100", "--min-run-time", "0.01")


def asked(**changed: Any) -> Request:
    short = Request("tiny", batch=2, threads=1, min_run_time=0.01, warm_up_seconds=0.0)
    return replace(short, **changed)


class FakeClock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits = True

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
