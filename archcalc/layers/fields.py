"""How the value of a layer's field is read, checked, written and described.

A field type is used as an annotation: `kernel_size: EachAxis`. The same type reads a value from a spec file and from
Python, writes it back in its shortest form, and describes itself to the JSON schema and to `archcalc ops`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import isfinite
from typing import Annotated, Any, ClassVar, Final

from archcalc.errors import ArchError, did_you_mean, listing
from archcalc.layers.sizes import AXES

LARGEST: Final = 10**15 - 1

_MOST_SHOWN: Final = 8
_LONGEST_SHOWN: Final = 60


EXPRESSION: Final = {"type": "string", "pattern": r"^\$([A-Za-z][A-Za-z0-9_]*|\(.*\))$"}


def spell(value: object, depth: int = 2) -> str:
    """Return a value as a message shows it, with its type if that is the point; long and deep ones are cut short."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f"text '{_shortened(value)}'" if value else "empty text"
        case list() | tuple():
            shown = [spell(item, depth - 1) for item in value[:_MOST_SHOWN]] if depth else ["..."]
            return f"[{', '.join(shown)}{', ...' if depth and len(value) > _MOST_SHOWN else ''}]"
        case dict():
            return f"{{{', '.join(f'{k}: {spell(v, depth - 1)}' for k, v in value.items()) if depth else '...'}}}"
    return str(value)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def is_integer(value: object) -> bool:
    """Return True for 1, not for True: YAML's `true` is not a number here."""
    return isinstance(value, int) and not isinstance(value, bool)


class FieldType(ABC):
    """The values that a field takes; `words` completes the sentence "must be ..."."""

    words: str
    verbatim: bool = False
    """Whether it takes a word as it is written, without a meaning: `version: 2.10` is not 2.1."""
    quiet: bool = False
    """Whether it does nothing where it is 1, so that formulas leave it out."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """Return the value in its one internal form. Raises ArchError."""

    def along(self, axes: int) -> "FieldType":
        """Return the type of a field of a class with so many axes; the type itself where that changes nothing."""
        return self

    def write(self, value: Any) -> Any:
        """Return the shortest form that `read` reads back to the same value."""
        return value

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema (draft-07) of what `read` accepts."""

    def refuse(self, value: object) -> ArchError:
        return ArchError(f"must be {self.words}, got {spell(value)}")


class Integer(FieldType):
    def __init__(self, least: int) -> None:
        self.least = least
        self.words = f"an integer >= {least}"

    def read(self, value: Any) -> int:
        if is_integer(value) and self.least <= value <= LARGEST:
            return int(value)
        raise self.refuse(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


class Width(Integer):
    """How many outputs a layer has; those of several devices are added up."""


class GroupCount(Integer):
    """Into how many groups channels are divided, each of which reads its own."""

    quiet = True


class Axis(Integer):
    """An axis, as torch counts them; a shape's rank depends on it, so it is not a number to compute with."""


def from_the_start(axis: int, rank: int) -> int:
    """Return an axis counted from the start, where a negative one is counted from the end of so many.

    >>> from_the_start(-1, rank=4), from_the_start(1, rank=4)
    (3, 1)
    """
    return axis + rank if axis < 0 else axis


class Number(FieldType):
    """A finite real number; `below` is exclusive, `most` inclusive."""

    def __init__(self, words: str, least: float | None = None, most: float | None = None, above: float | None = None):
        self.words, self.least, self.most, self.above = words, least, most, above

    def read(self, value: Any) -> float:
        if not (is_integer(value) or isinstance(value, float)):
            raise self.refuse(value)
        if not isfinite(value):
            raise ArchError(f"must be finite, got {value}")
        too_small = (self.least is not None and value < self.least) or (self.above is not None and value <= self.above)
        if too_small or (self.most is not None and value > self.most):
            raise self.refuse(value)
        return float(value)

    def write(self, value: float) -> float | int:
        return int(value) if value == int(value) and abs(value) <= LARGEST else value

    def schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.least, "maximum": self.most, "exclusiveMinimum": self.above}
        return {"type": "number"} | {name: bound for name, bound in bounds.items() if bound is not None}


