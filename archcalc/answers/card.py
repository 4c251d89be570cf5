"""What a model card says of a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.card import card
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Card(card.Card, Answer):
    """A network's figures by all conventions, what its sources say of it, and the `checkpoint` beside it, if any."""

    def rendered(self) -> Rendered:
        from archcalc.render.card import answer

        return answer(self)

    def markdown(self) -> str:
        """Return the card as a page in Markdown."""
        from archcalc.render.card import page
        from archcalc.render.formats.markdown import render_page

        return render_page(page(self))

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each figure."""
        from archcalc.render.card import each_figure

        for figure, value, words, what in each_figure(self):
            yield {"figure": figure, "value": value, "text": words, "what": what}
