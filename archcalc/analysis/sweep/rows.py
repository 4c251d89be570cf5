"""Rows of a sweep, a variant each, as arrays; and which of them are the best."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, did_you_mean

ALIKE: Final = "alike"
"""The column of a front that says how many variants have these very numbers."""

_MOST_OBJECTIVES: Final = 3
_FILTERS: Final = 16
"""How many points of a front others are held against at once, before each is looked at."""


@dataclass(frozen=True)
class Rows:
    """Variants by their numbers: the places of their values along the axes, and their columns."""

    numbers: Any
    places: Mapping[str, Any]
    columns: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.numbers)

    def pick(self, which: Any) -> "Rows":
        """Return some of the rows, by a mask or by their places."""
        return Rows(
            self.numbers[which],
            {name: place[which] for name, place in self.places.items()},
            {name: column[which] for name, column in self.columns.items()},
        )

    @classmethod
    def together(cls, several: Iterable["Rows"]) -> "Rows":
        """Return the rows of one or more after each other."""
        import numpy as np

        each = [*several]
        if len(each) == 1:
            return each[0]
        return cls(
            np.concatenate([one.numbers for one in each]),
            {name: np.concatenate([one.places[name] for one in each]) for name in each[0].places},
            {name: np.concatenate([one.columns[name] for one in each]) for name in each[0].columns},
        )


class Objective(NamedTuple):
    """A column of which small numbers are wanted, or large ones."""

    column: str
    is_largest: bool = False

    def of(self, rows: Rows) -> Any:
        """Return it as numbers of which small ones are wanted."""
        column = rows.columns[self.column]
        return -column if self.is_largest else column

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_largest else self.column


def read_objective(word: str) -> Objective:
    """Read `macs` as the smallest, and `-macs` as the largest.

    >>> read_objective("-conv5.height")
    Objective(column='conv5.height', is_largest=True)
    """
    return Objective(word.removeprefix("-").strip(), word.startswith("-"))


def read_objectives(words: Sequence[str]) -> tuple[Objective, ...]:
    """Return the columns of a front. Raises ArchError for too few or too many."""
    found = tuple(read_objective(word.strip()) for word in words)
    if not 2 <= len(found) <= _MOST_OBJECTIVES or len({one.column for one in found}) < len(found):
        raise ArchError(
            f"a front is of two or three columns, as in params,macs or params,macs,-conv5.height, got {','.join(words)}"
        )
    return found


def expect_columns(objectives: Iterable[Objective], known: Sequence[str]) -> None:
    """Raise ArchError for an objective that is not among the columns."""
    for one in objectives:
        if one.column not in known:
            hint = did_you_mean(one.column, known) or f" (there is {', '.join(known)})"
            raise ArchError(f"there is no column '{one.column}'{hint}")


class Best(NamedTuple):
    """Which rows are kept: all, or so many first ones by an objective, or those that no other row is better than."""

    top: int | None = None
    by: Objective | None = None
    front: tuple[Objective, ...] = ()

    def of(self, rows: Rows) -> Rows:
        """Return those that are kept of some rows; those of several parts are kept of those of each part."""
        if self.front:
            return _front(rows, self.front)
        if self.top is not None and self.by is not None:
            return _top(rows, self.by, self.top)
        return rows

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The columns that decide which rows are kept."""
        return (*self.front, *((self.by,) if self.by else ()))

    @property
    def is_all(self) -> bool:
        return not self.front and self.top is None


def _top(rows: Rows, by: Objective, count: int) -> Rows:
    """Return the first rows by an objective, of equal ones those with the smallest numbers."""
    import numpy as np

    values = by.of(rows)
    if values.dtype != object and len(values) > 2 * count:
        rows = rows.pick(values <= np.partition(values, count - 1)[count - 1])
        values = by.of(rows)
    order = np.lexsort((rows.numbers, values))
    ordered = rows.pick(order)
    if len(ordered) > 1:  # a sample may have drawn a variant twice
        is_new = np.concatenate([[True], ordered.numbers[1:] != ordered.numbers[:-1]])
        ordered = ordered.pick(is_new)
    return ordered.pick(slice(0, count))


def _front(rows: Rows, objectives: tuple[Objective, ...]) -> Rows:
    """Return the rows that no other is better than; of those with equal numbers one, with how many they are."""
    import numpy as np

    if not len(rows):
        return rows
    values = [one.of(rows) for one in objectives]
    if len(objectives) > 2:
        kept = ~_worse_than_some(values)
        rows, values = rows.pick(kept), [value[kept] for value in values]
    order = np.lexsort((rows.numbers, *reversed(values)))
    rows, values = rows.pick(order), [value[order] for value in values]
    firsts = np.concatenate([[True], np.logical_or.reduce([value[1:] != value[:-1] for value in values])])
    starts = np.flatnonzero(firsts)
    alike = np.add.reduceat(rows.columns[ALIKE], starts) if ALIKE in rows.columns else np.diff([*starts, len(rows)])
    rows = rows.pick(starts)
    rows = replace(rows, columns={**rows.columns, ALIKE: alike})
    values = [value[starts] for value in values]
    return rows.pick(_unbeaten_of_two(values[1]) if len(values) == 2 else _unbeaten_of_three(values))


def _worse_than_some(values: list[Any]) -> Any:
    """Return which rows are worse than one of a few good ones: so most are out before each is looked at."""
    import numpy as np

    worse = np.zeros(len(values[0]), dtype=bool)
    ranks = sum(value / max(float(abs(value).max()), 1.0) for value in values)
    for place in np.argsort(ranks.astype(float))[:_FILTERS]:
        no_better = np.logical_and.reduce([value >= value[place] for value in values])
        is_alike = np.logical_and.reduce([value == value[place] for value in values])
        worse |= no_better & ~is_alike
    return worse


def _unbeaten_of_two(second: Any) -> Any:
    """Return which rows, in order of the first objective and then of the second, no row before them beats."""
    import numpy as np

    best = np.minimum.accumulate(second)
    return np.concatenate([[True], second[1:] < best[:-1]])


def _unbeaten_of_three(values: list[Any]) -> Any:
    """Return the same for three objectives, by a staircase of the second and the third."""
    import numpy as np

    seconds: list[int] = []
    thirds: list[int] = []
    kept = []
    for second, third in zip(values[1].tolist(), values[2].tolist(), strict=True):
        place = bisect_right(seconds, second)
        is_unbeaten = place == 0 or thirds[place - 1] > third
        kept.append(is_unbeaten)
        if is_unbeaten:
            end = place
            start = place - 1 if place and seconds[place - 1] == second else place
            while end < len(thirds) and thirds[end] >= third:
                end += 1
            seconds[start:end], thirds[start:end] = [second], [third]
    return np.array(kept, dtype=bool)
