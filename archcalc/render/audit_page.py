"""What sources say about networks, held against what is so: as a Markdown page to read."""

from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.analysis.claims import Audit, Standing, Verdict, in_words
from archcalc.render.audit import about, counts, said
from archcalc.render.markdown import escape
from archcalc.spec.model import Claim, Source


def page(audits: Sequence[Audit], title: str) -> str:
    """A Markdown page: what is wrong and why, then every claim network by network, then the sources."""
    return "\n".join([*_opening(audits, title), *_wrong(audits), *_networks(audits), *_sources(audits)]) + "\n"


def _opening(audits: Sequence[Audit], title: str) -> Iterator[str]:
    found = counts(audits)
    sources = {source.url or source.title or key for audit in audits for key, source in audit.spec.sources.items()}
    claims = counted(sum(found.values()), "claim")
    yield f"# {escape(title)}"
    yield ""
    yield (
        f"{claims} about {counted(len(audits), 'network')}, from {counted(len(sources), 'source')}, each held against "
        f"what archcalc computes: {_outcome(found)}."
    )
    yield ""
    yield (
        "A number holds if the true one rounds to it: `60M` stands for anything from 59.5 to 60.5 million. "
        "An integer holds to the last digit."
        + (f" {_STATEMENTS}" if any(not v.claim.quantified for audit in audits for v in audit.verdicts) else "")
    )


_STATEMENTS: Final = "A statement is a known error in words, which no calculation decides."


def counted(count: int, noun: str) -> str:
    """
    >>> counted(1, "claim"), counted(2, "claim"), counted(0, "claim")
    ('1 claim', '2 claims', 'no claims')
    """
    return f"{count or 'no'} {noun}{'s' * (count != 1)}"


def _outcome(found: dict[Standing, int]) -> str:
    """How many claims hold and how many do not, without those of which there are none."""
    told = [
        f"**{count} {(one if count == 1 else many)}**"
        for standing, one, many in _OUTCOMES
        if (count := found[standing])
    ]
    if not found[Standing.BROKEN] + found[Standing.UNEXPECTEDLY_HOLDS]:
        told.append("nothing is otherwise than expected")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])}, and {told[-1]}"


_OUTCOMES: Final = (
    (Standing.OK, "holds", "hold"),
    (Standing.KNOWN_WRONG, "is known to be wrong", "are known to be wrong"),
    (Standing.BROKEN, "is broken", "are broken"),
    (Standing.UNEXPECTEDLY_HOLDS, "holds that should not", "hold that should not"),
)


def _wrong(audits: Sequence[Audit]) -> Iterator[str]:
    wrong = [(audit, v) for audit in audits for v in audit.verdicts if v.standing is not Standing.OK]
    if not wrong:
        return
    yield from ("", "## What is wrong, and why", "")
    for audit, verdict in wrong:
        claim = verdict.claim
        so = f", it is **{escape(in_words(verdict))}**" if claim.quantified else ""
        yield (
            f"- **{escape(audit.spec.name)}**, {escape(about(claim))}: {_by(audit, claim)} says "
            f"**{escape(said(claim))}**{_quoted(claim)}{so}{_because(verdict)}."
        )


def _by(audit: Audit, claim: Claim) -> str:
    """The source, as a link where it has an address, and the place in it."""
    source = audit.spec.sources[claim.source]
    name = escape(source.title or source.cite or claim.source)
    linked = f"[{name}]({source.url})" if source.url else name
    return f"{linked} ({escape(claim.where)})" if claim.where else linked


def _quoted(claim: Claim) -> str:
    return f' ("{escape(claim.quote)}")' if claim.quote and claim.quantified else ""


def _because(verdict: Verdict) -> str:
    match verdict.standing:
        case Standing.KNOWN_WRONG:
            return f": {escape(verdict.claim.why or '').removesuffix('.')}"
        case Standing.UNEXPECTEDLY_HOLDS:
            return ", which was known to be wrong and holds now"
    return ", and nobody has said yet why"


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
            figures = f"{escape(said(claim))} | {escape(in_words(verdict))}"
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
