"""The axes of Keras' tensors as ours: channels come last there, unless a model says that they come first."""

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.errors import ArchError
from archcalc.layers.fields import from_the_start


class Axes(NamedTuple):
    """Where the channels of a model's tensors are. Axes are counted from 1, as the batch is 0."""

    are_last: bool = True

    def ours(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """
        >>> Axes().ours((224, 224, 3)), Axes(are_last=False).ours((3, 224, 224))
        ((3, 224, 224), (3, 224, 224))
        """
        return (sizes[-1], *sizes[:-1]) if self.are_last else tuple(sizes)

    def theirs(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """
        >>> Axes().theirs((3, 224, 224))
        (224, 224, 3)
        """
        return (*sizes[1:], sizes[0]) if self.are_last else tuple(sizes)

    def dim(self, axis: int, rank: int) -> int:
        """Return which of our axes is one of Keras', of so many. Raises ArchError for one that is not there.

        >>> Axes().dim(-1, rank=3), Axes().dim(1, rank=3), Axes(are_last=False).dim(-1, rank=3)
        (1, 2, 3)
        """
        counted = from_the_start(axis, rank + 1)
        if not 1 <= counted <= rank:
            raise ArchError(f"there is no axis {axis} in a tensor of {rank} axes after the batch")
        return self.order(rank).index(counted) + 1

    def order(self, rank: int) -> tuple[int, ...]:
        """Return which of Keras' axes each of ours is.

        >>> Axes().order(3)
        (3, 1, 2)
        """
        return self.ours(range(1, rank + 1))

    def order_of_theirs(self, rank: int) -> tuple[int, ...]:
        """Return which of our axes each of Keras' is.

        >>> Axes().order_of_theirs(3)
        (2, 3, 1)
        """
        return self.theirs(range(1, rank + 1))