class Boolean(FieldType):
    words = "true or false"

    def read(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise self.refuse(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Choice(FieldType):
    """One of a few words (or booleans)."""

    def __init__(self, *options: str | bool) -> None:
        self.options = options
        self.words = listing([o if isinstance(o, str) else spell(o) for o in options])

    def read(self, value: Any) -> str | bool:
        if isinstance(value, str | bool) and value in self.options:
            return value
        hint = did_you_mean(value, [o for o in self.options if isinstance(o, str)]) if isinstance(value, str) else ""
        raise ArchError(f"{self.refuse(value)}{hint}")

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.options)}


class PerAxis(FieldType):
    """One integer for all axes, or a list with one for each: read as (height, width) where there are two."""

    def __init__(self, least: int, or_null: bool = False, axes: int = 2) -> None:
        self.least, self.or_null, self.axes = least, or_null, axes
        null = (", either of them null" if axes == 2 else ", any of them null") if self.takes_null else ""
        listed = f" or [{', '.join(AXES[axes])}]" if axes > 1 else ""
        self.words = f"an integer >= {least}{listed}{null}"

    @property
    def takes_null(self) -> bool:
        """Whether one of several axes may have null."""
        return self.or_null and self.axes > 1

    def along(self, axes: int) -> "PerAxis":
        return type(self)(self.least, self.or_null, axes)

    def read(self, value: Any) -> tuple[int, ...]:
        is_list = isinstance(value, list | tuple)
        sizes = tuple(value) if is_list else (value,) * self.axes
        if len(sizes) == self.axes and all(self._is_size(size, is_list) for size in sizes):
            return sizes
        raise self.refuse(value)

    def _is_size(self, size: Any, is_in_list: bool) -> bool:
        if size is None:
            return self.takes_null and is_in_list
        return is_integer(size) and self.least <= size <= LARGEST

    def write(self, value: tuple[int, ...]) -> int | list[int]:
        return value[0] if len(set(value)) == 1 and value[0] is not None else list(value)

    def schema(self) -> dict[str, Any]:
        one = {"type": "integer", "minimum": self.least}
        either = {"anyOf": [one, *([{"type": "null"}] if self.takes_null else []), EXPRESSION]}
        several = {"type": "array", "items": either, "minItems": self.axes, "maxItems": self.axes}
        return {"anyOf": [one, several]}


class Optional(FieldType):
    """A value of another type, or none: null."""

    def __init__(self, inner: FieldType) -> None:
        self.inner = inner
        self.words = f"{inner.words}, or null"

    def along(self, axes: int) -> FieldType:
        bound = self.inner.along(axes)
        return self if bound is self.inner else Optional(bound)

    def read(self, value: Any) -> Any:
        return None if value is None else self.inner.read(value)

    def write(self, value: Any) -> Any:
        return None if value is None else self.inner.write(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.inner.schema(), {"type": "null"}]}


class OfAnyAxes(FieldType):
    """One number for all axes, or a list with one for each, read as (number,) or as many; for inputs of any rank."""

    words = "an integer >= 1, or a list with one for each axis"
    _one: ClassVar[dict[str, Any]] = {"type": "integer", "minimum": 1}

    def read(self, value: Any) -> tuple[int | float, ...]:
        numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
        if 1 <= len(numbers) <= max(AXES) and all(map(self._is_one, numbers)):
            return tuple(int(number) if number == int(number) else float(number) for number in numbers)
        raise self.refuse(value)

    def _is_one(self, number: Any) -> bool:
        return is_integer(number) and 1 <= number <= LARGEST

    def write(self, value: tuple[int | float, ...]) -> int | float | list[int | float]:
        return value[0] if len(value) == 1 else list(value)

    def schema(self) -> dict[str, Any]:
        several = {"type": "array", "items": {"anyOf": [self._one, EXPRESSION]}, "minItems": 1, "maxItems": max(AXES)}
        return {"anyOf": [self._one, several]}


