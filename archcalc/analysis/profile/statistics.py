"""Statistics of a series of times: median, quartiles and percentiles, linear between the two nearest samples."""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

NOISY: Final = 0.1
"""The spread, as a share of the median, above which a series is noisy; torch.utils.benchmark has the same."""

OF_HOST: Final = 0.9
"""Share of a step's time that its launch takes above which the device is thought to wait for the host."""

LEAST_BLOCKS: Final = 5
"""Samples below which quartiles mean nothing."""


class Timing(NamedTuple):
    """Seconds of a step: the median and quartiles of `n` samples, and the mean and standard deviation of all."""

    median: float
    low: float
    high: float
    mean: float
    deviation: float
    n: int

    @property
    def iqr(self) -> float:
        """The interquartile range."""
        return self.high - self.low

    @property
    def spread(self) -> float:
        """The interquartile range as a share of the median."""
        return self.iqr / self.median if self.median else 0.0


def timing(times: Sequence[float]) -> Timing:
    """Return the statistics of a series.

    >>> timing([4.0, 1.0, 3.0, 2.0])[:3]
    (2.5, 1.75, 3.25)
    """
    mean = sum(times) / len(times)
    deviation = sqrt(sum((time - mean) ** 2 for time in times) / len(times))
    low, median, high = (percentile(times, share) for share in (25, 50, 75))
    return Timing(median, low, high, mean, deviation, len(times))


def percentile(times: Sequence[float], percent: float) -> float:
    """Return a percentile, linear between the two nearest samples, as numpy does by default.

    >>> percentile([10.0, 20.0, 30.0], 50), percentile([10.0, 20.0], 90)
    (20.0, 19.0)
    """
    ordered = sorted(times)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def overlap(one: Timing, other: Timing) -> bool:
    """Return whether the middle halves of two series share any times, so that neither is surely faster."""
    return one.low <= other.high and other.low <= one.high
