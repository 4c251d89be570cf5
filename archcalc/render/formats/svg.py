"""The chart of an answer as a picture."""

from typing import Final

from archcalc.errors import ArchError
from archcalc.render.answer import Answer
from archcalc.render.chart import svg
from archcalc.render.formats import Screen

ENDINGS: Final = (".svg",)


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's chart. Raises ArchError for an answer without one, and for several in one file."""
    if len(answer.charts) != 1:
        has = f"has {len(answer.charts)} charts" if answer.charts else "has no chart"
        raise ArchError(f"svg is a picture of one chart, and this answer {has}: write it in another format")
    return svg.render(answer.charts[0])
