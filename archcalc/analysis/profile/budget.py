"""The seconds that a measurement takes, and how to take fewer: `--quick`, and a budget for all networks."""

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Final

from archcalc.analysis.profile.request import LATENCY_SECONDS, LEAST_CALLS, Request
from archcalc.errors import ArchError

QUICK_RUN_TIME: Final = 0.2
_QUICK_WARM_UP: Final = 3
_QUICK_WARM_UP_SECONDS: Final = 0.1
_START: Final = 4.0
"""Seconds to start a process with torch in it, and to build a network, before it is known how many that takes here."""


def with_times(request: Request, min_run_time: float | None, is_quick: bool) -> Request:
    """Return the request with the least seconds of a series that are asked for, else the default or those of --quick.

    --quick also warms up little, and makes as few single calls as percentiles need.
    """
    if is_quick:
        calls = LEAST_CALLS if request.latency_calls is None else request.latency_calls
        request = replace(
            request,
            min_run_time=QUICK_RUN_TIME,
            warm_up_steps=_QUICK_WARM_UP,
            warm_up_seconds=_QUICK_WARM_UP_SECONDS,
            latency_calls=calls,
        )
    return request if min_run_time is None else replace(request, min_run_time=min_run_time)


def seconds_of(request: Request) -> float:
    """Return the seconds that the series of a request take, of the device's peaks too, if steps are short."""
    series = request.warm_up_seconds + request.min_run_time
    inference = series + request.warm_up_seconds + _for_calls(request)
    layers = request.min_run_time if request.layers else 0
    return request.min_run_time + request.infers * inference + request.trains * series + layers


def _for_calls(request: Request) -> float:
    return LATENCY_SECONDS if request.latency_seconds is None else request.latency_seconds


def within(request: Request, seconds: float) -> Request:
    """Return the request with all its times shortened alike, so that its series take so many seconds, or as they are.

    Slow steps may take longer: some have to be measured, however few.
    """
    factor = max(seconds, 0) / seconds_of(request)
    if factor >= 1:
        return request
    return replace(
        request,
        min_run_time=max(request.min_run_time * factor, _LEAST_RUN_TIME),
        latency_seconds=_for_calls(request) * factor,
        warm_up_seconds=request.warm_up_seconds * factor,
        warm_up_steps=max(round(request.warm_up_steps * factor), 1),
    )


_LEAST_RUN_TIME: Final = 0.02
_SAFE: Final = 0.9
"""Share of what is left that is planned for, since slow steps take longer than planned."""


class Budget:
    """Seconds for several networks, which share what is left alike; what a network needs beside its series is learnt.

    Raises ArchError for a number of seconds that is none.
    """

    def __init__(self, seconds: float, networks: int, clock: Callable[[], float] = time.monotonic) -> None:
        if not 0 < seconds < inf:
            raise ArchError(f"--budget must be more than 0 seconds, got {seconds}")
        self.seconds = seconds
        self._left = networks
        self._clock = clock
        self._start = clock()
        self._beside = _START
        self._begun: tuple[float, float] | None = None
        """When the last network began, and how many seconds its series were to take."""

    def share(self, request: Request) -> Request | None:
        """Return the request of the next network, shortened to its share; None where all is spent."""
        now = self._clock()
        if self._begun:
            began, planned = self._begun
            self._beside = max(now - began - planned, 0)
        left = self._start + self.seconds - now
        if left <= 0:
            return None
        shortened = within(request, _SAFE * left / self._left - self._beside)
        self._left -= 1
        self._begun = now, seconds_of(shortened)
        return shortened
