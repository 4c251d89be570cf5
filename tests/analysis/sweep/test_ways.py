"""Numbers on ways are what integers are, element by element, whatever code asks of them."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from archcalc.analysis.sweep.several import Several, maximum
from archcalc.analysis.sweep.ways import Way, WideError

Code = Callable[..., Any]


def ways_of(code: Code, *arrays: Any, is_wide: bool = False) -> Iterator[tuple[Any, Any]]:
    """The mask of each way, and what the code makes on it for each of its variants."""
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    rest = np.ones(shape, dtype=bool)
    while rest.any():
        way = Way(shape, rest.copy(), is_wide)
        made = code(way, *map(way.number, arrays))
        made = made.array if isinstance(made, Several) else made
        yield way.active, np.broadcast_to(made, shape)[way.active].tolist()
        rest &= ~way.active


def expect_same(code: Code, *arrays: Any, is_wide: bool = False, most: int = 10**9) -> None:
    """Hold what code makes of arrays against what it makes of the integers of each variant."""
    each = [array.ravel().tolist() for array in np.broadcast_arrays(*arrays)]
    expected = [code(None, *numbers) for numbers in zip(*each, strict=True)]
    places = np.arange(len(expected)).reshape(np.broadcast_shapes(*(array.shape for array in arrays)))
    found: dict[int, Any] = {}
    count = 0
    for mask, made in ways_of(code, *arrays, is_wide=is_wide):
        found |= zip(places[mask].tolist(), made, strict=True)
        count += 1
    assert [found[place] for place in range(len(expected))] == expected
    assert [type(found[place]) for place in range(len(expected))] == [*map(type, expected)]
    assert count <= most


A = np.array([[1], [2], [3], [7]])
B = np.array([[2, 3, 5]])


def joined(way: Any, function: Callable[[], Any]) -> Any:
    return way.joined(function) if way else function()


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize(
    ("code", "most"),
    [
        (lambda way, a, b: (a + b) * 3 - b // a + (10 - a) % b - (-a) + abs(a - b) + (7 // a) ** 2, 1),
        (lambda way, a, b: a / b + 1.5 * a - b / 2, 1),
        (lambda way, a, b: (a > b) + (a == 2) * 5 - (b != 3) + 1 * ((a < b) | (a == 7)) + 1 * ((a >= 3) & (b <= 3)), 1),
        (lambda way, a, b: maximum(a, b) + maximum(4, b), 1),
        (lambda way, a, b: a * 10 if a > b else b, 2),
        (lambda way, a, b: joined(way, lambda: a * 10 if a > b else b) + a, 1),
        (lambda way, a, b: joined(way, lambda: 1 if a > b else 2.5) * 2.0, 1),
        (lambda way, a, b: sum(joined(way, lambda k=k: b if a % k else a) for k in range(1, 4)), 1),
        (lambda way, a, b: [5, 6, 7, 8, 9, 10, 11, 12][a] + b, 4),
        (lambda way, a, b: {1: 10, 2: 20, 3: 30, 7: 70}[a] + len(range(b)), 12),
        (lambda way, a, b: int(f"{a}{b}") + int(str(a)), 12),
        (lambda way, a, b: int(Fraction(a, b) * 60) + int(Fraction(1, 2) * a * 2) + int(float(a)), 12),
        (lambda way, a, b: 1 * (a > Fraction(5, 2)) + 2 * (Fraction(5, 2) < b), 3),
        (lambda way, a, b: (prod((a, b, 2)), max(a, b, 4), sorted([b, a, 3])[1])[1], 12),
        (lambda way, a, b: divmod(b, a)[0] * 10 + divmod(b, a)[1], 1),
        (lambda way, a, b: 1 if (a, b) == (2, 3) else 2 if a in (b, 7) else 3, 6),
        (lambda way, a, b: 1 if a == "x" or a is None else 2 if a != () else 3, 1),
    ],
)
def test_numbers_are_those_of_integers(code: Code, most: int, is_wide: bool) -> None:
    expect_same(code, A, B, is_wide=is_wide, most=most)


def test_quotients_are_rounded_once() -> None:
    a, b = np.array([2**60 + 1, 2**53 + 1]), np.array([3, 2**53 + 3])
    with pytest.raises(WideError):  # floats have no 2^53 + 1
        next(ways_of(lambda way, a, b: a / b, a, b))
    expect_same(lambda way, a, b: a / b, a, b, is_wide=True)


@pytest.mark.parametrize(
    "code",
    [
        lambda way, a: a * a,
        lambda way, a: a + 2**62,
        lambda way, a: a * 2 - a * 2,
        lambda way, a: joined(way, lambda: a if a > 1 else 2**62),
    ],
)
def test_numbers_that_may_be_too_large_are_those_of_python(code: Code) -> None:
    a = np.array([1, 2**61])
    with pytest.raises(WideError):
        next(ways_of(code, a))
    expect_same(code, a, is_wide=True)


@seed(3)
@settings(max_examples=80, deadline=None, database=None)
@given(st.data())
def test_random_code_makes_of_variants_what_it_makes_of_each(data: st.DataObject) -> None:
    names = st.sampled_from(["a", "b", "c", "2", "5"])
    number = st.recursive(
        names,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            st.tuples(inner, st.sampled_from(["// 3", "% 4", "/ 4"])).map(lambda parts: f"({' '.join(parts)})"),
            st.tuples(inner, st.sampled_from("<>"), inner, inner, inner).map(
                lambda parts: f"({parts[3]} if {parts[0]} {parts[1]} {parts[2]} else {parts[4]})"
            ),
            st.tuples(inner, inner).map(lambda parts: f"joined(way, lambda: max({', '.join(parts)}))"),
            st.tuples(inner, inner).map(lambda parts: f"maximum({', '.join(parts)})"),
        ),
        max_leaves=8,
    )
    text = data.draw(number)
    code = eval(f"lambda way, a, b, c: 1.0 * {text}", {"joined": joined, "maximum": maximum})
    arrays = [np.array(data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))) for size in (2, 3, 2)]
    a, b, c = arrays
    expect_same(code, a.reshape(2, 1, 1), b.reshape(1, 3, 1), c.reshape(1, 1, 2), is_wide=data.draw(st.booleans()))
