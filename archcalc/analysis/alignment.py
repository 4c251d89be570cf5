"""Two sequences put side by side, in order, so that as little as possible stays alone or unlike."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

ALONE: Final = 2
"""The cost of leaving one element alone, where no other is given; a pair that costs over twice that is never made."""

Pairs = list[tuple[A | None, B | None]]


def align(left: Sequence[A], right: Sequence[B], cost: Callable[[A, B], int], alone: int = ALONE) -> Pairs[A, B]:
    """Return pairs in the order of both sequences, None where an element stands alone; `cost` is 0 for equals.

    Dynamic programming over all pairs (Needleman and Wunsch, J. Mol. Biol. 48, 1970), except what is alike at both
    ends, which any cheapest alignment may pair.

    >>> align("abcd", "axd", lambda a, b: 0 if a == b else 3)
    [('a', 'a'), ('b', 'x'), ('c', None), ('d', 'd')]
    """
    start = _alike(left, right, cost)
    end = _alike(left[start:][::-1], right[start:][::-1], cost)
    inner = _align(left[start : len(left) - end], right[start : len(right) - end], cost, alone)
    before = list(zip(left[:start], right[:start], strict=True))
    after = list(zip(left[len(left) - end :], right[len(right) - end :], strict=True))
    return [*before, *inner, *after]


def total(pairs: Pairs[A, B], cost: Callable[[A, B], int]) -> int:
    """Return the cost of an alignment."""
    return sum(ALONE if a is None or b is None else cost(a, b) for a, b in pairs)


def _alike(left: Sequence[A], right: Sequence[B], cost: Callable[[A, B], int]) -> int:
    """Return how many elements from the start are alike."""
    count = 0
    for a, b in zip(left, right, strict=False):
        if cost(a, b):
            break
        count += 1
    return count


def _align(left: Sequence[A], right: Sequence[B], cost: Callable[[A, B], int], alone: int) -> Pairs[A, B]:
    best = _cheapest(left, right, cost, alone)
    pairs: Pairs[A, B] = []
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and best[i][j] == best[i + 1][j + 1] + cost(left[i], right[j]):
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif i < len(left) and best[i][j] == best[i + 1][j] + alone:
            pairs.append((left[i], None))
            i += 1
        else:
            pairs.append((None, right[j]))
            j += 1
    return pairs


def _cheapest(left: Sequence[A], right: Sequence[B], cost: Callable[[A, B], int], alone: int) -> list[list[int]]:
    """Return the least cost of aligning everything from left[i] and right[j] on, for every i and j."""
    best = [[alone * (len(right) - j) for j in range(len(right) + 1)]]
    for i in reversed(range(len(left))):
        below, row = best[-1], [0] * (len(right) + 1)
        row[-1] = alone * (len(left) - i)
        for j in reversed(range(len(right))):
            row[j] = min(below[j + 1] + cost(left[i], right[j]), below[j] + alone, row[j + 1] + alone)
        best.append(row)
    return best[::-1]
