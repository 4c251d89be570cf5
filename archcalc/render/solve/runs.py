"""Runs of sizes in words, and as JSON."""

from collections.abc import Sequence
from itertools import chain, islice, pairwise
from typing import Final

_MOST_SAID: Final = 6


def in_words(runs: Sequence[range]) -> str:
    """Write sizes as briefly as possible without leaving one out, or else the first of them.

    >>> in_words([range(63, 64), range(95, 96), range(127, 128), range(159, 160)])
    '63, 95, 127, 159: every 32 from 63'
    >>> in_words([range(3, 8), range(10, 11)]), in_words([])
    ('3 to 7, 10', 'none')
    """
    if not runs:
        return "none"
    said = [str(run.start) if len(run) == 1 else f"{run.start} to {run.stop - 1}" for run in runs]
    listed = ", ".join(said) if len(said) <= _MOST_SAID else f"{', '.join(said[: _MOST_SAID - 2])}, ..., {said[-1]}"
    every = step(runs)
    return f"{listed}: every {every} from {runs[0].start}" if every else listed


def briefly(runs: Sequence[range], up_to: int) -> str:
    """Write the same for a cell; of a run up to the bound, only where it starts.

    >>> briefly([range(63, 64), range(95, 96), range(127, 128)], up_to=128), briefly([range(5, 129)], up_to=128)
    ('every 32 from 63', 'all from 5')
    """
    every = step(runs)
    if every:
        return f"every {every} from {runs[0].start}"
    if len(runs) == 1 and runs[0].stop > up_to:
        return f"all from {runs[0].start}"
    return in_words(runs)


def step(runs: Sequence[range]) -> int | None:
    """Return how far apart sizes are, if they are three or more, single, and equally far apart."""
    if len(runs) < 3 or any(len(run) > 1 for run in runs):
        return None
    steps = {after.start - before.start for before, after in pairwise(runs)}
    return steps.pop() if len(steps) == 1 else None


def count(runs: Sequence[range]) -> int:
    return sum(map(len, runs))


def nearest(runs: Sequence[range], size: int) -> list[int]:
    """Return the nearest size on either side, as far as there are such.

    >>> nearest([range(3, 8), range(10, 12)], 9), nearest([range(3, 8)], 2)
    ([7, 10], [3])
    """
    below = [min(run.stop - 1, size - 1) for run in runs if run.start < size]
    above = [max(run.start, size + 1) for run in runs if run.stop > size + 1]
    return [*below[-1:], *above[:1]]


def bounds(runs: Sequence[range]) -> list[list[int]]:
    """Return the first and last size of each run."""
    return [[run.start, run.stop - 1] for run in runs]


def sizes(runs: Sequence[range], most: int) -> list[int]:
    """Return each size, up to so many."""
    return list(islice(chain.from_iterable(runs), most))