class Factors(OfAnyAxes):
    """A factor for all axes, or one for each; one that is no integer is a decimal, and meant exactly."""

    words = "a number > 0, or a list with one for each axis"
    _one: ClassVar[dict[str, Any]] = {"type": "number", "exclusiveMinimum": 0}

    def _is_one(self, number: Any) -> bool:
        return (is_integer(number) or isinstance(number, float)) and isfinite(number) and 0 < number <= LARGEST


class WindowSize(PerAxis):
    """How large a window is along each axis."""


class Dilation(PerAxis):
    """How far apart the elements of a window lie."""

    quiet = True


class Several(FieldType):
    """One integer or a list of them: sizes along the last axes."""

    words = "an integer >= 1 or a list of them"

    def read(self, value: Any) -> tuple[int, ...]:
        sizes = value if isinstance(value, list | tuple) else [value]
        if sizes and len(sizes) <= _MOST_SHOWN and all(is_integer(size) and 1 <= size <= LARGEST for size in sizes):
            return tuple(map(int, sizes))
        raise self.refuse(value)

    def write(self, value: tuple[int, ...]) -> int | list[int]:
        return value[0] if len(value) == 1 else list(value)

    def schema(self) -> dict[str, Any]:
        one = {"type": "integer", "minimum": 1}
        several = {"type": "array", "items": {"anyOf": [one, EXPRESSION]}, "minItems": 1, "maxItems": _MOST_SHOWN}
        return {"anyOf": [one, several]}


class Order(FieldType):
    """Axes in an order, as torch counts them; the batch, which is 0, is left out."""

    words = "a list of axes from 1 on, each once"

    def read(self, value: Any) -> tuple[int, ...]:
        axes = value if isinstance(value, list | tuple) else ()
        if not (axes and len(axes) <= _MOST_SHOWN and all(is_integer(axis) and axis >= 1 for axis in axes)):
            raise self.refuse(value)
        if len(set(axes)) < len(axes):
            raise self.refuse(value)
        return tuple(map(int, axes))

    def write(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        axis = {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]}
        return {"type": "array", "items": axis, "minItems": 1, "maxItems": _MOST_SHOWN, "uniqueItems": True}


class SomeAxes(FieldType):
    """One axis or several, as torch counts them; the batch, which is 0, is left out."""

    words = "an axis from 1 on, or a list of axes, each once"

    def read(self, value: Any) -> tuple[int, ...]:
        axes = value if isinstance(value, list | tuple) else [value]
        are_axes = all(is_integer(axis) and 1 <= axis <= LARGEST for axis in axes)
        if are_axes and 0 < len(set(axes)) == len(axes) <= _MOST_SHOWN:
            return tuple(sorted(axes))
        raise self.refuse(value)

    def write(self, value: tuple[int, ...]) -> int | list[int]:
        return value[0] if len(value) == 1 else list(value)

    def schema(self) -> dict[str, Any]:
        one = {"type": "integer", "minimum": 1}
        axes = {"type": "array", "items": {"anyOf": [one, EXPRESSION]}, "minItems": 1, "maxItems": _MOST_SHOWN}
        return {"anyOf": [one, axes | {"uniqueItems": True}]}


