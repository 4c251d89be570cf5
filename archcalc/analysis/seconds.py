"""Sums of times, which are the same on every Python and for every sort of number."""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any


def added(times: Iterable[Any]) -> Any:
    """Return the sum of times, one added after the other; `sum` rounds in another way from Python 3.12 on.

    >>> added([0.1, 0.2, 0.3]), added([])
    (0.6000000000000001, 0.0)
    """
    return reduce(add, times, 0.0)
