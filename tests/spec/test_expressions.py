"""`$name` and `$(...)`: what they mean, against Python's own arithmetic, and what they refuse."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc.errors import ArchError
from archcalc.layers.fields import LARGEST
from archcalc.spec.expressions import evaluate

SCOPE = {"a": 10, "b": 3, "half": 0.5, "word": "same", "none": None, "list": [1, 2]}

numbers = st.integers(0, 99).map(str)
names = st.sampled_from(["a", "b"])


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "//", "%", " + ", " // "])
    return st.one_of(
        st.tuples(parts, signs, parts).map("".join),
        parts.map(lambda part: f"({part})"),
        parts.map(lambda part: f"-{part}"),
    )


@given(st.recursive(st.one_of(numbers, names), combined, max_leaves=8))
def test_an_expression_is_what_python_makes_of_it(text: str) -> None:
    if len(text) > 150:
        return
    try:
        expected = eval(text, {"__builtins__": {}}, {"a": 10, "b": 3})
    except ZeroDivisionError:
        with pytest.raises(ArchError, match="divides by zero"):
            evaluate(f"$({text})", SCOPE)
        return
    assert evaluate(f"$({text})", SCOPE) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(a * 0.5)", 5),
        ("$(half * 4)", 2),
        ("$(floor(a * 0.25))", 2),  # 2.5
        ("$(ceil(a * 0.25))", 3),
        ("$(round(a * 0.25))", 3),  # of two nearest the larger
        ("$(round(-a * 0.25))", -2),
        ("$(round(a * 0.24))", 2),
        ("$(floor(a * 0.7))", 7),  # exactly; 0.7 as a float is less
        ("$(ceil_div(a, b))", 4),
        ("$(ceil_div(-a, b))", -3),
        ("$(max(a, b, 11) - min(a, b))", 8),
        ("$((a > b) + (a >= 10) + 2 * (a < b) + (b <= 2))", 2),
        ("$(0.5 + half)", 1),
        ("$((a == 10) + 2 * (a != 10) + 4 * (b == a) + 8 * (half == 0.5) + 16 * (b!=a))", 25),
        ("$(a // 0.3)", 33),
    ],
)
def test_functions_decimals_and_comparisons(text: str, value: int) -> None:
    found = evaluate(text, SCOPE)
    assert (found, type(found)) == (value, int)


def divisible(value: float, divisor: int = 8) -> int:
    """torchvision's make_divisible, models/_utils.py."""
    new = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return new + divisor if new < 0.9 * value else new


@pytest.mark.parametrize("width", [8, 12, 16, 24, 32, 64, 96, 160, 320, 1280])
def test_channels_are_made_divisible_as_torchvision_does(width: int) -> None:
    for hundredths in range(1, 300):
        ours = evaluate("$(make_divisible(w * m, 8))", {"w": width, "m": hundredths / 100})
        assert ours == divisible(width * (hundredths / 100)), (width, hundredths)


@example(10, 9)  # 9 is just nine tenths of 10
@given(st.integers(0, 10_000), st.integers(1, 64))
def test_integers_are_made_divisible_as_torchvision_does(number: int, divisor: int) -> None:
    assert evaluate("$(make_divisible(n, d))", {"n": number, "d": divisor}) == divisible(number, divisor)


@pytest.mark.parametrize(("text", "value"), [("$a", 10), ("$half", 0.5), ("$word", "same"), ("$none", None)])
def test_a_name_stands_for_any_value(text: str, value: object) -> None:
    assert evaluate(text, SCOPE) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$c", "there is no param 'c' (params here: a, b, half, word, none, list)"),
        ("$wrd", "there is no param 'wrd'; did you mean 'word'?"),
        ("$", "'$' is not an expression: write $name or $(a * 4 // b) as the whole value"),
        ("$a+1", "'$a+1' is not an expression: write $name or $(a * 4 // b) as the whole value"),
        ("$(a", "'$(a' is not an expression: what $( opens must be closed by ) at the very end"),
        ("$(a)+1", "'$(a)+1' is not an expression: what $( opens must be closed by ) at the very end"),
        ("$(a // 0)", "'$(a // 0)' divides by zero"),
        ("$(a % (b - 3))", "'$(a % (b - 3))' divides by zero"),
        ("$(word * 2)", "param 'word' is text 'same'; expressions compute with numbers"),
        ("$(half * 3)", "'$(half * 3)' is 1.5, not an integer: say how it is rounded, by floor, ceil or round"),
        ("$(0.25)", "'$(0.25)' is 0.25, not an integer: say how it is rounded, by floor, ceil or round"),
        ("$(max(a))", "'$(max(a))': max takes 2 to 8 numbers, got 1"),
        ("$(floor(a, b))", "'$(floor(a, b))': floor takes one number, got 2"),
        ("$(ceil_div(a))", "'$(ceil_div(a))': ceil_div takes 2 numbers, got 1"),
        ("$(ceil_div(a, b - 3))", "'$(ceil_div(a, b - 3))' divides by zero"),
        ("$(0.000000000001 * 0.000000000001 * 0)", "an expression's value has over 15 digits"),
        ("$(make_divisible(a, 0))", "make_divisible takes a number >= 0 and a divisor >= 1"),
        ("$(make_divisible(a))", "'$(make_divisible(a))': make_divisible takes 2 numbers, got 1"),
        ("$(list + 1)", "param 'list' is [1, 2]; expressions compute with numbers"),
        ("$(01)", "'01' has a leading zero"),
        ("$(999999999999999 + 1)", "an expression's value has over 15 digits"),
        (f"$({'9' * 30})", "an expression's value has over 15 digits"),
        (f"$({'1+' * 120}1)", "an expression has at most 200 characters, this one 244"),
        (f"$({'(' * 40}1{')' * 40})", "an expression nests at most 32 deep"),
    ],
)
def test_what_is_no_expression_says_why(text: str, message: str) -> None:
    with pytest.raises(ArchError) as refused:
        evaluate(text, SCOPE)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "$(a ** 2)",
        "$(a / 2)",
        "$(a.b)",
        "$(a b)",
        "$()",
        "$(.5)",
        "$(1.)",
        "$(1.5.2)",
        "$(1_000)",
        "$(a < b < 3)",
        "$(a = b)",
        "$(a === b)",
        "$(a == b == a)",
        "$(max(a, b)",
        "$(abs(a))",
        "$(max(a,))",
        "$(__import__)",
        "$(a if b else a)",
        "$(a,)",
    ],
)
def test_nothing_but_the_grammar_is_read(text: str) -> None:
    with pytest.raises(
        ArchError, match=r"only numbers, params, \+ - \* // %, < <= > >= == !=, max, .* and brackets are"
    ):
        evaluate(text, SCOPE)


@given(st.text(alphabet="ab01+-*/%() $_.<>=,maxfloor", max_size=40))
def test_no_text_whatever_makes_anything_but_a_value_or_a_message(text: str) -> None:
    try:
        value = evaluate(f"$({text})", SCOPE)
    except ArchError:
        return
    assert isinstance(value, int)
    assert abs(value) <= LARGEST
