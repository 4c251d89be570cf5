"""The specs that can be named, as a sheet and as JSON; those of a family stand together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.errors import Fault
from archcalc.render.answer import Answer
from archcalc.render.envelope import listed
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number
from archcalc.spec.inputs import as_data, inputs_in_words
from archcalc.table import Table


class Listed(NamedTuple):
    """A spec that was read; a broken one has faults and no table."""

    name: str
    aliases: tuple[str, ...]
    title: str
    file: str
    table: Table | None
    notes: str = ""
    family: str = ""
    faults: tuple[Fault, ...] = ()


_LIST: Final = (
    Column("family", "family", leaves=5),
    Column("name", "name"),
    Column("aliases", "aliases", ", ".join, leaves=4),
    Column("input", "input", inputs_in_words, leaves=2),
    Column("layers", "layers", right=True, leaves=1),
    Column("params", "params", number, right=True),
    Column("macs", "MACs", number, right=True),
    Column("title", "title", leaves=3, prose=True),
)


_NOTED: Final = (Column("name", "name"), Column("notes", "notes", prose=True))


def catalogue_sheet(specs: Iterable[Listed]) -> Sheet:
    """Return a line for each spec; the name of a family stands on its first line alone."""
    rows = tuple(_lines(specs))
    sheet = Sheet("", "", _LIST, rows)
    return sheet if any(family.value for family, *_ in rows) else sheet.pick([column.key for column in _LIST[1:]])


def notes_sheet(specs: Iterable[Listed]) -> Sheet:
    """Return a line for each spec that has notes, with these on one line."""
    return Sheet("", "", _NOTED, tuple((spec.name, " ".join(spec.notes.split())) for spec in specs if spec.notes))


def by_family(specs: Iterable[Listed]) -> list[Listed]:
    """Return the specs in the order of their families, those without one last, each family's by their names."""
    return sorted(specs, key=lambda spec: (not spec.family, spec.family, _as_counted(spec.name)))


def _as_counted(name: str) -> list[tuple[str, int]]:
    """Return a name as it is sorted: resnet18 comes before resnet101.

    >>> sorted(["resnet101", "resnet18"], key=_as_counted)
    ['resnet18', 'resnet101']
    """
    return [(word, int(count or 0)) for word, count in re.findall(r"(\D+)(\d*)", name)]


def _lines(specs: Iterable[Listed]) -> Iterator[tuple[Any, ...]]:
    for family, relatives in groupby(specs, key=lambda spec: spec.family):
        for place, spec in enumerate(relatives):
            yield Told(family, "" if place else family), *_line(spec)


def _line(spec: Listed) -> tuple[Any, ...]:
    if spec.table is None:
        return (Path(spec.name).stem, (), None, None, None, None, f"has mistakes: run archcalc validate {spec.file}")
    table = spec.table
    totals = table.totals
    return (spec.name, spec.aliases, table.input_shape, len(table.rows), totals.params, totals.macs, spec.title)


def catalogue_data(specs: Iterable[Listed]) -> dict[str, Any]:
    """Return the specs that can be named, as JSON.

    - `results`: each with

      - `name`, `aliases`, `title`, `family`, `notes`: of the spec.
      - `file`: where it is.
      - `input_shape`: of the spec; null where the spec has faults.
      - `layers`: how many there are; null where the spec has faults.
      - `totals`: as in `table`; null where the spec has faults.
      - `faults`: its faults, in words.
    """
    return listed(
        {
            "name": spec.name,
            "aliases": list(spec.aliases),
            "title": spec.title,
            "family": spec.family,
            "notes": " ".join(spec.notes.split()),
            "file": spec.file,
            "input_shape": as_data(spec.table.input_shape) if spec.table else None,
            "layers": len(spec.table.rows) if spec.table else None,
            "totals": spec.table.totals._asdict() if spec.table else None,
            "faults": [str(fault) for fault in spec.faults],
        }
        for spec in specs
    )


def answer(specs: Sequence[Listed], show_notes: bool = False) -> Answer:
    """Show the specs that can be named."""
    return Answer([notes_sheet(specs) if show_notes else catalogue_sheet(specs)], lambda: catalogue_data(specs))
