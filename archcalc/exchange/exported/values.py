"""What flows through a program: which call made each tensor, how it is laid out since, and whose memory it is."""

from dataclasses import dataclass
from typing import Final

from archcalc.errors import ArchError
from archcalc.layers import Shape

_FLOATING: Final = frozenset((6, 7, 8, 13))
"""Torch's numbers for the types of floats: half, float, double and bfloat16."""


@dataclass
class Memory:
    """A piece of memory, and what was last written over what it had in it."""

    times_written: int = 0
    number: int = 0
    """The call that has written over all of it, in order."""
    made: Shape = ()
    is_known: bool = True
    """Whether all of it was written over, in order, and not a part or another memory that may be a copy."""
    place: str = ""
    calls_before: int = 0


@dataclass
class Value:
    """A tensor that depends on the inputs."""

    sizes: Shape
    """With the batch."""
    dtype: int
    number: int
    """The call that made it."""
    made: Shape
    """The shape that the call made, without the batch."""
    memory: Memory
    reshaped_by: str = ""
    """The function that has only laid it out in another way since."""
    scope: str = ""
    where: str = ""
    """Where that function is called."""
    is_whole: bool = True
    """Whether it is all of its memory, in order."""
    is_sure: bool = True
    """Whether it surely is that memory, and no copy of it."""
    fault: ArchError | None = None
    """Why nobody knows what it is, with its place."""
    calls_before: int = 0
    """How many calls were noted before that fault."""

    times_written: int = -1
    """How often its memory had been written over when it was made, or last looked at."""

    def __post_init__(self) -> None:
        self.times_written = self.memory.times_written

    @property
    def shape(self) -> Shape:
        """Its shape without the batch."""
        return self.sizes[1:]

    def is_like(self, other_dtype: int) -> bool:
        """Whether another type has the same numbers, if perhaps of another precision."""
        return self.dtype == other_dtype or {self.dtype, other_dtype} <= _FLOATING

    def spoil(self, fault: ArchError, calls_before: int) -> None:
        """Note that nobody knows any longer what it is."""
        if self.fault is None:
            self.fault, self.calls_before = fault, calls_before

    def look(self) -> None:
        """Take note of what was written over its memory since."""
        memory = self.memory
        if self.times_written == memory.times_written:
            return
        self.times_written = memory.times_written
        if memory.is_known and self.is_whole and self.is_sure:
            self.number, self.made = memory.number, memory.made
            self.reshaped_by = "" if self.shape == memory.made else "view"
        else:
            what = "it reads what may have been written over, of which it is a part or a copy"
            self.spoil(ArchError(f"{memory.place}: {what}"), memory.calls_before)

    def write(self, number: int, calls_before: int, place: str) -> None:
        """Note that a call has written into it: what shares its memory has changed with it."""
        memory = self.memory
        memory.times_written += 1
        memory.is_known = self.is_whole and self.is_sure
        memory.number, memory.made, memory.place, memory.calls_before = number, self.shape, place, calls_before
        self.number, self.made, self.reshaped_by = number, self.shape, ""
        self.times_written = memory.times_written


@dataclass(frozen=True)
class OwnValue:
    """A tensor of the model's own, or one that is made of such alone."""

    paths: tuple[str, ...]
    sizes: Shape
    is_itself: bool = True
    """Whether it has the numbers of the model's tensor, if perhaps laid out in another way."""
    is_transposed: bool = False

    @property
    def in_words(self) -> str:
        return " and ".join(self.paths) or "a constant"
