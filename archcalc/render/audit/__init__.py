"""Judged claims, as sheets and as JSON (`claims`), and as a page to read (`page`)."""

from collections.abc import Sequence

from archcalc.analysis.audit.claims import Audit
from archcalc.render.answer import Answer
from archcalc.render.audit.claims import claims_sheets, data, every_claim, summary_sheets


def answer(audits: Sequence[Audit], title: str) -> Answer:
    """Show every claim of one network; of several the counts, and what does not hold. `title` is the page's."""
    from archcalc.render.audit.page import page

    sheets = claims_sheets if len(audits) == 1 else summary_sheets
    return Answer(
        sheets(audits),
        lambda: data(audits),
        bare=lambda: [every_claim(audits)],
        narrower=[sheets(audits, stacked=True)],
        page=lambda: page(audits, title),
    )
