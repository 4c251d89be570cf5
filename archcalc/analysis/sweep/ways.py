"""Code that decides by `if`, run for many variants at once: they part only where it decides for them differently.

A number of many variants stands in for an integer. Arithmetic makes such numbers again. Where code asks whether
something holds, or for the number itself, the way goes on with the variants for which the answer is that of the first
one. The others go ways of their own, from the start. So each variant comes to what integers would come to.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archcalc.analysis.sweep.bounds import SAFE

if TYPE_CHECKING:
    from archcalc.analysis.sweep.several import Several


class WideError(Exception):
    """Numbers may be too large for 64 bits."""


class Way:
    """The variants that a run of some code is of: cells of a grid, fewer the more it has decided."""

    def __init__(self, shape: tuple[int, ...], mask: Any, is_wide: bool = False) -> None:
        """Start with the cells of a mask, or all of them for True; `is_wide` computes with Python's integers."""
        self.shape, self.mask, self.is_wide = shape, mask, is_wide
        self.own: Any = True
        """What was decided, as a mask along the axes that it depends on."""
        self._active: Any = None

    @property
    def active(self) -> Any:
        """The mask of the variants, of the whole shape."""
        import numpy as np

        if self._active is None:
            self._active = np.broadcast_to(np.logical_and(self.mask, self.own), self.shape)
        return self._active

    def go_on_with(self, own: Any) -> None:
        self.own, self._active = own, None

    def narrow(self, truth: Any) -> None:
        """Go on with the variants of a mask."""
        import numpy as np

        self.go_on_with(np.logical_and(self.own, truth))

    def holds(self, truth: Any) -> bool:
        """Return whether something holds of the first variant, and go on with those of which it is so too."""
        if truth.all():
            return True
        return bool(self.one_of(truth)) if truth.any() else False

    def one_of(self, array: Any) -> Any:
        """Return the number of the first variant, and go on with those that have the same."""
        import numpy as np

        here = np.broadcast_to(array, self.shape)[self.active]
        first = here[0]
        if not (here == first).all():
            self.narrow(array == first)
        return first.item() if isinstance(first, np.generic) else first

    def joined(self, function: Callable[[], Any]) -> Any:
        """Return a number that a function makes, after which the variants that parted in it go on together."""
        import numpy as np

        whole = rest = self.own
        found: list[tuple[Any, Any]] = []
        while True:
            self.go_on_with(rest)
            made = function()
            if self.own is rest and not found:
                return made
            found.append((self.own, made))
            rest = np.logical_and(rest, np.logical_not(self.own))
            if not np.logical_and(self.mask, rest).any():
                break
        self.go_on_with(whole)
        return self._together(found)

    def _together(self, found: list[tuple[Any, Any]]) -> "Several":
        import numpy as np

        from archcalc.analysis.sweep.several import Several, largest

        bare = [(mask, made.array if isinstance(made, Several) else made) for mask, made in found]
        most = largest([made for _, made in found])
        if most is not None and most >= SAFE and not self.is_wide:
            raise WideError
        array = np.asarray(bare[-1][1], dtype=object if self.is_wide else None)
        for mask, one in bare[-2::-1]:
            array = np.where(mask, one, array)
        return Several(self, array.astype(object) if self.is_wide else array, most)

    def number(self, array: Any) -> Any:
        """Return what stands for the integers of an array on this way; any other value as it is."""
        from archcalc.analysis.sweep.several import Several

        if not hasattr(array, "dtype"):
            return array
        if self.is_wide:
            return Several(self, array.astype(object), None)
        return Several(self, array, max(abs(int(array.max())), abs(int(array.min()))))
