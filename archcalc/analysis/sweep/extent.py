"""How far all numbers of a structure reach: between which integers its columns lie."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Extent(NamedTuple):
    """The largest absolute value of all numbers, that of sizes, and the ends of each column."""

    largest: int
    largest_size: int
    columns: Mapping[str, tuple[int, int]]

    @classmethod
    def of_all(cls, several: "Iterable[Extent]") -> "Extent":
        each = [*several]
        names = each[0].columns
        columns = {
            name: (min(one.columns[name][0] for one in each), max(one.columns[name][1] for one in each))
            for name in names
        }
        return cls(max(one.largest for one in each), max(one.largest_size for one in each), columns)
