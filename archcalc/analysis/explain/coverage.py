"""The elements along one axis that windows read, and those that they leave."""

from typing import Final, NamedTuple

from archcalc.layers.window import span

_MOST_TRIED: Final = 100_000
"""So many windows or elements are tried one by one, where there is no formula."""


class Coverage(NamedTuple):
    """Elements (rows or columns) that windows leave unread, and windows that read nothing; None where that is open."""

    unread_at_end: int
    """Of the input, after the last window."""
    unread_between: int | None
    """Of the input, before the last window ends: steps that are longer than windows, and gaps inside of them."""
    unread_padding: int
    """Of the padding after the input."""
    past: int
    """How far the last window reads past the padded input, as only rounding up makes it do."""
    on_padding: int | None
    """Windows that read no input."""


class Axis(NamedTuple):
    """Windows along one axis; the padding is what was asked for, without what rounding up reads past it."""

    size: int
    places: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def room(self) -> int:
        """How far a window can move."""
        return self.before + self.size + self.after - span(self.kernel, self.dilation)

    def coverage(self) -> Coverage:
        """
        >>> Axis(size=224, places=54, kernel=11, stride=4, dilation=1, before=0, after=0).coverage().unread_at_end
        1
        """
        padded = self.before + self.size + self.after
        return Coverage(
            unread_at_end=min(max(self.before + self.size - self._end, 0), self.size),
            unread_between=self._unread_between(),
            unread_padding=min(max(padded - self._end, 0), self.after),
            past=max(self._end - padded, 0),
            on_padding=self._on_padding(),
        )

    @property
    def _end(self) -> int:
        """Where the last window ends, counted from the start of the padding."""
        return (self.places - 1) * self.stride + span(self.kernel, self.dilation)

    def _unread_between(self) -> int | None:
        first, end = self.before, min(self.before + self.size, self._end)
        if end <= first:
            return 0
        if self.dilation == 1 or self.kernel == 1:
            return self._in_gaps(end) - self._in_gaps(first)
        if self.places * self.kernel > _MOST_TRIED:
            return None
        starts = (place * self.stride for place in range(self.places))
        read = {start + tap * self.dilation for start in starts for tap in range(self.kernel)}
        return end - first - sum(first <= element < end for element in read)

    def _in_gaps(self, end: int) -> int:
        """Return elements before `end`, counted from the start of the padding, that lie between two windows."""
        steps, rest = divmod(end, self.stride)
        return steps * max(self.stride - self.kernel, 0) + max(rest - self.kernel, 0)

    def _on_padding(self) -> int | None:
        if self.dilation <= self.size or self.kernel == 1:
            leading = max((self.before - span(self.kernel, self.dilation)) // self.stride + 1, 0)
            until_past = -(-(self.before + self.size) // self.stride)
            return min(leading, self.places) + max(self.places - until_past, 0)
        if self.places > _MOST_TRIED:
            return None
        return sum(not self._reads_input(place * self.stride) for place in range(self.places))

    def _reads_input(self, start: int) -> bool:
        """Return whether one of a window's elements, `dilation` apart, lies in the input."""
        first = max(-(-(self.before - start) // self.dilation), 0)
        return first < self.kernel and start + first * self.dilation < self.before + self.size
