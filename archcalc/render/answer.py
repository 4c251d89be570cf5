"""An answer in every form that a format may write."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.render.chart import Chart
from archcalc.render.envelope import results
from archcalc.render.page import Page
from archcalc.render.sheet import Sheet

if TYPE_CHECKING:
    from archcalc.render.picture.scene import Scene


class Answer(NamedTuple):
    """An answer: `sheets` for people, `data` for programs, and other sheets where some place needs them.

    What is costly to make is a function, which is called only where a format shows it.
    """

    sheets: Sequence[Sheet]
    data: Callable[[], Any]
    """The object of JSON."""
    bare: Callable[[], Sequence[Sheet]] | None = None
    """The sheets of CSV, where these are others."""
    narrower: Iterable[Sequence[Sheet]] = ()
    """Sheets that say the same in less width, each narrower than those before, for a narrow terminal."""
    page: Callable[[], Page] | None = None
    """The answer as a page, where there is more to say than sheets hold."""
    charts: Sequence[Chart] = ()
    """What is drawn below the sheets, where a format can draw."""
    figures: "Sequence[Callable[[], Scene]]" = ()
    """What a file that is a picture shows, where there is no chart."""


def together(answers: Sequence[Answer]) -> Answer:
    """Join answers about several networks as one; a single one stays as it is."""
    if len(answers) == 1:
        return answers[0]
    bare = [answer.bare for answer in answers if answer.bare]
    return Answer(
        [sheet for answer in answers for sheet in answer.sheets],
        lambda: results([answer.data() for answer in answers]),
        bare=(lambda: [sheet for one in bare for sheet in one()]) if bare else None,
        charts=[chart for answer in answers for chart in answer.charts],
        figures=[figure for answer in answers for figure in answer.figures],
    )
