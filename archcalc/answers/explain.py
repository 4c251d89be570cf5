"""Where numbers come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.explain import explanation
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Explanation(explanation.Explanation, Answer):
    """Layers, each with its numbers, the rules that make them, and what they do not show."""

    def rendered(self) -> Rendered:
        from archcalc.render.explain import answer

        return answer(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number on the way to a quantity of a layer."""
        for layer in self.to_dict()["layers"]:
            for quantity in layer["figures"]:
                for step in quantity["steps"]:
                    yield {"name": layer["name"], "op": layer["op"], "of": quantity["of"], **step}
