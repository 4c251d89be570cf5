"""Variants of one structure, by the places of their values along the axes."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Points(NamedTuple):
    """Variants: the place of each along each axis, as an integer, or arrays that are broadcast to one shape."""

    places: Mapping[str, Any]
    shape: tuple[int, ...]

    def take(self, table: Any, axes: tuple[str, ...]) -> Any:
        """Return the numbers of a table that has these dimensions, at the variants."""
        found = table[tuple(self.places[name] for name in axes)]
        return found if getattr(found, "ndim", 0) else int(found)

    def count(self, mask: Any) -> int:
        """Return for how many variants a mask has True."""
        import numpy as np

        return int(np.count_nonzero(np.broadcast_to(mask, self.shape)))

    def at(self, mask: Any) -> "Points":
        """Return one of the variants: the first where a mask has True."""
        import numpy as np

        flat = int(np.argmax(np.broadcast_to(mask, self.shape).ravel()))
        place = np.unravel_index(flat, self.shape) if self.shape else ()
        one = {
            name: int(np.broadcast_to(index, self.shape)[place]) if getattr(index, "ndim", 0) else int(index)
            for name, index in self.places.items()
        }
        return Points(one, ())
