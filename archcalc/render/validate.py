"""Spec files with their faults, as a sheet and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from archcalc.errors import Fault
from archcalc.render.answer import Answer
from archcalc.render.envelope import listed
from archcalc.render.list import Listed
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


def validation_data(read: Iterable[Listed]) -> dict[str, Any]:
    """Return every spec with its faults, as JSON.

    - `results`: each with

      - `file`: the file, and `ok`: whether it has no faults.
      - `faults`: each with `file`, `line` and `column`, which are null where a fault has no place; `within`, the layer
        or the part of the file; `what` is wrong; and the whole message as `text`.
    """
    return listed(
        {"file": spec.file, "ok": not spec.faults, "faults": [_fault(fault) for fault in spec.faults]} for spec in read
    )


def _fault(fault: Fault) -> dict[str, Any]:
    mark = fault.mark._asdict() if fault.mark else {"file": None, "line": None, "column": None}
    return mark | {"within": fault.within, "what": fault.what, "text": str(fault)}


def answer(read: Sequence[Listed]) -> Answer:
    """Show a line for each spec without faults; as JSON all, with their faults."""
    return Answer([validation_sheet([spec for spec in read if not spec.faults])], lambda: validation_data(read))
