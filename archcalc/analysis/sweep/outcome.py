"""What some variants came to, which is added up over blocks, chunks and machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archcalc.analysis.sweep.rows import Best, Rows


class Reason(NamedTuple):
    """Why variants are not legal: what refuses them, how many, and the number of one of them."""

    layer: str
    rule: str
    variants: int
    example: int


@dataclass(frozen=True)
class Outcome:
    """What some variants came to."""

    variants: int = 0
    outside: int = 0
    """Variants that do not meet the constraints, and so are none of the space."""
    legal: int = 0
    matching: int = 0
    """Legal variants for which the conditions hold."""
    reasons: Mapping[tuple[str, str], Reason] = field(default_factory=dict)
    rows: Rows | None = None

    @property
    def illegal(self) -> int:
        return self.variants - self.outside - self.legal

    def with_(self, other: "Outcome", best: Best) -> "Outcome":
        """Return two outcomes together."""
        reasons = dict(self.reasons)
        for key, one in other.reasons.items():
            before = reasons.get(key)
            example = one.example if before is None else min(before.example, one.example)
            reasons[key] = one._replace(variants=one.variants + (before.variants if before else 0), example=example)
        rows = [one.rows for one in (self, other) if one.rows is not None]
        return Outcome(
            self.variants + other.variants,
            self.outside + other.outside,
            self.legal + other.legal,
            self.matching + other.matching,
            reasons,
            best.of(Rows.together(rows)) if len(rows) > 1 else rows[0] if rows else None,
        )
