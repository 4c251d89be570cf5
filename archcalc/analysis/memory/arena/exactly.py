"""A plan of so many bytes, or the certainty that there is none.

A plan can be pushed down, so that each buffer lies at the bottom or on one that it touches; and then it is built from
the bottom, with offsets that never fall. So the search puts on what is there, at each place what may come next, and
goes back where what is left at some step does not fit any more.
"""

from typing import Final, NamedTuple

from archcalc.analysis.memory.arena.placing import Spans

MOST_LOOKED_AT: Final = 50_000
"""How many times at most it is looked where a buffer would lie."""
_MOST: Final = 200
"""How many buffers are searched at most."""


class GivenUpError(Exception):
    """The search was given up."""


class _Next(NamedTuple):
    """Where a buffer would lie; the lowest comes first, of these what is alive first, and then the largest."""

    offset: int
    first: int
    minus_size: int
    number: int


class ExactSearch:
    """Finds plans of so many bytes; all of its searches together look at a limited number of places."""

    def __init__(self, spans: Spans) -> None:
        self.spans, self.looked_at = spans, 0

    def under(self, most: int) -> list[int] | None:
        """Return the offsets of a plan of at most so many bytes, None where there is none.

        Raises GivenUpError where that is not known after as many places as are looked at.
        """
        if len(self.spans.all) > _MOST:
            raise GivenUpError
        self.most = most
        self.floor = [0] * self.spans.steps
        self.left = list(self.spans.breadths)
        self.offsets = [-1] * len(self.spans.all)
        return self.offsets if self._goes_on(0) else None

    def _goes_on(self, lowest: int) -> bool:
        """Put all that is left, from an offset on; leave all as it was where that cannot be."""
        candidates = self._candidates(lowest)
        if not candidates:
            return True
        top = min(one.offset - one.minus_size for one in candidates)
        for one in candidates:
            if one.offset >= top:
                return False  # the one that ends there fits below, where it is in nobody's way
            if not self._fits_above(one.offset):
                return False
            before = self._put(one)
            if self._goes_on(one.offset):
                return True
            self._take_back(one, before)
        return False

    def _candidates(self, lowest: int) -> list[_Next]:
        spans = self.spans.all
        left = [number for number, offset in enumerate(self.offsets) if offset < 0]
        self.looked_at += len(left)
        if self.looked_at > MOST_LOOKED_AT:
            raise GivenUpError
        return sorted(
            _Next(max(lowest, *self.floor[span.first : span.last + 1]), span.first, -span.size, number)
            for number, span in ((number, spans[number]) for number in left)
        )

    def _fits_above(self, offset: int) -> bool:
        """Return whether at each step all that is left fits between an offset and the most."""
        return all(
            not left or max(floor, offset) + left <= self.most
            for floor, left in zip(self.floor, self.left, strict=True)
        )

    def _put(self, one: _Next) -> list[int]:
        span = self.spans.all[one.number]
        before = self.floor[span.first : span.last + 1]
        for step in range(span.first, span.last + 1):
            self.floor[step] = one.offset + span.size
            self.left[step] -= span.size
        self.offsets[one.number] = one.offset
        return before

    def _take_back(self, one: _Next, before: list[int]) -> None:
        span = self.spans.all[one.number]
        self.floor[span.first : span.last + 1] = before
        for step in range(span.first, span.last + 1):
            self.left[step] += span.size
        self.offsets[one.number] = -1
