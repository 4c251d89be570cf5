"""Variants of a network: a line for each that is kept, and why others are not legal."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from archcalc.analysis.profile.record import Record
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

_MOST_FAILED: Final = 3

_LARGE: Final = 1_000
"""From where a measured number is shown without a fraction."""

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


def _number(value: int | float | None) -> str:
    if value is None:
        return "-"
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
    yield from _of_measurement(found)
    if found.folder:
        yield f"{found.folder} has {several(outcome.matching, 'row')}"


def _of_measurement(found: Found) -> Iterator[str]:
    """Say what was measured, on what, and what could not be."""
    if not found.measured and not found.failed:
        return
    machines = dict.fromkeys(_machine(one) for one in found.measured.values())
    where = f" on {'; '.join(machines)}" if machines else ""
    yield f"measured: {len(found.measured):,} of {found.count:,}{where}"
    for kind, count in Counter(peak for one in found.measured.values() if (peak := _peak_is(one))).items():
        yield f"peak_mib is {kind}" + (f", of {count:,}" if count < len(found.measured) else "")
    warned = [one for one in found.measured.values() if one.warnings]
    if warned:
        yield f"{len(warned):,} of them with warnings, such as: {warned[0].warnings[0]}"
    for number, why in [*found.failed.items()][:_MOST_FAILED]:
        example = ", ".join(in_words(*one) for one in found.search.plan.space.variant(number).items())
        yield f"not measured: {example}: {why}"


def _machine(record: Record) -> str:
    there = record.environment
    return f"{there.name} ({there.device}, torch {there.torch}, {record.request.precision})"


def _peak_is(record: Record) -> str:
    return record.infer.times.peak_is if record.infer else ""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _values(variant: Mapping[str, Any]) -> list[list[Any]]:
    return [[name, _plain(value)] for name, value in variant.items()]


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

    - `columns`, `rows`: the variants that are kept, each with its values under the columns; shapes are lists. With
      --measure also `latency_ms`, the median of single calls of one example, `latency_p90_ms`, the `batch_measured`,
      `images_per_second` in such batches, and `peak_mib`, as profile has them; null where it was not measured.
    - `not_measured`: variants that could not be measured, each with its `values` and `why`.
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
                    "example": {"values": _values(one.example)},
                }
                for one in found.refused
            ],
            "columns": [*found.names],
            "rows": [[*map(_plain, row)] for row in found.rows()],
            "not_measured": [
                {"values": _values(found.search.plan.space.variant(number)), "why": why}
                for number, why in found.failed.items()
            ],
            "folder": found.folder or None,
        }
    )
