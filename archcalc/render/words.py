"""How numbers and sizes read."""

from typing import TYPE_CHECKING, Final

from archcalc.layers import Shape
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims

if TYPE_CHECKING:
    from fractions import Fraction

_PREFIXES: Final = "KMGTPE"


def number(value: int) -> str:
    return f"{value:,}"


def several(value: int, noun: str) -> str:
    """
    >>> several(1, "image"), several(60_000, "image")
    ('1 image', '60,000 images')
    """
    return f"{number(value)} {noun}{'s' * (value != 1)}"


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def short(value: int, unit: str) -> str:
    """Return a count in three digits, rounded half up.

    >>> short(61_100_840, " params"), short(1_428_376_960, "FLOPs"), short(999_500, "B"), short(156, " params")
    ('61.1 M params', '1.43 GFLOPs', '1.00 MB', '156 params')
    """
    step = 10 ** max(len(str(value)) - 3, 0)
    rounded = (value + step // 2) // step * step
    power = min((len(str(rounded)) - 1) // 3, len(_PREFIXES))
    if power == 0:
        return f"{rounded} {unit.lstrip()}"
    whole, rest = divmod(rounded, 1000**power)
    places = max(3 - len(str(whole)), 0)
    digits = f".{rest * 10**places // 1000**power:0{places}}" if places else ""
    return f"{whole}{digits} {_PREFIXES[power - 1]}{unit}"


def three_digits(value: "float | Fraction") -> str:
    """Return a measure in three digits, and a large one in whole numbers.

    >>> three_digits(2000 / 3), three_digits(1 / 3), three_digits(0.00543), three_digits(12345.6)
    ('667', '0.333', '0.00543', '12,346')
    """
    found = float(value)
    return f"{found:,.0f}" if found >= 100 else f"{found:#.3g}"


def pair(value: tuple[int, ...]) -> str:
    """
    >>> pair((2, 2)), pair((2, 1)), pair((2, 2, 2))
    ('2', '2x1', '2')
    """
    return str(value[0]) if len(set(value)) == 1 else dims(value)


def sides(value: Sides) -> str:
    """Return one number if all sides are equal, height x width if opposite ones are, else before/after.

    >>> sides(Sides(2, 2, 2, 2)), sides(Sides(1, 1, 2, 2)), sides(Sides(3, 4, 3, 4)), sides(Sides(0, 1, 2, 3))
    ('2', '1x2', '3/4', '0/1 x 2/3')
    """
    if value.before == value.after:
        return pair(value.before)
    axes = [f"{before}/{after}" for before, after in value.along_axes]
    return axes[0] if len(set(axes)) == 1 else " x ".join(axes)


def inputs(shapes: tuple[Shape, ...]) -> str:
    """
    >>> inputs(((64, 28, 28), (32, 28, 28))), inputs(((64, 56, 56), (64, 56, 56))), inputs(((9216,),))
    ('(64+32)x28x28', '2 of 64x56x56', '9216')
    """
    first, *others = shapes
    if not others:
        return dims(first)
    if all(shape == first for shape in others):
        return f"{len(shapes)} of {dims(first)}"
    if len(shapes) <= 4 and all(shape[1:] == first[1:] for shape in others):
        return dims(("+".join(str(s[0]) for s in shapes).join("()"), *first[1:]))
    return f"{len(shapes)} layers"
