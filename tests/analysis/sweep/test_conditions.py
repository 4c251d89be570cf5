"""Conditions on variants: exact, of Python and of arrays, and refused word for word."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from archcalc.analysis.sweep.conditions import read_condition
from archcalc.errors import ArchError

NAMES = ("a", "b", "conv1.macs")


@pytest.mark.parametrize(
    ("text", "a", "b", "holds"),
    [
        ("a < 5e6", 4_999_999, 0, True),
        ("a < 5e6", 5_000_000, 0, False),
        ("a >= 0.3M and b == 2k", 300_000, 2000, True),
        ("a < 2.5", 2, 0, True),
        ("a < 2.5", 3, 0, False),
        ("a == 1 or a == 2 and b == 2", 1, 3, True),  # and binds more than or
        ("(a == 1 or a == 2) and b == 2", 1, 3, False),
        ("not a == 1 and b == 1", 2, 1, True),  # not binds more than and
        ("1 < a <= 3", 3, 0, True),
        ("1 < a <= 3", 1, 0, False),
        ("-a + 7 // 2 * 2 == b % 4", 2, 4, False),  # -2 + 6 = 4, 4 % 4 = 0
        ("-a + 7 // 2 * 2 == b % 5", 2, 4, True),
        ("a - b - 1 == 0", 3, 2, True),
    ],
)
def test_a_condition_holds_as_it_reads(text: str, a: int, b: int, holds: bool) -> None:
    condition = read_condition(text, NAMES)
    assert condition.holds({"a": a, "b": b}) == holds
    several = condition.holds({"a": np.array([a, a]), "b": np.array([[b], [b]])})
    assert np.broadcast_to(several, (2, 2)).tolist() == [[holds] * 2] * 2


@seed(1)
@settings(max_examples=200, deadline=None, database=None)
@given(st.data())
def test_a_random_condition_is_what_python_makes_of_it(data: st.DataObject) -> None:
    number = st.deferred(
        lambda: st.one_of(
            st.sampled_from(("a", "b", "3", "7", "20")),
            st.tuples(number, st.sampled_from(("+", "-", "*")), number).map(lambda parts: f"({' '.join(parts)})"),
            st.tuples(number, st.sampled_from(("//", "%")), st.sampled_from(("3", "7"))).map(" ".join),
            number.map(lambda inner: f"-{inner}"),
        )
    )
    truth = st.deferred(
        lambda: st.one_of(
            st.tuples(number, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), number).map(" ".join),
            st.tuples(truth, st.sampled_from(("and", "or")), truth).map(lambda parts: f"({' '.join(parts)})"),
            truth.map(lambda inner: f"(not {inner})"),
        )
    )
    text = data.draw(truth)
    assume(len(text) < 300 and text.count("(") + text.count("-") < 30)
    condition = read_condition(text, NAMES)
    a, b = data.draw(st.integers(0, 50)), data.draw(st.integers(0, 50))
    assert bool(condition.holds({"a": a, "b": b})) == eval(text, {}, {"a": a, "b": b}), text
    assert condition.largest({"a": (0, 50), "b": (0, 50)}) >= max(a, b) * ("a" in text and "b" in text)


def test_numbers_are_exact() -> None:
    condition = read_condition("a * a > 2 * b", NAMES)
    a, b = 3 * 10**9, 45 * 10**17 - 1  # 9e18 > 9e18 - 2, which floats do not tell apart
    assert float(a * a) == float(2 * b)
    assert condition.holds({"a": a, "b": b})
    assert condition.largest({"a": (0, a), "b": (0, b)}) == a * a
    assert read_condition("a < 0.1", NAMES).holds({"a": Fraction(99, 1000)})


def test_a_time_is_held_against_the_number_that_is_printed_so() -> None:
    assert Fraction(0.1) > Fraction(1, 10)  # as floats are, which people do not see
    condition = read_condition("a <= 0.1 and 0.1 >= a and not a < 0.1", NAMES)
    assert condition.holds({"a": 0.1})
    assert condition.holds({"a": np.array([0.1, 0.2])}).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a <", "'a <' is no condition at its end: write a condition such as params < 5e6 and macs < 300M"),
        ("a < 3 b", "'a < 3 b' is no condition at 'b': write a condition such as params < 5e6 and macs < 300M"),
        ("a ** 2 < 3", "'a ** 2 < 3' is no condition at '*': write a condition such as params < 5e6 and macs < 300M"),
        ("a = 3", "'a = 3' is no condition at '= 3': write a condition such as params < 5e6 and macs < 300M"),
        ("", "'' is no condition at its end: write a condition such as params < 5e6 and macs < 300M"),
        ("a", "'a' is a number, not a condition: write a condition such as params < 5e6 and macs < 300M"),
        ("a and b < 1", "'a and b < 1': and, or and not join conditions, not numbers"),
        ("(a < 1) + 1 < 2", "'(a < 1) + 1 < 2': a condition is not a number to compute with"),
        ("conv1.mac < 2", "'conv1.mac < 2': there is no 'conv1.mac'; did you mean 'conv1.macs'?"),
        (
            "__import__('os')",
            "'__import__('os')' is no condition at ''os')': write a condition such as params < 5e6 and macs < 300M",
        ),
        ("a < 1e16", "'a < 1e16': 1e16 has over 15 digits"),
        ("a < 5m", "'a < 5m' is no condition at '5m': write a condition such as params < 5e6 and macs < 300M"),
        ("(" * 40 + "a" + ")" * 40 + " < 1", "a condition nests at most 32 deep"),
        ("a < 1 or " * 200 + "a < 1", "a condition has at most 1,000 characters, this one 1,805"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArchError) as found:
        read_condition(text, NAMES)
    assert str(found.value) == message


@pytest.mark.parametrize("b", [0, np.array([1, 0])])
def test_a_division_by_zero_is_refused(b: object) -> None:
    with pytest.raises(ArchError, match=r"'a // b < 1' divides by zero"):
        read_condition("a // b < 1", NAMES).holds({"a": 1, "b": b})
