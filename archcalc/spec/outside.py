"""What is set from outside beside whole fields of layers: single numbers of a field, and what a `use` has of its own.

`conv1.kernel_size.height=3` and `conv1.padding.top=1` are numbers of fields; `layer1.repeat=4` is of a `use`, and so
is each param of its block, by its name.
"""

from collections.abc import Mapping as MappingOf
from typing import Any

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.declared import MISSING, Field
from archcalc.layers.fields import SIDES, FieldType, PaddingType, PerAxis, Sides, spell
from archcalc.layers.sizes import AXES
from archcalc.layers.varying import Varying, at, names_of, read
from archcalc.spec.text import Mapping, Node, Scalar

REPEAT = "repeat"
WITH = "with"


def parts_of(kind: FieldType) -> tuple[str, ...]:
    """Return the names of the numbers that a field has for its axes, or their sides; none for any other field.

    >>> parts_of(PerAxis(1)), parts_of(PaddingType(axes=1))
    (('height', 'width'), ('left', 'right'))
    """
    if isinstance(kind, PerAxis):
        return AXES[kind.axes]
    return tuple(SIDES[kind.axes]) if isinstance(kind, PaddingType) else ()


def with_parts(field: Field, values: MappingOf[str, Any], parts: MappingOf[str, Any]) -> Any:
    """Return the value of a field with these of its numbers in place of its own; MISSING where it has none.

    `values` are those of the fields of its layer that are given. Raises ArchError for a number that it does not have.
    """
    value = values.get(field.name, field.default)
    if value is None and field.follows:
        value = values.get(field.follows, MISSING)
    if value is MISSING:
        return value
    names = parts_of(field.type)
    for part, number in parts.items():
        if part not in names:
            hint = did_you_mean(part, names) or (f" (it has {', '.join(names)})" if names else "")
            raise ArchError(f"{field.name} has no number '{part}' to set{hint}")
        value = _with_one(field, value, names.index(part), number)
    return read(field.type, value)


def _with_one(field: Field, value: Any, place: int, number: Any) -> Any:
    def put(value: Any, number: Any) -> Any:
        own = field.type.read(value)
        if not isinstance(own, tuple):
            raise ArchError(f"is {own}, of which no number can be set")
        made = (*own[:place], number, *own[place + 1 :])
        return Sides(*made) if isinstance(own, Sides) else made

    if isinstance(value, Varying) or isinstance(number, Varying):
        return Varying(names_of([value, number]), lambda point: put(at(value, point), at(number, point)))
    return put(value, number)


def with_own(node: Mapping, put: MappingOf[str, Any], params: MappingOf[str, Node] | None) -> Mapping:
    """Return a `use` with what is set of its own: `repeat`, and of a block the params that it declares.

    Raises ArchError for anything else.
    """
    known = (REPEAT, *(params or ()))
    given = node.items.get(WITH)
    items, inner = dict(node.items), dict(given.items) if isinstance(given, Mapping) else {}
    keys = dict(given.keys) if isinstance(given, Mapping) else {}
    for key, value in put.items():
        if key not in known:
            hint = did_you_mean(key, known) or f" (it has {', '.join(known)})"
            raise ArchError(f"there is no '{key}' of it to set{hint}")
        one = Scalar(value, "" if isinstance(value, Varying) else spell(value), node.mark)
        if key == REPEAT:
            items[REPEAT] = one
        else:
            inner[key], keys[key] = one, node.mark
    if inner:
        items[WITH] = Mapping(inner, keys, given.mark if isinstance(given, Mapping) else node.mark)
    return Mapping(items, {**dict.fromkeys(items, node.mark), **node.keys}, node.mark)
