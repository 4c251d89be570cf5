"""What networks of other frameworks read, as their files say it and as it is given, by one rule for all of them."""

from collections.abc import Sequence
from typing import Any

import pytest

from archcalc.errors import ArchError
from archcalc.exchange.inputs import Declared, inputs_of
from archcalc.spec.inputs import Inputs

WHOLE = Declared("x", (3, 8, 8), is_open=False)
IN_PART = Declared("image-left", (3, 1, 1), is_open=True)
UNSAID = Declared("image_left", None, is_open=True)
OTHER = Declared("y", (5,), is_open=False)


def what_of(one: Declared) -> str:
    return f"{one.name} is open"


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ([WHOLE], None, ((3, 8, 8), {"x": "input"})),
        ([WHOLE], (3, 9, 9), ((3, 9, 9), {"x": "input"})),
        ([IN_PART], (3, 9, 9), ((3, 9, 9), {"image-left": "input"})),
        ([UNSAID], (7,), ((7,), {"image_left": "input"})),
        ([UNSAID], {"left": (7,)}, ({"left": (7,)}, {"image_left": "left"})),
        ([WHOLE, OTHER], None, ({"x": (3, 8, 8), "y": (5,)}, {"x": "x", "y": "y"})),
        ([WHOLE, OTHER], {"y": (6,)}, ({"x": (3, 8, 8), "y": (6,)}, {"x": "x", "y": "y"})),
        (
            [IN_PART, UNSAID],
            {"image_left_2": (7,), "image_left": (3, 9, 9)},
            (
                {"image_left": (3, 9, 9), "image_left_2": (7,)},
                {"image-left": "image_left", "image_left": "image_left_2"},
            ),
        ),
    ],
)
def test_what_is_given_stands_in_the_place_of_what_is_said(
    declared: Sequence[Declared], given: Inputs | None, expected: Any
) -> None:
    assert inputs_of(declared, given, what_of) == expected


@pytest.mark.parametrize(
    ("declared", "given", "fault"),
    [
        ([IN_PART], None, "image-left is open: give it, channels first, as in --input 3x224x224"),
        ([IN_PART], (9, 9), "input 9x9 is not like 3x1x1, which the network reads: it has no channels"),
        ([WHOLE], {"z": (3, 8, 8)}, "the network has no input 'z': it has one input, which has no name"),
        ([WHOLE, OTHER], (3, 8, 8), "the network has the inputs x and y: write x=3x8x8,y=5"),
        (
            [IN_PART, OTHER, UNSAID],
            (3, 8, 8),
            "image-left is open: give it, channels first, as in --input image_left=3x224x224,image_left_2=3x224x224",
        ),
        (
            [IN_PART, OTHER, UNSAID],
            {"image_left": (3, 8, 8)},
            "image_left is open: give it, channels first, as in --input image_left_2=3x224x224",
        ),
        ([WHOLE, OTHER], {"z": (1,)}, "the network has no input 'z': it has the inputs x and y"),
    ],
)
def test_what_is_not_said_is_asked_for(declared: Sequence[Declared], given: Inputs | None, fault: str) -> None:
    with pytest.raises(ArchError) as caught:
        inputs_of(declared, given, what_of)
    assert str(caught.value) == fault