class NewSizes(FieldType):
    """Sizes in which the same elements are laid out; -1 stands for what is left."""

    words = "a list of integers >= 1, of which one may be -1, for what is left"

    def read(self, value: Any) -> tuple[int, ...]:
        sizes = value if isinstance(value, list | tuple) else ()
        known = [size for size in sizes if size != -1]
        is_sound = len(sizes) - len(known) <= 1 and all(is_integer(size) and 1 <= size <= LARGEST for size in known)
        if 0 < len(sizes) <= _MOST_SHOWN and is_sound:
            return tuple(map(int, sizes))
        raise self.refuse(value)

    def write(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        one = {"anyOf": [{"type": "integer", "minimum": 1}, {"const": -1}, EXPRESSION]}
        return {"type": "array", "items": one, "minItems": 1, "maxItems": _MOST_SHOWN}


class PartIndex(Optional):
    """Which of several parts is meant, from 0 on; all of them where it is left out."""

    def __init__(self) -> None:
        super().__init__(Integer(0))
        self.words = "an integer >= 0; left out for all parts, NAME.0, NAME.1, ..."


class PartSizes(FieldType):
    """The sizes of two parts or more, in order."""

    words = "a list of two or more integers >= 1"

    def read(self, value: Any) -> tuple[int, ...]:
        sizes = value if isinstance(value, list | tuple) else ()
        if len(sizes) >= 2 and all(is_integer(size) and 1 <= size <= LARGEST for size in sizes):
            return tuple(map(int, sizes))
        raise self.refuse(value)

    def write(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]}, "minItems": 2}


class Table(FieldType):
    """For each output map the input maps that it reads, counted from 0."""

    words = "a list of lists: for each output map the input maps that it reads, from 0 on, each once"

    def read(self, value: Any) -> tuple[tuple[int, ...], ...]:
        rows = value if isinstance(value, list | tuple) else ()
        if rows and all(map(self._is_row, rows)):
            return tuple(tuple(map(int, row)) for row in rows)
        raise self.refuse(value)

    @staticmethod
    def _is_row(row: Any) -> bool:
        maps = row if isinstance(row, list | tuple) else ()
        return all(is_integer(one) and 0 <= one <= LARGEST for one in maps) and 0 < len(set(maps)) == len(maps)

    def write(self, value: tuple[tuple[int, ...], ...]) -> list[list[int]]:
        return [list(row) for row in value]

    def schema(self) -> dict[str, Any]:
        one = {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]}
        row = {"anyOf": [{"type": "array", "items": one, "minItems": 1, "uniqueItems": True}, EXPRESSION]}
        return {"type": "array", "items": row, "minItems": 1}


