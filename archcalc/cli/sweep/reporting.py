"""What is said while a sweep is computed, and what an answer of rows alone does not say."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

from archcalc.cli.progress import ProgressLine

if TYPE_CHECKING:
    from archcalc.analysis.sweep.found import Found
    from archcalc.analysis.sweep.run import Progress

_OFTEN: Final = 0.2
"""Seconds between two words on how far it is."""


def say_what_is_missing(found: "Found") -> None:
    """Say how many variants are illegal, where an answer has rows alone."""
    from archcalc.cli.output import say
    from archcalc.render.words import several

    if found.outcome.illegal:
        say(f"{found.outcome.illegal:,} of {found.outcome.variants:,} variants are illegal: --format plain says why")
    if found.folder:
        say(f"{found.folder} has {several(found.outcome.matching, 'row')}")


def reporting(line: ProgressLine) -> "Callable[[Progress], None]":
    """Return what says on a line how far a sweep is, how fast, and how long it still takes, a few times a second."""
    started = last = monotonic()

    def report(progress: "Progress") -> None:
        nonlocal last
        now = monotonic()
        if now - last < _OFTEN:
            return
        last, taken = now, now - started
        left = taken / progress.chunks_done * (progress.chunks - progress.chunks_done)
        rate = progress.variants_done / taken
        line.show(f"{progress.variants_done:,} variants, {rate:,.0f} a second, {_time(left)} left")

    return report


def reporting_measured(line: ProgressLine) -> Callable[[int, int], None]:
    """Return what says on a line how many variants are measured, and how long the others still take."""
    started = monotonic()

    def report(done: int, of: int) -> None:
        left = (monotonic() - started) / done * (of - done)
        line.show(f"{done:,} of {of:,} measured, {_time(left)} left")

    return report


def _time(seconds: float) -> str:
    """
    >>> _time(59.6), _time(3700)
    ('1:00', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
