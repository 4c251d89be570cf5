"""The first rows and the front are those that looking at every pair of rows gives, however they are cut up."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from archcalc.analysis.sweep.outcome import Outcome, Reason
from archcalc.analysis.sweep.rows import ALIKE, Best, Objective, Rows


def rows_of(points: list[tuple[int, ...]], dtype: Any) -> Rows:
    columns = {f"c{place}": np.array([point[place] for point in points], dtype=dtype) for place in range(3)}
    numbers = np.arange(len(points))
    return Rows(numbers, {"axis": numbers % 3}, columns)


def in_parts(rows: Rows, best: Best, cut: int) -> Rows:
    parts = [rows.pick(slice(start, start + cut)) for start in range(0, len(rows), cut)]
    return best.of(Rows.together([best.of(part) for part in parts]))


points = st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=60)


@seed(2)
@settings(max_examples=300, deadline=None, database=None)
@given(
    points,
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.sampled_from((2, 3)),
    st.integers(1, 60),
    st.sampled_from((np.int64, object)),
    st.sampled_from((0, 16)),
)
def test_a_front_has_what_no_other_is_better_than(
    given_points: list[tuple[int, ...]], largest: list[bool], count: int, cut: int, dtype: Any, filters: int
) -> None:
    objectives = tuple(Objective(f"c{place}", largest[place]) for place in range(count))
    with patch("archcalc.analysis.sweep.rows._FILTERS", filters):
        found = in_parts(rows_of(given_points, dtype), Best(front=objectives), cut)
    wanted = [tuple(-p[i] if largest[i] else p[i] for i in range(count)) for p in given_points]

    def is_beaten(one: tuple[int, ...]) -> bool:
        return any(other != one and all(o <= w for o, w in zip(other, one, strict=True)) for other in wanted)

    front = {one for one in wanted if not is_beaten(one)}
    expected = sorted((one, wanted.index(one), wanted.count(one)) for one in front)
    ours = [
        (wanted[number], number, alike)
        for number, alike in zip(found.numbers.tolist(), found.columns[ALIKE].tolist(), strict=True)
    ]
    assert ours == expected


@seed(3)
@settings(max_examples=200, deadline=None, database=None)
@given(points, st.booleans(), st.integers(1, 70), st.integers(1, 60), st.sampled_from((np.int64, object)))
def test_the_first_rows_are_those_of_all_in_order(
    given_points: list[tuple[int, ...]], largest: bool, count: int, cut: int, dtype: Any
) -> None:
    found = in_parts(rows_of(given_points, dtype), Best(count, Objective("c0", largest)), cut)
    order = sorted(range(len(given_points)), key=lambda n: (-given_points[n][0] if largest else given_points[n][0], n))
    assert found.numbers.tolist() == order[:count]


def test_a_variant_that_was_drawn_twice_is_one_of_the_first_once() -> None:
    rows = rows_of([(1, 0, 0), (1, 0, 0), (2, 0, 0)], np.int64)
    twice = Rows(np.array([7, 7, 8]), rows.places, rows.columns)
    assert Best(2, Objective("c0")).of(twice).numbers.tolist() == [7, 8]


@pytest.mark.parametrize("count", [2, 3])
def test_a_front_of_many_rows(count: int) -> None:
    drawing = np.random.default_rng(4)
    columns = {f"c{place}": drawing.integers(0, 10**6, 20_000) for place in range(3)}
    rows = Rows(np.arange(20_000), {}, columns)
    found = Best(front=tuple(Objective(f"c{place}") for place in range(count))).of(rows)
    matrix = np.array([columns[f"c{place}"] for place in range(count)])
    for number in range(0, 20_000, 37):
        beaten = (matrix <= matrix[:, [number]]).all(0) & (matrix < matrix[:, [number]]).any(0)
        assert (number in set(found.numbers.tolist())) == (not beaten.any())


def test_outcomes_are_added_up_in_any_order() -> None:
    pool = ("pool", "max_pool2d 3")
    one = Outcome(9, 1, 5, 4, {pool: Reason(*pool, 3, 70)})
    other = Outcome(7, 0, 2, 2, {pool: Reason(*pool, 4, 30), ("", "none"): Reason("", "none", 1, 5)})
    both = Outcome(16, 1, 7, 6, {pool: Reason(*pool, 7, 30), ("", "none"): Reason("", "none", 1, 5)})
    assert one.with_(other, Best()) == other.with_(one, Best()) == both
    assert both.illegal == 8
