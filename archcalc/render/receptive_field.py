"""Receptive fields in words, and as JSON."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from archcalc.layers.sizes import dims

if TYPE_CHECKING:
    from fractions import Fraction

    from archcalc.analysis.receptive_field import Field, Sight

Sights: TypeAlias = "tuple[Sight, ...]"
"""What outputs see of each of the network's inputs."""

Along: TypeAlias = "tuple[int | Fraction | None, ...]"


def size(sights: Sights) -> str:
    """Return the size along each axis; in brackets that beside what is read of the whole input.

    >>> from archcalc.analysis.receptive_field import Field, Sight
    >>> size((Sight("input", Field((224, 224), (None, None), (None, None)), Field((75, 75), (8, 8), (0, 0))),))
    '224x224 (75x75)'
    """
    return _of_each(sights, lambda field: dims(field.size))


def stride(sights: Sights) -> str:
    return _of_each(sights, lambda field: _pair(field.jump))


def padding(sights: Sights) -> str:
    return _of_each(sights, lambda field: _pair(field.padding))


def centre(sights: Sights) -> str:
    return _of_each(sights, lambda field: _pair(field.centre))


def in_words(sights: Sights) -> str:
    """Return size and stride: `195, jump 32`; `224` where all outputs see the same."""
    return _of_each(sights, _in_words) or "-"


def _in_words(field: "Field") -> str:
    jump = "" if set(field.jump) == {None} else f", jump {_pair(field.jump)}"
    return f"{_pair(field.size)}{jump}"


def _of_each(sights: Sights, words: "Callable[[Field], str]") -> str:
    """Return words on each input's field, with its name where there are several."""
    several = [words(one.field) + (f" ({words(one.beside)})" if one.beside else "") for one in sights]
    if len(several) == 1:
        return several[0]
    return "; ".join(f"{one.of} {said}" for one, said in zip(sights, several, strict=True))


def _pair(numbers: Along) -> str:
    """
    >>> from fractions import Fraction
    >>> _pair((32, 32)), _pair((Fraction(1, 2), 1)), _pair((None, None))
    ('32', '0.5x1', '-')
    """
    shown = tuple(map(_number, numbers))
    return shown[0] if len(set(shown)) == 1 else dims(shown)


def _number(number: "int | Fraction | None") -> str:
    """
    >>> from fractions import Fraction
    >>> _number(3), _number(Fraction(7, 2)), _number(Fraction(1, 3)), _number(None)
    ('3', '3.5', '1/3', '-')
    """
    if number is None:
        return "-"
    is_short = number.denominator in (2, 4, 8)
    return f"{float(number):g}" if is_short else str(number)


def data(sights: Sights) -> list[dict[str, Any]]:
    """Return the fields as JSON."""
    return [_sight_data(one) for one in sights]


def _sight_data(sight: "Sight") -> dict[str, Any]:
    return {
        "input": sight.of,
        **_field_data(sight.field),
        "beside": None if sight.beside is None else _field_data(sight.beside),
        "offset": [*map(_plain, sight.offset)] or None,
        "is_even": not sight.is_uneven,
    }


def _field_data(field: "Field") -> dict[str, Any]:
    along = {"stride": field.jump, "padding": field.padding, "centre": field.centre}
    return {"size": list(field.size), **{name: [*map(_plain, numbers)] for name, numbers in along.items()}}


def _plain(number: "int | Fraction | None") -> int | float | None:
    return number if number is None or isinstance(number, int) else float(number)
