"""What sources say about networks, held against what is so: as sheets, as JSON, and as a page to read."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.claims import Audit, Standing, Verdict
from archcalc.layers import Shape
from archcalc.layers.base import dims
from archcalc.render.data import results, stamped
from archcalc.render.markdown import escape
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import number
from archcalc.spec.model import Claim, Source

_CLAIMS: Final = (
    Column("about", "claim"),
    Column("says", "the source says", right=True),
    Column("true", "archcalc says", right=True),
    Column("verdict", "verdict"),
    Column("source", "source", leaves=2),
    Column("where", "where", leaves=1, prose=True),
    Column("why", "why", prose=True),
)

_NETWORKS: Final = (
    Column("name", "name"),
    Column("claims", "claims", right=True),
    *(Column(standing.name.lower(), standing.value, right=True) for standing in Standing),
)


def claims_sheets(audits: Sequence[Audit]) -> list[Sheet]:
    """Every claim, a sheet for each network."""
    return [_claims(audit, audit.verdicts) for audit in audits]


def summary_sheets(audits: Sequence[Audit]) -> list[Sheet]:
    """A line for each network, and every claim that does not hold or should not."""
    rows = tuple((a.spec.name, len(a.verdicts), *map(a.count, Standing)) for a in audits)
    totals = ("total", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    notes = ("archcalc audit SPEC lists every claim, --format markdown is the whole page",)
    summary = Sheet("", "", _NETWORKS, rows, (totals,), notes)
    wrong = [(audit, [v for v in audit.verdicts if v.standing is not Standing.OK]) for audit in audits]
    return [summary, *(_claims(audit, verdicts) for audit, verdicts in wrong if verdicts)]


def _claims(audit: Audit, verdicts: Sequence[Verdict]) -> Sheet:
    spec = audit.spec
    title = f"{spec.name}: {spec.title}" if spec.title else spec.name
    notes = () if audit.verdicts else (f"{spec.name} carries no claims",)
    whole = Sheet(spec.name, title, _CLAIMS, tuple(map(_cells, verdicts)), notes=notes)
    has_why = any(verdict.claim.why for verdict in verdicts)
    return whole if has_why else whole.pick([column.key for column in _CLAIMS if column.key != "why"])


def _cells(verdict: Verdict) -> tuple[str, ...]:
    claim = verdict.claim
    where = claim.where or ""
    return (about(claim), said(claim), true(verdict), verdict.standing.value, claim.source, where, claim.why or "")


def about(claim: Claim) -> str:
    """What a claim is about: `params of fc6`."""
    what = claim.what.replace("_", " ")
    return f"{what} of {claim.of}" if claim.of else what


def said(claim: Claim) -> str:
    """The figure as its source prints it."""
    value = _shown(claim.value) if not isinstance(claim.value, str) else claim.value
    return f"{value} within {claim.tol}" if claim.tol else value


def true(verdict: Verdict) -> str:
    """The figure that is so."""
    if verdict.true is None:
        return "not one number"
    return f"{_shown(verdict.true)} bytes" if verdict.claim.what == "memory" else _shown(verdict.true)


def _shown(value: int | Shape) -> str:
    return number(value) if isinstance(value, int) else dims(value)


def counts(audits: Sequence[Audit]) -> dict[Standing, int]:
    return {standing: sum(audit.count(standing) for audit in audits) for standing in Standing}


def data(audits: Sequence[Audit]) -> dict[str, Any]:
    """The audit as JSON: `counts` by verdict, and `claims`, each as the spec has it with `true`, `holds`, `verdict`."""
    return results([_audit_data(audit) for audit in audits])


def _audit_data(audit: Audit) -> dict[str, Any]:
    return stamped(
        {
            "name": audit.spec.name,
            "counts": {standing.value: audit.count(standing) for standing in Standing},
            "claims": [_verdict_data(verdict) for verdict in audit.verdicts],
        }
    )


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    stated = {key: list(v) if isinstance(v, tuple) else v for key, v in vars(verdict.claim).items()}
    so = list(verdict.true) if isinstance(verdict.true, tuple) else verdict.true
    return stated | {"true": so, "holds": verdict.holds, "verdict": verdict.standing.value}


def page(audits: Sequence[Audit], title: str) -> str:
    """A Markdown page: what is wrong and why, then every claim network by network, then the sources."""
    return "\n".join([*_opening(audits, title), *_wrong(audits), *_networks(audits), *_sources(audits)]) + "\n"


def _opening(audits: Sequence[Audit], title: str) -> Iterator[str]:
    found = counts(audits)
    sources = {source.url or source.title or key for audit in audits for key, source in audit.spec.sources.items()}
    yield f"# {escape(title)}"
    yield ""
    yield (
        f"{sum(found.values())} claims about {len(audits)} networks, from {len(sources)} sources, each held against "
        f"what archcalc computes: **{found[Standing.OK]} hold**, "
        f"**{found[Standing.KNOWN_WRONG]} are known to be wrong**{_surprises(found)}."
    )
    yield ""
    yield (
        "A number holds if the true one rounds to it: `60M` stands for anything from 59.5 to 60.5 million. "
        "An integer holds to the last digit."
    )


def _surprises(found: dict[Standing, int]) -> str:
    broken, holds = found[Standing.BROKEN], found[Standing.UNEXPECTEDLY_HOLDS]
    if not broken + holds:
        return ", and nothing is otherwise than expected"
    return f", **{broken} are broken**, and **{holds} hold that should not**"


def _wrong(audits: Sequence[Audit]) -> Iterator[str]:
    wrong = [(audit, v) for audit in audits for v in audit.verdicts if v.standing is not Standing.OK]
    if not wrong:
        return
    yield from ("", "## What is wrong, and why", "")
    for audit, verdict in wrong:
        claim = verdict.claim
        yield (
            f"- **{escape(audit.spec.name)}**, {escape(about(claim))}: {_by(audit, claim)} says "
            f"**{escape(said(claim))}**{_quoted(claim)}, it is **{escape(true(verdict))}**. "
            f"{_because(verdict)}"
        )


def _by(audit: Audit, claim: Claim) -> str:
    """The source, as a link where it has an address, and the place in it."""
    source = audit.spec.sources[claim.source]
    name = escape(source.title or source.cite or claim.source)
    linked = f"[{name}]({source.url})" if source.url else name
    return f"{linked} ({escape(claim.where)})" if claim.where else linked


def _quoted(claim: Claim) -> str:
    return f' ("{escape(claim.quote)}")' if claim.quote else ""


def _because(verdict: Verdict) -> str:
    match verdict.standing:
        case Standing.KNOWN_WRONG:
            why = verdict.claim.why or ""
            return f"{escape(why[:1].upper() + why[1:])}."
        case Standing.UNEXPECTEDLY_HOLDS:
            return "It was known to be wrong, and holds now."
    return "Nobody has said yet why."


def _networks(audits: Sequence[Audit]) -> Iterator[str]:
    yield from ("", "## Network by network")
    for audit in audits:
        spec = audit.spec
        yield from ("", f"### {escape(spec.title or spec.name)} (`{spec.name}`)", "")
        if not audit.verdicts:
            yield "No source claims anything about it here."
            continue
        yield "| claim | the source says | archcalc says | verdict | source |"
        yield "|---|---:|---:|---|---|"
        for verdict in audit.verdicts:
            claim, standing = verdict.claim, verdict.standing
            shown = standing.value if standing is Standing.OK else f"**{standing.value}**"
            where = f", {escape(claim.where)}" if claim.where else ""
            figures = f"{escape(said(claim))} | {escape(true(verdict))}"
            yield f"| {escape(about(claim))} | {figures} | {shown} | {escape(claim.source)}{where} |"


def _sources(audits: Sequence[Audit]) -> Iterator[str]:
    """Each source once, with the networks that cite it."""
    cited: dict[str, list[str]] = {}
    for audit in audits:
        for key, source in audit.spec.sources.items():
            cited.setdefault(_reference(key, source), []).append(audit.spec.name)
    yield from ("", "## Sources", "")
    for reference in sorted(cited, key=str.lower):
        yield f"- {reference} ({', '.join(f'`{name}`' for name in dict.fromkeys(cited[reference]))})"


def _reference(key: str, source: Source) -> str:
    name = escape(source.title or source.cite or key)
    parts = [f"[{name}]({source.url})" if source.url else name]
    parts += [escape(str(part)) for part in (source.author, source.year, source.version) if part]
    return ", ".join(parts)
