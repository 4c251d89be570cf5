"""Frozen values made of declared fields: what layer kinds, and the records of a spec, are.

A field is an annotation that carries its type: `kernel_size: EachAxis`.
"""

from collections.abc import Iterator
from inspect import get_annotations
from typing import Any, ClassVar, Final, NamedTuple, Self, dataclass_transform

from archcalc.errors import ArchError
from archcalc.layers.fields import FieldType
from archcalc.layers.varying import read

MISSING: Final[Any] = object()
"""The default of a field that must be given."""


class Field(NamedTuple):
    """A field as a class declares it. A default of None follows the field that `follows` names."""

    name: str
    type: FieldType
    default: Any = MISSING
    follows: str = ""

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def along(self, axes: int) -> "Field":
        """Return the field of a class that has so many axes, its default in the form in which it is read."""
        bound = self.type.along(axes)
        if bound is self.type:
            return self
        has_none = self.default is MISSING or self.default is None
        return self._replace(type=bound, default=self.default if has_none else bound.read(self.default))


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Declared:
    """A frozen value made of declared fields, each checked and put in its one internal form when it is made.

    It is a frozen dataclass without the cost of making the class, of which every start makes dozens.
    """

    fields: ClassVar[dict[str, Field]] = {}
    axes: ClassVar[int] = 2
    """Of how many axes its fields tell sizes, where they tell one for each."""
    _declared: ClassVar[dict[str, Field]] = {}
    """The fields as they are declared, whatever the axes."""

    def __init_subclass__(cls) -> None:
        cls._declared = cls._declared | dict(_declarations(cls))
        cls.fields = {name: field.along(cls.axes) for name, field in cls._declared.items()}

    def __init__(self, **values: Any) -> None:
        for name, field in self.fields.items():
            value = values.pop(name, field.default)
            if value is None and field.follows:
                value = self.__dict__[field.follows]
            try:
                self.__dict__[name] = read(field.type, value)
            except ArchError as error:
                problem = "is missing" if value is MISSING else error
                raise ArchError(f"{name} {problem}") from None
        if values:
            raise ArchError(f"{type(self).__name__} has no field '{next(iter(values))}'")

    def with_stand_ins(self, **values: Any) -> Self:
        """Return a copy with these values for its fields, unchecked: they stand in for the fields in its rules."""
        copy = object.__new__(type(self))
        copy.__dict__.update(vars(self) | values)
        return copy

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({shown})"


def _declarations(cls: type) -> Iterator[tuple[str, Field]]:
    """Yield the annotations of a class that carry a FieldType, with their defaults."""
    for name, annotation in get_annotations(cls).items():
        metadata = getattr(annotation, "__metadata__", ())
        if metadata:
            follows = metadata[1] if len(metadata) > 1 else ""
            yield name, Field(name, metadata[0], cls.__dict__.get(name, MISSING), follows)
