"""The picture of an answer."""

from collections.abc import Callable
from typing import Final

from archcalc.errors import ArchError
from archcalc.render.answer import Answer
from archcalc.render.formats import Screen

ENDINGS: Final = (".svg",)


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's chart, or its figure. Raises ArchError for an answer without one, and for several."""
    return picture(answer, "svg")


def picture(answer: Answer, form: str) -> str:
    """Return the only picture of an answer as SVG. Raises ArchError, in which `form` is what was asked for."""
    found = pictures(answer)
    if len(found) != 1:
        has = f"has {len(found)} charts" if found else "has no chart"
        raise ArchError(f"{form} is a picture of one chart, and this answer {has}: write it in another format")
    return found[0]()


def pictures(answer: Answer) -> list[Callable[[], str]]:
    """Return what writes each picture of an answer: its charts, or else its figures."""
    from archcalc.render.chart import svg as of_charts
    from archcalc.render.picture import svg as of_scenes

    if answer.charts:
        return [lambda chart=chart: of_charts.render(chart) for chart in answer.charts]  # type: ignore[misc]
    return [lambda figure=figure: of_scenes.render(figure()) for figure in answer.figures]  # type: ignore[misc]
