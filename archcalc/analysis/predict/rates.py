"""The rates of a sort of layers: how long each FLOP, each byte and each call takes, from times that were measured.

No rate is negative. They minimize the squares of relative errors, a layer of microseconds weighing as much as one of
milliseconds, and each once more weighted by one over the root of its error, so that what was disturbed counts less.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, NamedTuple

from archcalc.analysis.predict.load import TERMS, Load
from archcalc.analysis.seconds import added

_FEWEST: Final = 16
"""Times below which a name has no rates of its own: of fewer, the rates would say what disturbed them."""
_ROUNDS: Final = 6
_LEAST_ERROR: Final = 0.05
_SMALLEST_PIVOT: Final = 1e-12
_STRETCH: Final = 1.25
"""How far beyond what was measured a load may lie."""

Row = Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Seconds for each of a load's terms, and the loads that they are known for."""

    seconds: tuple[float, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]
    samples: int

    def predict(self, load: Load) -> Any:
        """Return the seconds that a layer takes."""
        return added(rate * term for rate, term in zip(self.seconds, load.terms, strict=True))

    def unlike(self, load: Load) -> str | None:
        """Return what the layer has more or less of than any that was measured; None where it lies between."""
        for name, low, term, high in zip(TERMS, self.least, load.terms, self.most, strict=True):
            if term > _STRETCH * high:
                return f"more {name} than any"
            if low > _STRETCH * term:
                return f"fewer {name} than any"
        return None


class Estimate(NamedTuple):
    """The seconds of a layer."""

    seconds: float
    like: str
    """The layers whose rates it has: those of its sort, or of its role."""
    unlike: str | None
    """What sets it apart from all that were measured; None for nothing."""


def rates_of(times: Iterable[tuple[Load, float]]) -> dict[str, Rates]:
    """Return the rates of each sort and size, each sort and each role with enough times."""
    by_name: dict[str, list[tuple[Load, float]]] = {}
    for load, seconds in times:
        for name in (*load.sizes, load.sort, load.role):
            by_name.setdefault(name, []).append((load, seconds))
    return {name: fit(some) for name, some in by_name.items() if len(some) >= _FEWEST}


def estimate(rates: Mapping[str, Rates], load: Load) -> Estimate:
    """Return the seconds of a layer by the rates of its sort and size, or the next best; 0 where nothing is known."""
    if load.sort not in rates:
        return Estimate(seconds_of(rates, load), load.role, "no layer of its sort")
    chosen = _chosen(rates, load)
    unlike = next((words for _, one in chosen if (words := one.unlike(load))), None)
    return Estimate(_together(chosen, load), load.sort, unlike)


def seconds_of(rates: Mapping[str, Rates], load: Load) -> Any:
    """Return the seconds of a layer alone, as `estimate` has them."""
    if load.sort not in rates:
        return rates[load.role].predict(load) if load.role in rates else 0.0
    return _together(_chosen(rates, load), load)


def _together(chosen: Iterable[tuple[Any, Rates]], load: Load) -> Any:
    return added(share * one.predict(load) for share, one in chosen)


def _chosen(rates: Mapping[str, Rates], load: Load) -> list[tuple[Any, Rates]]:
    """Return the rates of a layer, each with its share."""
    return [(share, _best(rates, (name, load.sort), load)) for name, share in load.sizes.items()]


def _best(rates: Mapping[str, Rates], names: Iterable[str], load: Load) -> Rates:
    """Return the first rates that cover the load, else the last: they are of the most."""
    known = [rates[name] for name in names if name in rates]
    return next((one for one in known if one.unlike(load) is None), known[-1])


def fit(times: Sequence[tuple[Load, float]]) -> Rates:
    """Return the rates of one sort."""
    columns = list(zip(*(load.terms for load, _ in times), strict=True))
    scales = [max(column) or 1 for column in columns]
    rows = [[term / scale / seconds for term, scale in zip(load.terms, scales, strict=True)] for load, seconds in times]
    weights = [1.0] * len(rows)
    found: Row = [0.0] * len(TERMS)
    for _ in range(_ROUNDS):
        found = non_negative([[weight * x for x in row] for row, weight in zip(rows, weights, strict=True)], weights)
        errors = [abs(sum(x * rate for x, rate in zip(row, found, strict=True)) - 1) for row in rows]
        weights = [max(error, _LEAST_ERROR) ** -0.5 for error in errors]
    return Rates(
        seconds=tuple(rate / scale for rate, scale in zip(found, scales, strict=True)),
        least=tuple(map(min, columns)),
        most=tuple(map(max, columns)),
        samples=len(times),
    )


def non_negative(rows: Sequence[Row], wanted: Row) -> list[float]:
    """Return the numbers, none of them negative, by which the columns of `rows` come nearest to what is wanted.

    There are few columns, so that each choice of those with a number above 0 is looked at.

    >>> non_negative([[1, 0], [0, 1], [1, 1]], [2, -1, 1])
    [1.5, 0.0]
    """
    width = len(rows[0])
    products = [[sum(row[i] * row[j] for row in rows) for j in range(width)] for i in range(width)]
    towards = [sum(row[i] * one for row, one in zip(rows, wanted, strict=True)) for i in range(width)]
    best, gained = [0.0] * width, 0.0
    for size in range(1, width + 1):
        for chosen in combinations(range(width), size):
            found = _solve([[products[i][j] for j in chosen] for i in chosen], [towards[i] for i in chosen])
            if found is None or min(found) < 0:
                continue
            gain = sum(towards[i] * x for i, x in zip(chosen, found, strict=True))
            if gain > gained:
                gained, best = gain, [0.0] * width
                for i, x in zip(chosen, found, strict=True):
                    best[i] = x
    return best


def _solve(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """Return the solution of equations, by elimination; None where they do not tell the unknowns apart."""
    rows = [[*row, one] for row, one in zip(matrix, right, strict=True)]
    scale = max(abs(row[i]) for i, row in enumerate(rows))
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        if abs(rows[i][i]) <= _SMALLEST_PIVOT * scale:
            return None
        for k in range(i + 1, len(rows)):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    found = [0.0] * len(rows)
    for i in reversed(range(len(rows))):
        known = sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))
        found[i] = (rows[i][-1] - known) / rows[i][i]
    return found
