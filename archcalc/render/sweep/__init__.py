"""Variants of a network: a line for each that is kept, and why others are not legal."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.sweep.axes import in_words
from archcalc.analysis.sweep.found import Found, Refused
from archcalc.analysis.sweep.rows import ALIKE
from archcalc.layers.sizes import dims
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.sweep.front import chart
from archcalc.render.words import several, three_digits

_MOST_SHOWN: Final = 50
"""How many rows are shown to a person where all are kept; a program gets all."""

_SORTS: Final = ("variants", "outside", "illegal", "legal", "matching")
_COUNTS: Final = (Column("what", "what", heads=True), Column("variants", "variants", lambda n: f"{n:,}", right=True))
_REFUSED: Final = (
    Column("variants", "illegal", lambda number: f"{number:,}", right=True),
    Column("layer", "layer", heads=True),
    Column("why", "why, of one of them", prose=True),
    Column("example", "such as", prose=True, leaves=1),
)


def answer(found: Found) -> Answer:
    """Show the variants that are kept, and why others are not legal."""
    most = _MOST_SHOWN if found.search.best.is_all else None
    sheets = [_counts(found) if found.folder and not found.count else _rows(found, most)]
    if found.refused:
        sheets.append(_refusals(found))
    sheets[-1] = sheets[-1]._replace(notes=tuple(_notes(found, most)))
    drawn = chart(found)
    charts = [drawn] if drawn else []
    return Answer(sheets, lambda: data(found), bare=lambda: [_rows(found, None)], charts=charts)


def _value(value: Any) -> str:
    return dims(value) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: int | float) -> str:
    return f"{value:,}" if isinstance(value, int) else three_digits(value) if value else "0"


def _columns(found: Found) -> tuple[Column, ...]:
    axes = found.search.space.names
    return tuple(
        Column(name, name, _value if name in axes else _number, right=True, heads=place == 0)
        for place, name in enumerate(found.names)
    )


def _rows(found: Found, most: int | None) -> Sheet:
    return Sheet("variants", found.spec.label, _columns(found), tuple(found.rows(most)))


def lines(found: Found) -> Iterator[str]:
    """Yield a line of JSON for each row."""
    from archcalc.render.formats.jsonl import record

    columns = _columns(found)
    return (record(columns, row, {}) for row in found.rows())


def _counts(found: Found) -> Sheet:
    """Return how many variants there are of each sort, where the rows are in a folder."""
    rows = tuple((name, getattr(found.outcome, name)) for name in _SORTS)
    return Sheet("counts", found.spec.label, _COUNTS, rows)


def _refusals(found: Found) -> Sheet:
    rows = ((one.variants, one.layer, one.why, _example(one)) for one in found.refused)
    return Sheet("refused", "", _REFUSED, tuple(rows))


def _example(one: Refused) -> str:
    return ", ".join(in_words(name, value) for name, value in one.example.items())


def _notes(found: Found, most: int | None) -> Iterator[str]:
    outcome, search = found.outcome, found.search
    what = "drawn of" if search.space.sample is not None else "of"
    axes = " x ".join(f"{axis.size:,} {axis.name}" for axis in search.space.axes)
    yield f"{several(outcome.variants, 'variant')} {what} {search.space.size:,}: {axes}"
    said = []
    if outcome.outside:
        said.append(f"{outcome.outside:,} do not meet the constraints")
    if outcome.illegal:
        said.append(f"{outcome.illegal:,} are illegal")
    if search.where:
        said.append(f"for {outcome.matching:,} of the {outcome.legal:,} legal ones {' and '.join(search.where)} holds")
    if said:
        yield "; ".join(said)
    yield from search.means.words(search.shown)
    best = search.best
    if best.front:
        yield (
            f"front of {', '.join(map(str, best.front))}: {found.count:,} that no other is better than; {ALIKE} counts "
            "the variants with the same numbers"
        )
    elif best.by is not None:
        yield f"the first {found.count:,} by {best.by}"
    elif most is not None and found.count > most:
        yield f"{found.count - most:,} more: csv and json have all, --top and --pareto the best, --out keeps any number"
    if found.folder:
        yield f"{found.folder} has {outcome.matching:,} rows"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def data(found: Found) -> dict[str, Any]:
    """Return a sweep as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: of the spec, and what was set besides what is varied.
    - `space`: what is varied

      - `axes`: each with its name and its values, in the order in which variants are numbered.
      - `constraints`: what these must meet.
      - `sample`, `sampling`, `seed`: how variants were drawn; null where all were looked at.

    - `means`: what columns are computed with: `dtype`, `optimizer`, `device_model` and `precision`, null if not given.
    - `where`: the conditions that rows meet.
    - `variants`: how many were looked at.
    - `outside`: how many of them do not meet the constraints.
    - `illegal`, `legal`: how many of the others are no network, or are one.
    - `matching`: how many legal ones meet the conditions.
    - `refused`: why variants are illegal, the commonest reason first, each with

      - `layer`: what refuses them.
      - `why`: the words for one of them, the `example`, whose `values` are listed by name.
      - `variants`: how many.

    - `columns`, `rows`: the variants that are kept, each with its values under the columns; shapes are lists.
    - `folder`: where the rows were written, or null.
    """
    outcome = found.outcome
    return stamped(
        {
            **identity(found.spec),
            "space": found.search.plan.space.data(),
            "means": found.search.means.data(),
            "where": [*found.search.where],
            **{name: getattr(outcome, name) for name in _SORTS},
            "refused": [
                {
                    "layer": one.layer,
                    "why": one.why,
                    "variants": one.variants,
                    "example": {"values": [[name, _plain(value)] for name, value in one.example.items()]},
                }
                for one in found.refused
            ],
            "columns": [*found.names],
            "rows": [[*map(_plain, row)] for row in found.rows()],
            "folder": found.folder or None,
        }
    )
