"""Spec files with their faults, as a sheet and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.budget.judgement import Judged
from archcalc.errors import Fault
from archcalc.render.answer import Answer
from archcalc.render.budget import budget_sheet, verdicts_data
from archcalc.render.envelope import IDENTITY, identity, listed
from archcalc.render.list import Listed
from archcalc.render.page import Heading, Paragraph, Run
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_SOUND: Final = (
    Column("file", "file"),
    Column("layers", "layers", right=True),
    Column("params", "params", number, right=True),
    Column("macs", "MACs", number, right=True),
)


def validation_sheet(sound: Iterable[Listed]) -> Sheet:
    """Return a line for each spec without faults."""
    rows = (
        (spec.file, len(spec.table.rows), spec.table.totals.params, spec.table.totals.macs)
        for spec in sound
        if spec.table
    )
    return Sheet("", "", _SOUND, tuple(rows))


def validation_data(read: Iterable[Listed], budgets: Iterable[Judged | None]) -> dict[str, Any]:
    """Return every spec with its faults, as JSON.

    - `results`: each with

      - `file`: the file, and `ok`: whether it has no faults.
      - `name`, `settings`, `spec_hash`, `input_shape`: the network, as in `table`; null for a spec with faults.
      - `faults`: each with `file`, `line` and `column`, which are null where a fault has no place; `within`, the layer
        or the part of the file; `what` is wrong; and the whole message as `text`.
      - `within_budget`: whether every limit of its budget is kept; null for a spec with faults.
      - `budget`: each limit; empty for a spec with faults, with

        - `measure`: what it limits: params, macs, flops, activations, weights, memory, arena,
          receptive_field or ms.
        - `of`: the layers that it is of; empty for the whole network.
        - `side`: max or min, and `limit`: the most, or the least, that there may be.
        - `number`: what there is, and `unit`: B, ms, or nothing for counts.
        - `difference`: the number less the limit, and `share`: that as a share of the limit, null of a limit of 0.
        - `verdict`: ok, OVER, UNDER, or not over: a lower bound within its limit, which is no proof that it is kept.
        - `holds`: whether the limit is kept, as far as is known.
        - `where`: what else the number depends on, such as a number format or a device.
        - `largest`: the layers that contribute most, of memory what it is for, of an arena the maps at its peak;
          each with its `name` and `number`.
    """
    return listed(
        {
            "file": spec.file,
            **(identity(judged.spec) if judged else dict.fromkeys(IDENTITY)),
            "ok": not spec.faults,
            "faults": [_fault(fault) for fault in spec.faults],
            **(verdicts_data(judged) if judged else {"within_budget": None, "budget": []}),
        }
        for spec, judged in zip(read, budgets, strict=True)
    )


def _fault(fault: Fault) -> dict[str, Any]:
    mark = fault.mark._asdict() if fault.mark else {"file": None, "line": None, "column": None}
    return mark | {"within": fault.within, "what": fault.what, "text": str(fault)}


def answer(read: Sequence[Listed], budgets: Sequence[Judged | None]) -> Answer:
    """Show a line for each spec without faults, and one for each limit; pages and JSON have the faults too."""
    judged = [one for one in budgets if one and one.verdicts]
    sound = validation_sheet([spec for spec in read if not spec.faults])
    budget = [budget_sheet(judged)] if judged else []
    return Answer(
        [sound, *budget],
        lambda: validation_data(read, budgets),
        bare=lambda: budget or [sound],
        page=lambda: tuple(_page(read, sound, budget)),
    )


def _page(read: Sequence[Listed], sound: Sheet, budget: Sequence[Sheet]) -> Iterator[Heading | Paragraph | Sheet]:
    """Yield what is wrong, then what is not kept, then the specs without faults."""
    faulty = [spec for spec in read if spec.faults]
    if faulty:
        yield Paragraph((Run(f"specs with mistakes: {len(faulty)} of {len(read)}", bold=True),))
    for spec in faulty:
        yield from (Paragraph((Run(str(fault)),), is_item=True) for fault in spec.faults)
    yield from budget
    if sound.rows or not faulty:
        yield sound
