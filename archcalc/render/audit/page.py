"""Claims of sources about networks, each judged, as a page to read."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.audit.claims import Audit, Standing, Verdict, in_words
from archcalc.render.audit.claims import about, counts, said
from archcalc.render.page import Page, Part, Run, heading, paragraph
from archcalc.render.sheet import Column, Piece, Sheet
from archcalc.spec.model import Claim, Source

WRONG: Final = "What is wrong, and why"


def page(audits: Sequence[Audit], title: str) -> Page:
    """Return the wrong claims with the reasons, then every claim network by network, then the sources."""
    return (heading(1, title), *opening(audits), *_wrong(audits), *_by_network(audits), *_sources(audits))


def _bold(text: str) -> Run:
    return Run(text, bold=True)


def opening(audits: Sequence[Audit]) -> Iterator[Part]:
    """Yield how many claims there are, how many hold, and when one does."""
    found = counts(audits)
    sources = {source.url or source.title or key for audit in audits for key, source in audit.spec.sources.items()}
    claims = counted(sum(found.values()), "claim")
    yield paragraph(
        f"{claims} about {counted(len(audits), 'network')}, from {counted(len(sources), 'source')}, each compared with "
        "what archcalc computes: ",
        *_outcome(found),
        ".",
    )
    yield paragraph(
        "A number holds if the true one rounds to it: ",
        Run("60M", code=True),
        " stands for anything from 59.5 to 60.5 million. An integer holds to the last digit.",
        f" {_STATEMENTS}" if any(not v.claim.quantified for audit in audits for v in audit.verdicts) else "",
    )


_STATEMENTS: Final = "A statement is a known error in words, which no calculation decides."


def counted(count: int, noun: str) -> str:
    """
    >>> counted(1, "claim"), counted(2, "claim"), counted(0, "claim")
    ('1 claim', '2 claims', 'no claims')
    """
    return f"{count or 'no'} {noun}{'s' * (count != 1)}"


def _outcome(found: dict[Standing, int]) -> Iterator[Run]:
    """Yield how many claims hold and how many do not, without those of which there are none."""
    parts = [
        _bold(f"{count} {(one if count == 1 else many)}")
        for standing, one, many in _OUTCOMES
        if (count := found[standing])
    ]
    if not found[Standing.BROKEN] + found[Standing.UNEXPECTEDLY_HOLDS]:
        parts.append(Run("nothing is unexpected"))
    for place, part in enumerate(parts):
        if place:
            yield Run(", and " if place == len(parts) - 1 else ", ")
        yield part


_OUTCOMES: Final = (
    (Standing.OK, "holds", "hold"),
    (Standing.KNOWN_WRONG, "is known to be wrong", "are known to be wrong"),
    (Standing.BROKEN, "is broken", "are broken"),
    (Standing.UNEXPECTEDLY_HOLDS, "holds unexpectedly", "hold unexpectedly"),
)


def _wrong(audits: Sequence[Audit]) -> Iterator[Part]:
    if wrong := list(wrong_claims(audits)):
        yield from (heading(2, WRONG), *wrong)


def wrong_claims(audits: Sequence[Audit]) -> Iterator[Part]:
    """Yield each claim that does not hold or should not, with the reason."""
    wrong = [(audit, v) for audit in audits for v in audit.verdicts if v.standing is not Standing.OK]
    for audit, verdict in wrong:
        claim = verdict.claim
        yield paragraph(
            _bold(audit.spec.name),
            f", {about(claim)}: ",
            *_by(audit, claim),
            " says ",
            _bold(said(claim)),
            f' ("{claim.quote}")' if claim.quote and claim.quantified else "",
            *((", it is ", _bold(in_words(verdict))) if claim.quantified else ()),
            f"{_because(verdict)}.",
            is_item=True,
        )


def _by(audit: Audit, claim: Claim) -> Iterator[Run]:
    """Yield the source, as a link where it has an address, and the place in it."""
    source = audit.spec.sources[claim.source]
    yield Run(source.title or source.cite or claim.source, url=source.url or "")
    if claim.where:
        yield Run(f" ({claim.where})")


def _because(verdict: Verdict) -> str:
    match verdict.standing:
        case Standing.KNOWN_WRONG:
            return f": {verdict.claim.why or ''}".removesuffix(".")
        case Standing.UNEXPECTEDLY_HOLDS:
            return ", which is marked as wrong but holds"
    return ", and the spec does not say why"


def _verdict_pieces(standing: Standing) -> list[Piece]:
    return [Piece(standing.value, is_bold=standing is not Standing.OK)]


_CLAIMS: Final = (
    Column("about", "claim", prose=True),
    Column("says", "the source says", right=True),
    Column("true", "archcalc says", right=True),
    Column("verdict", "verdict", pieces=_verdict_pieces),
    Column("source", "source", prose=True),
)


def _by_network(audits: Sequence[Audit]) -> Iterator[Part]:
    yield heading(2, "Network by network")
    for audit in audits:
        spec = audit.spec
        yield heading(3, f"{spec.title or spec.name} (", Run(spec.name, code=True), ")")
        yield claims_of(audit)


def claims_of(audit: Audit) -> Part:
    """Return every claim about a network with what is true."""
    if audit.verdicts:
        return Sheet(audit.spec.name, "", _CLAIMS, tuple(map(_cells, audit.verdicts)))
    return paragraph("No source claims anything about it here.")


def _cells(verdict: Verdict) -> tuple[Any, ...]:
    claim = verdict.claim
    where = f", {claim.where}" if claim.where else ""
    return (about(claim), said(claim), in_words(verdict), verdict.standing, f"{claim.source}{where}")


def _sources(audits: Sequence[Audit]) -> Iterator[Part]:
    yield from (heading(2, "Sources"), *cited_sources(audits))


def cited_sources(audits: Sequence[Audit]) -> Iterator[Part]:
    """Yield each source once, with the networks that cite it."""
    cited: dict[tuple[Run, ...], list[str]] = {}
    for audit in audits:
        for key, source in audit.spec.sources.items():
            cited.setdefault(tuple(reference(key, source)), []).append(audit.spec.name)
    for runs in sorted(cited, key=_as_sorted):
        yield paragraph(*runs, " (", *_names(dict.fromkeys(cited[runs])), ")", is_item=True)


def _as_sorted(runs: tuple[Run, ...]) -> str:
    """Return the text to sort by, so that what has an address comes first."""
    return "".join(f"[{run.text}]({run.url})" if run.url else run.text for run in runs).lower()


def _names(names: dict[str, None]) -> Iterator[Run]:
    for place, name in enumerate(names):
        if place:
            yield Run(", ")
        yield Run(name, code=True)


def reference(key: str, source: Source) -> Iterator[Run]:
    """Yield a source as it is cited, as a link where it has an address."""
    yield Run(source.title or source.cite or key, url=source.url or "")
    parts = [str(part) for part in (source.author, source.year, source.version) if part]
    if parts:
        yield Run("".join(f", {part}" for part in parts))
