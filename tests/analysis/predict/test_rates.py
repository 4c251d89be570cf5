"""Rates from times: least squares without negative numbers, and what a load may be to be covered."""

import random
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.analysis.predict.load import TERMS, Load
from archcalc.analysis.predict.rates import Estimate, estimate, fit, non_negative, rates_of

numbers = st.floats(-4, 4).map(lambda x: round(x, 3))


def load(*terms: int, sort: str = "conv2d", role: str = "weights") -> Load:
    return Load(sort, role, terms if len(terms) == len(TERMS) else (*terms, 0))


@settings(deadline=None)
@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=5)), st.data())
def test_the_best_without_negative_numbers(rows: list[list[float]], data: st.DataObject) -> None:
    """Karush, Kuhn and Tucker: more of a number that is 0 makes it no better, and more or less of another neither."""
    wanted = data.draw(st.lists(numbers, min_size=len(rows), max_size=len(rows)))
    found = non_negative(rows, wanted)
    assert min(found) >= 0
    errors = [sum(x * y for x, y in zip(row, found, strict=True)) - one for row, one in zip(rows, wanted, strict=True)]
    assume(max(found) < 1e4)  # columns that are nearly the same
    for place, number in enumerate(found):
        slope = sum(row[place] * error for row, error in zip(rows, errors, strict=True))
        assert slope >= -1e-4
        assert number < 1e-9 or abs(slope) < 1e-4


def test_rates_that_made_the_times_are_found() -> None:
    draw = random.Random(1)
    rates = (2e-12, 1e-10, 0.0, 3e-10, 4e-11, 5e-6, 2e-5)
    loads = [load(*(draw.randrange(1, 10**7) for _ in TERMS[:-2]), 1, draw.randrange(2)) for _ in range(200)]
    times = [(one, sum(rate * term for rate, term in zip(rates, one.terms, strict=True))) for one in loads]
    assert fit(times).seconds == pytest.approx(rates, rel=1e-6, abs=1e-18)


def test_a_few_times_that_were_disturbed_change_little() -> None:
    draw = random.Random(2)
    loads = [load(0, 0, draw.randrange(10**5, 10**8), 0, 0, 1) for _ in range(100)]
    times = [(one, (1e-10 * one.terms[2] + 1e-5) * (5 if place % 10 == 0 else 1)) for place, one in enumerate(loads)]
    found = fit(times)
    assert found.seconds[2] == pytest.approx(1e-10, rel=0.1)
    assert found.samples == 100


def test_what_lies_between_what_was_measured_is_covered() -> None:
    found = fit([(load(0, 0, size, size, 0, 1), 1e-10 * size) for size in range(1000, 11_000, 1000)])
    assert found.unlike(load(0, 0, 1000, 10_000, 0, 1)) is None
    assert found.unlike(load(0, 0, 800, 12_500, 0, 1)) is None  # a quarter more or less
    assert found.unlike(load(0, 0, 799, 5000, 0, 1)) == "fewer bytes of inputs than any"
    assert found.unlike(load(0, 0, 5000, 12_501, 0, 1)) == "more bytes of the output than any"
    assert found.unlike(load(1, 0, 5000, 5000, 0, 1)) == "more operations than any"


def test_a_sort_of_few_times_takes_the_rates_of_its_role() -> None:
    many = [(load(0, 0, size, size, 0, 1, sort="relu", role="activation"), 1e-10 * size) for size in range(100, 124)]
    few = [(load(0, 0, 105, 105, 0, 1, sort="mish", role="activation"), 2e-8)] * 15
    found = rates_of([*many, *few])
    assert sorted(found) == ["activation", "relu", "relu, small"]
    mish, relu = few[0][0], many[5][0]
    assert estimate(found, mish) == Estimate(found["activation"].predict(mish), "activation", "no layer of its sort")
    assert estimate(found, relu) == Estimate(found["relu, small"].predict(relu), "relu", None)
    large = load(0, 0, 10**9, 10**9, 0, 1, sort="relu", role="activation")
    assert estimate(found, large) == Estimate(found["relu"].predict(large), "relu", "more bytes of inputs than any")


def test_rates_of_a_size_are_not_stretched_over_what_only_the_sort_covers() -> None:
    small = [(load(0, 0, size, 4, 0, 1, sort="linear"), 1e-6) for size in range(1000, 1024)]
    large = [(load(0, 0, 2**24 + size, 4, 0, 1, sort="linear"), 1e-2) for size in range(24)]
    found = rates_of([*small, *large])
    between = load(0, 0, 2**18, 4, 0, 1, sort="linear")
    assert "linear, small" in between.sizes
    assert estimate(found, between) == Estimate(pytest.approx(found["linear"].predict(between)), "linear", None)
    pool = load(0, 0, 1, 1, 0, 1, sort="max_pool2d", role="pool")
    assert estimate(found, pool) == Estimate(0.0, "pool", "no layer of its sort")


def test_times_do_not_jump_where_rates_of_another_size_begin() -> None:
    """Half a mebibyte is where small ones end: what is twice as fast per byte from there on fades in."""
    sizes = [2**k + step * 2 ** (k - 3) for k in range(12, 23) for step in range(8)]
    rate = {False: 4e-10, True: 2e-10}
    times = [(load(0, 0, size, 4, 0, 1, sort="gelu"), rate[size > 2**19] * size) for size in sizes]
    found = rates_of(times)
    assert {"gelu, small", "gelu, medium"} <= set(found)
    around = [estimate(found, load(0, 0, size, 4, 0, 1, sort="gelu")).seconds for size in range(2**17, 2**21, 2**10)]
    steps = [after / before for before, after in pairwise(around)]
    assert max(steps) < 1.02
    assert min(steps) > 0.98
