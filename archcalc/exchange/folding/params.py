"""How parts of one structure differ: the fields that do, as params of a block, and the values for each part."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import gcd
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.folding.items import Item
from archcalc.layers import KINDS

_MISSING: Final = object()
_WHOLE: Final = ("op", "merge", "activation", "block", "layer", "repeat")
_WITH: Final = "with"
"""What is the same in all parts of one structure."""


class Params(NamedTuple):
    """The params of a block, with their defaults, the statements that have them, and the values of each part."""

    defaults: Mapping[str, Any]
    items: tuple[Item, ...]
    values: tuple[Mapping[str, Any], ...]


def params_of(parts: Sequence[Sequence[Item]]) -> Params | None:
    """Return what parts of one structure have in common, and how each differs; None where that cannot be said."""
    flat = [[item for top in part for item in top.all()] for part in parts]
    columns: dict[tuple[int, str], tuple[Any, ...]] = {}
    for place in range(len(flat[0])):
        for name in _fields_of([items[place] for items in flat]):
            values = tuple(_value(items[place], name) for items in flat)
            if any(value is _MISSING for value in values):
                return None
            if any(value != values[0] for value in values):
                columns[place, name] = values
    if any(isinstance(value, dict | list) for values in columns.values() for value in values):
        return None
    names = _names(columns, flat[0])
    bases = _bases(names)
    written = {
        spot: f"${names[values]}" if values in names else _times(values, names, bases)
        for spot, values in columns.items()
    }
    own = {name: values for values, name in names.items()}
    defaults = {name: _most_common(values) for name, values in own.items()}
    given = tuple({name: values[part] for name, values in own.items()} for part in range(len(parts)))
    return Params(defaults, tuple(_rewritten(parts[0], written, flat[0])), given)


def _fields_of(items: Sequence[Item]) -> list[str]:
    """Return the fields that any of these items has."""
    named = [name for item in items for name in item.body if name not in (*_WHOLE, _WITH)]
    named += [f"{_WITH}.{name}" for item in items for name in item.body.get(_WITH, ())]
    return list(dict.fromkeys(named))


def _value(item: Item, name: str) -> Any:
    """Return the value of a field, which is its default where it is left out; `_MISSING` where it has none."""
    if name in item.body:
        return item.body[name]
    if name.startswith(f"{_WITH}."):
        return item.body[_WITH].get(name.removeprefix(f"{_WITH}."), _MISSING)
    op = item.body.get("merge", item.body["op"])
    field = KINDS[op].fields.get(name) if op in KINDS else None
    if field is None or field.required or field.follows:
        return _MISSING
    try:
        return field.type.write(field.default)
    except (ArchError, AttributeError, TypeError):
        return _MISSING


def _names(columns: Mapping[tuple[int, str], tuple[Any, ...]], items: Sequence[Item]) -> dict[tuple[Any, ...], str]:
    """Return a name for each way in which values differ, which several fields may share; for multiples none."""
    first: dict[tuple[Any, ...], tuple[int, str]] = {}
    for spot, values in columns.items():
        first.setdefault(values, spot)
    bases = _bases(first)
    kept = {values: spot for values, spot in first.items() if not _multiple_of(values, bases)}
    last = {name: values for values, (_, name) in kept.items()}
    names: dict[tuple[Any, ...], str] = {}
    given: set[str] = set()
    for values, (place, name) in kept.items():
        word = name.removeprefix(f"{_WITH}.")
        own = f"{items[place].name.replace('.', '_')}_{word}"
        names[values] = word if last[name] == values and word not in given else own
        given.add(names[values])
    return names if len(given) == len(names) else {values: f"p{n}" for n, values in enumerate(names)}


_Bases = Mapping[tuple[int, ...], Sequence[int]]
"""How many times as much as the smallest integers of the same proportions values are, by these integers."""


def _bases(columns: Collection[tuple[Any, ...]]) -> _Bases:
    """Return the values that others may be multiples of."""
    found: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for values in columns:
        if _can_be_multiples(values):
            smallest, times = _reduced(values)
            found[smallest].append(times)
    return found


def _can_be_multiples(values: Sequence[Any]) -> bool:
    return all(type(value) is int and value > 0 for value in values)


def _reduced(values: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """
    >>> _reduced((64, 96, 128))
    ((2, 3, 4), 32)
    """
    divisor = gcd(*values)
    return tuple(value // divisor for value in values), divisor


def _multiple_of(values: tuple[Any, ...], bases: _Bases) -> tuple[tuple[int, ...], int] | None:
    """Return the other values of which these are some times as much in each part; None for none."""
    if not _can_be_multiples(values):
        return None
    smallest, whole = _reduced(values)
    base = next((times for times in bases.get(smallest, ()) if times < whole and whole % times == 0), None)
    return None if base is None else (tuple(value * base for value in smallest), whole // base)


def _times(values: tuple[Any, ...], names: Mapping[tuple[Any, ...], str], bases: _Bases) -> str:
    found = _multiple_of(values, bases)
    assert found is not None
    base, factor = found
    return f"$({factor} * {names[base]})"


def _most_common(values: Sequence[Any]) -> Any:
    """Return the value that more than half of the parts have; None, which has to be given, if there is none."""
    ((value, times),) = Counter(values).most_common(1)
    return value if 2 * times > len(values) else None


def _rewritten(part: Sequence[Item], written: Mapping[tuple[int, str], str], flat: Sequence[Item]) -> Iterator[Item]:
    """Yield the items of a part with params in the place of what differs."""
    spots: dict[int, dict[str, str]] = defaultdict(dict)
    for (place, name), value in written.items():
        spots[id(flat[place])][name] = value
    yield from _with_params(part, spots)


def _with_params(part: Sequence[Item], spots: Mapping[int, Mapping[str, str]]) -> Iterator[Item]:
    for item in part:
        here = dict(spots.get(id(item), {}))
        given = {name.removeprefix(f"{_WITH}."): here.pop(name) for name in [*here] if name.startswith(f"{_WITH}.")}
        body = _in_order({**item.body, **here}) | ({_WITH: {**item.body[_WITH], **given}} if given else {})
        paths = tuple(tuple(_with_params(path, spots)) for path in item.paths)
        yield Item(item.name, body, item.inputs, paths, item.reads_several)


def _in_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a layer says with its fields in the order of its kind."""
    op = body.get("merge", body["op"])
    fields = [name for name in KINDS[op].fields if name in body] if op in KINDS else []
    before = {name: body[name] for name in body if name in ("op", "merge")}
    return {**before, **{name: body[name] for name in fields}, **body}
