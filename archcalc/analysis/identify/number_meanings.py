"""The numbers of networks that a quoted number may be."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.identify.numbers import Number, Rank, numbers
from archcalc.analysis.quoted import About, Fit, How, Quoted, Units, distance, fit
from archcalc.graph import Graph


class Likeness(NamedTuple):
    """How likely it is that a number is meant, the likeliest being the least."""

    units: Units
    is_printed: bool
    """Whether its digits are rounded or cut, rather than exactly those that were quoted."""
    unlike: int
    """How little its word is like the quoted one."""
    rank: Rank


class Meaning(NamedTuple):
    """A meaning of a quoted number: a number of some networks, by all names that it has in each of them."""

    networks: tuple[str, ...]
    about: About
    value: int | Fraction
    names: tuple[str, ...]
    fit: Fit | None
    """How it becomes what was quoted; None where it does not, and is only near it."""
    distance: Fraction
    """How far it is from what was quoted, as a share of the larger of the two."""
    likeness: Likeness | None = None

    @property
    def units(self) -> Units | None:
        return self.fit.units if self.fit else None


def meanings(graphs: Iterable[Graph], quoted: Quoted) -> list[Meaning]:
    """Return every number next to a quoted one: first those that it may be, the likeliest on top, then the nearest."""
    by_value: dict[tuple[About, int | Fraction], dict[str, dict[str, Number]]] = {}
    for graph in graphs:
        for number in numbers(graph):
            if quoted.about in (None, number.about):
                named = by_value.setdefault((number.about, number.value), {}).setdefault(graph.spec.name, {})
                named.setdefault(number.name, number)
    found = [meaning for named in by_value.values() for meaning in _meanings(named, quoted)]
    return sorted(found, key=_order)


def _meanings(named: dict[str, dict[str, Number]], quoted: Quoted) -> Iterator[Meaning]:
    """Yield the meanings of one value: networks in which its plainest name is the same go together."""
    by_name: dict[str, list[str]] = {}
    for network, numbers_of_it in named.items():
        by_name.setdefault(min(numbers_of_it.values(), key=lambda n: n.rank).name, []).append(network)
    for plainest, networks in by_name.items():
        first = named[networks[0]]
        common = [n for n in first.values() if all(n.name in named[network] for network in networks)]
        common.sort(key=lambda n: (n.rank, _unlike(quoted.word, n.word), n.name != plainest))
        value, about = common[0].value, common[0].about
        found, off = fit(value, quoted.quantity), distance(value, quoted.quantity)
        like = _likeness(found, quoted, common) if found else None
        yield Meaning(tuple(networks), about, value, tuple(n.name for n in common), found, off, like)


def _likeness(found: Fit, quoted: Quoted, common: list[Number]) -> Likeness:
    unlike = min(_unlike(quoted.word, n.word) for n in common)
    return Likeness(found.units, found.how is not How.EXACT, unlike, common[0].rank)


def _order(meaning: Meaning) -> tuple[object, ...]:
    """Return the sort key: first the quoted number, by its likeness, then others by nearness alone."""
    is_cut = meaning.fit is not None and meaning.fit.how is How.CUT
    return meaning.likeness is None, meaning.likeness or (), is_cut, meaning.distance, meaning.networks


def likely(found: Sequence[Meaning]) -> Sequence[Meaning]:
    """Return the meanings that are as likely as the first, and printed like it; none where none fits."""
    if not found or found[0].likeness is None:
        return ()
    first = found[0]
    return found[: sum(one.likeness == first.likeness and one.fit == first.fit for one in found)]


def _unlike(quoted: str, word: str) -> int:
    """Return how little a quoted unit is like the word that a tool prints; 0 also if no unit was quoted.

    >>> _unlike("FLOPS", "GFLOPS"), _unlike("Mac", "MACs"), _unlike("FLOPs", "MACs")
    (0, 1, 2)
    """
    word = word.removeprefix("G")
    if quoted in ("", word):
        return 0
    return 1 if quoted.lower().rstrip("s") == word.lower().rstrip("s") else 2
