"""What a series of times says: medians, quartiles and percentiles, by the nearest ranks and between them."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

NOISY: Final = 0.1
"""From which spread on, as a share of the median, a measurement is called noisy, as torch.utils.benchmark does."""


LEAST_BLOCKS: Final = 5
"""Below which quartiles say nothing."""


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


def spread_of(step: Mapping[str, float]) -> float:
    """The interquartile range as a share of the median, of a timing as a record has it.

    >>> spread_of({"low_ms": 1.9, "median_ms": 2.0, "high_ms": 2.4})
    0.25
    """
    return (step["high_ms"] - step["low_ms"]) / step["median_ms"] if step["median_ms"] else 0.0


def timing(times: Sequence[float]) -> Timing:
    """
    >>> timing([4.0, 1.0, 3.0, 2.0])[:3]
    (2.5, 1.75, 3.25)
    """
    mean = sum(times) / len(times)
    deviation = sqrt(sum((time - mean) ** 2 for time in times) / len(times))
    low, median, high = (percentile(times, share) for share in (25, 50, 75))
    return Timing(median, low, high, mean, deviation, len(times))


def percentile(times: Sequence[float], percent: float) -> float:
    """Linear between the two nearest samples, as numpy's default is.

    >>> percentile([10.0, 20.0, 30.0], 50), percentile([10.0, 20.0], 90)
    (20.0, 19.0)
    """
    ordered = sorted(times)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def overlap(one: Timing, other: Timing) -> bool:
    """Whether the middle halves of two measurements have times in common, so that neither is faster for sure."""
    return one.low <= other.high and other.low <= one.high
