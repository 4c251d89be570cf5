"""Claims of sources, judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.audit.claims import Audit as OfOne
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Audit(Answer):
    """Every claim about some networks, each with the number that is true and whether the claim holds."""

    networks: tuple[OfOne, ...]
    title: str = ""
    """The title of the page; the networks' own, if it is empty."""

    @property
    def has_surprises(self) -> bool:
        """Whether a claim is broken, or one that should fail holds."""
        return any(one.surprises for one in self.networks)

    def rendered(self) -> Rendered:
        from archcalc.render.audit import answer

        about = ", ".join(one.spec.title or one.spec.name for one in self.networks)
        return answer(self.networks, self.title or f"What is said about {about}, checked")

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each claim; values are text, as the source and archcalc print them."""
        from archcalc.analysis.audit.claims import in_words
        from archcalc.render.audit.claims import about, said

        for one in self.networks:
            for verdict in one.verdicts:
                claim = verdict.claim
                yield {
                    "network": one.spec.name,
                    "claim": about(claim),
                    "says": said(claim),
                    "true": in_words(verdict),
                    "verdict": verdict.standing.value,
                    "source": claim.source,
                    "where": claim.where,
                    "why": claim.why,
                }
