"""The widest network under a budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.fit import fitting
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered
from archcalc.spec.model import Spec


@dataclass(frozen=True, repr=False)
class Fit(Answer):
    """The widest network under a budget, beside the one that was given, and the next wider one, which is over."""

    found: fitting.Fit

    @property
    def spec(self) -> Spec:
        """The widest network."""
        return self.found.widest.graph.spec

    @property
    def factor(self) -> float:
        """How many times as wide it is as the network that was given, before widths are rounded."""
        return float(self.found.widest.factor)

    @property
    def widths(self) -> dict[str, int]:
        """How wide each of its layers is that has a width."""
        return {one.layer: one.widest for one in self.found.layers}

    def text(self, name: str) -> str:
        """Return the widest network as a spec in YAML: a copy of all layers, without sources and claims."""
        from archcalc.exchange.starter import starter

        return starter(self.spec, name)

    def rendered(self) -> Rendered:
        from archcalc.render.fit import answer

        return answer(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer that has a width: as given, the widest, and why it stays, if it does."""
        for one in self.found.layers:
            yield {"layer": one.layer, "given": one.given, "widest": one.widest, "stays": one.stays and str(one.stays)}
