"""Claims of sources about networks, each judged, as sheets and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.audit.claims import Audit, Standing, Verdict, in_words
from archcalc.errors import listing
from archcalc.layers.sizes import dims
from archcalc.render.envelope import identity, results, stamped
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number
from archcalc.spec.model import Claim

_CLAIMS: Final = (
    Column("about", "claim"),
    Column("says", "the source says", right=True, prose=True),
    Column("true", "archcalc says", right=True),
    Column("verdict", "verdict"),
    Column("source", "source"),
    Column("where", "where", prose=True),
    Column("why", "why", prose=True),
)

_STACKED: Final = (
    Column("about", "claim", heads=True),
    Column("verdict", "verdict", heads=True),
    Column("said", "who says what", prose=True),
)

_MANY: Final = 12
"""Of so many networks, the claims that hold are counted by families, and the others have a line each."""

_FAMILIES: Final = (
    Column("family", "family", heads=True),
    Column("networks", "networks", right=True),
    Column("claims", "claims", right=True),
    *(Column(standing.name.lower(), standing.value, right=True) for standing in Standing),
)

_WRONG: Final = (
    Column("name", "network"),
    Column("about", "claim"),
    Column("says", "the source says", prose=True),
    Column("true", "archcalc says", leaves=2),
    Column("verdict", "verdict"),
    Column("source", "source", leaves=1),
)

_WRONG_STACKED: Final = (Column("name", "network", heads=True), Column("said", "who says what", prose=True))

_NETWORKS: Final = (
    Column("name", "name", heads=True),
    Column("claims", "claims", right=True),
    *(Column(standing.name.lower(), standing.value, right=True) for standing in Standing),
)


def claims_sheets(audits: Sequence[Audit], stacked: bool = False) -> list[Sheet]:
    """Return every claim, a sheet for each network; `stacked`, for a narrow place, has a sentence for the numbers."""
    return [_claims(audit, audit.verdicts, stacked) for audit in audits]


def every_claim(audits: Sequence[Audit]) -> Sheet:
    """Return all claims in one sheet, whose columns are always the same, each with the network that it is about."""
    rows = ((audit.spec.name, *_cells(verdict)) for audit in audits for verdict in audit.verdicts)
    return Sheet("", "", (Column("spec", "spec"), *_CLAIMS), tuple(rows))


def summary_sheets(audits: Sequence[Audit], stacked: bool = False) -> list[Sheet]:
    """Return a line for each network, and every claim that does not hold or should not; less where there are many."""
    if len(audits) > _MANY:
        return _folded_sheets(audits, stacked)
    rows = tuple((a.spec.name, len(a.verdicts), *map(a.count, Standing)) for a in audits)
    totals = ("total", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    notes = ("run archcalc audit SPEC to see every claim; --format markdown writes the whole page",)
    summary = Sheet("", "", _NETWORKS, rows, (totals,), notes).pick(_standing_somewhere(audits))
    wrong = [(audit, [v for v in audit.verdicts if v.standing is not Standing.OK]) for audit in audits]
    return [summary, *(_claims(audit, verdicts, stacked) for audit, verdicts in wrong if verdicts)]


def _folded_sheets(audits: Sequence[Audit], stacked: bool) -> list[Sheet]:
    """Return a line for each family, and a line without its reason for each claim that does not hold or should not."""
    families: dict[str, list[Audit]] = {}
    for audit in audits:
        families.setdefault(audit.spec.family or audit.spec.name, []).append(audit)
    rows = tuple(
        (family, len(members), sum(len(one.verdicts) for one in members), *counts(members).values())
        for family, members in sorted(families.items())
    )
    totals = ("total", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    notes = ("run archcalc audit SPEC to see every claim, and why; --format markdown writes the whole page",)
    summary = Sheet("", "", _FAMILIES, rows, (totals,), notes).pick(_standing_somewhere(audits, _FAMILIES))
    wrong = (_folded(family, families[family]) for family in sorted(families))
    sheets = (_stacked_lines(sheet) if stacked else sheet for sheet in wrong if sheet.rows)
    return [summary, *sheets]


def _folded(family: str, audits: Sequence[Audit]) -> Sheet:
    """Return what does not hold or should not in a family; the name of a network stands on its first line alone."""
    rows = []
    for audit in audits:
        wrong = [verdict for verdict in audit.verdicts if verdict.standing is not Standing.OK]
        for place, verdict in enumerate(wrong):
            name = Told(audit.spec.name, "" if place else audit.spec.name)
            about, says, true, standing, source, *_ = _cells(verdict)
            rows.append((name, about, says, true if verdict.claim.quantified else None, standing, source))
    sheet = Sheet(family, family, _WRONG, tuple(rows))
    are_known = all(row[4] == Standing.KNOWN_WRONG.value for row in rows)
    return sheet.pick([column.key for column in _WRONG if column.key != "verdict"]) if are_known else sheet


def _stacked_lines(sheet: Sheet) -> Sheet:
    """Return the sheet for a narrow place: a sentence beside each network."""
    rows = []
    for row in sheet.rows:
        cells = dict(zip((column.key for column in sheet.columns), row, strict=True))
        it_is = f", it is {cells['true'].text}" if cells["true"] else ""
        standing = f": {cells['verdict']}" if "verdict" in cells else ""
        rows.append((cells["name"], f"{cells['about']}: {cells['source']} says {cells['says'].text}{it_is}{standing}"))
    return sheet._replace(columns=_WRONG_STACKED, rows=tuple(rows))


def _standing_somewhere(audits: Sequence[Audit], columns: Sequence[Column] = _NETWORKS) -> list[str]:
    """Return the columns, without those for surprises if there are none."""
    found = counts(audits)
    unused = {s.name.lower() for s in (Standing.BROKEN, Standing.UNEXPECTEDLY_HOLDS) if not found[s]}
    return [column.key for column in columns if column.key not in unused]


def _claims(audit: Audit, verdicts: Sequence[Verdict], stacked: bool) -> Sheet:
    spec = audit.spec
    title = f"{spec.name}: {spec.title}" if spec.title else spec.name
    notes = () if audit.verdicts else (f"{spec.name} has no claims",)
    if stacked:
        return Sheet(spec.name, title, _STACKED, tuple(map(_stacked, verdicts)), notes=notes)
    whole = Sheet(spec.name, title, _CLAIMS, tuple(map(_cells, verdicts)), notes=notes)
    has_why = any(verdict.claim.why for verdict in verdicts)
    return whole if has_why else whole.pick([column.key for column in _CLAIMS if column.key != "why"])


def _stacked(verdict: Verdict) -> tuple[str, str, str]:
    claim = verdict.claim
    words = said(claim) if claim.quantified else f'"{said(claim)}"'
    says = f"{claim.source} says {words}{f' ({claim.where})' if claim.where else ''}"
    so = "" if verdict.holds else f"{', it is ' + in_words(verdict) if claim.quantified else ''}{_why(claim)}"
    return about(claim), verdict.standing.value, says + so


def _why(claim: Claim) -> str:
    return f": {claim.why}" if claim.why else ""


def _cells(verdict: Verdict) -> tuple[Any, ...]:
    claim = verdict.claim
    numbers = Told(claim.value, said(claim)), Told(verdict.true, in_words(verdict))
    return (about(claim), *numbers, verdict.standing.value, claim.source, claim.where or "", claim.why or "")


def about(claim: Claim) -> str:
    """Return the subject of a claim: `params of fc6`, `cost by fvcore`, `memory in fp16`, `statement about pool1`."""
    what = claim.what.replace("_", " ")
    by = f" by {claim.convention}" if claim.convention else ""
    numbers = f" in {claim.dtype}" if claim.dtype else ""
    of = f" {'of' if claim.quantified else 'about'} {listing(claim.of, 'and')}" if claim.of else ""
    at = f" at {dims(claim.input)}" if claim.input else ""
    return f"{what}{by}{numbers}{of}{at}"


def said(claim: Claim) -> str:
    """Return the value as its source prints it."""
    match claim.value:
        case None:
            return claim.quote or ""
        case int():
            value = number(claim.value)
        case str():
            value = claim.value
        case _:
            value = dims(claim.value)
    return f"{value} within {claim.tol}" if claim.tol else value


def counts(audits: Sequence[Audit]) -> dict[Standing, int]:
    return {standing: sum(audit.count(standing) for audit in audits) for standing in Standing}


def data(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return the audit as JSON, several specs' under `results`.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network, as in `table`.
    - `counts`: how many claims have each verdict.
    - `claims`: in the order of the file. What the file says:

      - `what` the claim is about, and `of` which layer or list of layers; null for the network.
      - `input`: at which input; null for the spec's own.
      - `convention`: by which convention a cost is counted; null for anything else.
      - `dtype`: the numbers whose bytes are counted; null for anything but memory, and for fp32.
      - `value`: as the source prints it; null for a statement, which has a `quote`.
      - `source`: one of the spec's sources.
      - `tol`, `where`, `quote`, `why`: null where the file has none.
      - `expect`: holds or fails.

      What archcalc says:

      - `true`: the true number; memory is in bytes; null where there is no number.
      - `holds`: whether the claim is true.
      - `verdict`: ok, known wrong, BROKEN or UNEXPECTEDLY HOLDS.
    """
    return results([_audit_data(audit) for audit in audits])


def _audit_data(audit: Audit) -> dict[str, Any]:
    return stamped(
        {
            **identity(audit.spec),
            "counts": {standing.value: audit.count(standing) for standing in Standing},
            "claims": [verdict_data(verdict) for verdict in audit.verdicts],
        }
    )


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """Return a claim as the file has it, with what is true, as JSON."""
    claim = verdict.claim
    stated = {name: field.type.write(getattr(claim, name)) for name, field in claim.fields.items()}
    true = verdict.true
    so = list(true) if isinstance(true, tuple) else true if true is None or isinstance(true, int) else float(true)
    return stated | {"true": so, "holds": verdict.holds, "verdict": verdict.standing.value}