class Sides(tuple[int, ...]):
    """Padding in elements, before and after each axis: top, bottom, left and right where there are two."""

    def __new__(cls, *sizes: Any) -> "Sides":
        return super().__new__(cls, sizes)

    def __getnewargs__(self) -> tuple[int, ...]:
        return tuple(self)

    @property
    def names(self) -> tuple[str, ...]:
        return SIDES[len(self) // 2]

    @property
    def before(self) -> tuple[int, ...]:
        return self[::2]

    @property
    def after(self) -> tuple[int, ...]:
        return self[1::2]

    @property
    def along_axes(self) -> tuple[tuple[int, int], ...]:
        """The padding before and after each axis."""
        return tuple(zip(self.before, self.after, strict=True))

    def __repr__(self) -> str:
        return f"Sides({', '.join(f'{name}={size}' for name, size in zip(self.names, self, strict=True))})"


SIDES: Final = {
    1: ("left", "right"),
    2: ("top", "bottom", "left", "right"),
    3: ("front", "back", "top", "bottom", "left", "right"),
}
"""The sides of each axis, that before it and that after it."""

SAME: Final = "same"
SAME_LOWER: Final = "same_lower"
"""As `same`, with the odd element before and not after."""


class PaddingType(FieldType):
    """Read as `Sides`, or as `same` or `same_lower`, whose sides depend on the input's size.

    A bare list with both sides of each axis is refused: ONNX, torch's `F.pad` and TensorFlow each order it differently.
    """

    def __init__(self, *words: str, axes: int = 2) -> None:
        self.options, self.axes = words, axes
        several = [f"[{', '.join(AXES[axes])}]"] if axes > 1 else []
        sides = f"{{{', '.join(f'{side}:' for side in SIDES[axes])}}}"
        self.words = listing(["an integer >= 0", *several, sides, *words])

    def along(self, axes: int) -> "PaddingType":
        return PaddingType(*self.options, axes=axes)

    def read(self, value: Any) -> "Sides | str":
        if value in (SAME, SAME_LOWER) and value in self.options:
            return str(value)
        if value == "valid" and "valid" in self.options:
            return Sides(*[0] * 2 * self.axes)
        sides = value if isinstance(value, Sides) else self._sides(value)
        are_sides = sides is not None and len(sides) == 2 * self.axes
        if sides is not None and are_sides and all(is_integer(side) and 0 <= side <= LARGEST for side in sides):
            return Sides(*sides)
        raise self.refuse(value)

    def _sides(self, value: Any) -> Sequence[Any] | None:
        names = SIDES[self.axes]
        if isinstance(value, dict):
            for key in value:
                if key not in names:
                    raise ArchError(f"has no side '{key}'{did_you_mean(key, names)}")
            return [value.get(side, 0) for side in names] if value else None
        if isinstance(value, list | tuple):
            if len(value) == len(names):
                raise ArchError(
                    f"must name its {_NUMBERS[len(names)]} sides, {{{', '.join(f'{side}:' for side in names)}}}: "
                    f"frameworks order a list of {_NUMBERS[len(names)]} differently, got {spell(value)}"
                )
            return [size for size in value for _ in range(2)] if len(value) == self.axes else None
        return [value] * len(names)

    def write(self, value: "Sides | str") -> Any:
        if isinstance(value, str):
            return value
        if value.before != value.after:
            return {side: size for side, size in zip(value.names, value, strict=True) if size}
        return value[0] if len(set(value)) == 1 else [*value.before]

    def schema(self) -> dict[str, Any]:
        one = {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]}
        forms: list[dict[str, Any]] = [
            {"type": "integer", "minimum": 0},
            {"type": "array", "items": one, "minItems": self.axes, "maxItems": self.axes},
            {
                "type": "object",
                "properties": dict.fromkeys(SIDES[self.axes], one),
                "additionalProperties": False,
                "minProperties": 1,
            },
        ]
        return {"anyOf": [*forms, {"enum": list(self.options)}] if self.options else forms}


_NUMBERS: Final = {2: "two", 4: "four", 6: "six"}

Count = Annotated[int, Integer(1)]
IntegerFromZero = Annotated[int, Integer(0)]
Outputs = Annotated[int, Width(1)]
Groups = Annotated[int, GroupCount(1)]
Dim = Annotated[int, Axis(1)]
"""An axis as torch counts them, the batch being 0."""

SizesOfAxes = Annotated[tuple[int, ...], Several()]
Axes = Annotated[tuple[int, ...], Order()]
Flag = Annotated[bool, Boolean()]
EachAxis = Annotated[tuple[int, ...], PerAxis(1)]
"""A size for each axis of places."""
KernelSize = Annotated[tuple[int, ...], WindowSize(1)]
EachAxisFromZero = Annotated[tuple[int, ...], PerAxis(0)]
Spread = Annotated[tuple[int, ...], Dilation(1)]
Padding = Annotated[Sides | str, PaddingType("valid", SAME, SAME_LOWER)]
SidePadding = Annotated[Sides, PaddingType()]
ONE: Final[Any] = 1
"""The default of a field that has 1 for each axis."""
NONE: Final[Any] = 0
"""The default of a padding that there is none of, and of a field that has 0 for each axis."""
Real = Annotated[float, Number("a number")]
Positive = Annotated[float, Number("a number > 0", above=0)]
Probability = Annotated[float, Number("a number from 0 to 1", least=0, most=1)]
CeilMode = Annotated[bool | str, Choice(False, True, "caffe", "unclipped")]
