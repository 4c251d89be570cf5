"""Networks side by side, as sheets and as JSON.

`view` says what of a comparison is shown, `wide`, `stack` and `words` show it to people, `programs` to programs.
`apart` shows networks that have too little in common.
"""

from typing import TYPE_CHECKING

from archcalc.render.answer import Answer
from archcalc.render.compare import apart
from archcalc.render.compare.programs import bare as bare
from archcalc.render.compare.programs import data as data
from archcalc.render.compare.stack import stacked as stacked
from archcalc.render.compare.view import View as View
from archcalc.render.compare.wide import sheets as sheets

if TYPE_CHECKING:
    from archcalc.render.picture.scene import Scene


def answer(view: View) -> Answer:
    """Show of a comparison what a view chooses; programs get all."""
    if view.comparison.are_apart:
        return Answer(
            apart.sheets(view),
            lambda: data(view.comparison),
            bare=lambda: apart.stacked(view),
            narrower=(apart.stacked(view),),
            figures=[lambda: _drawn(view)],
        )
    return Answer(
        sheets(view),
        lambda: data(view.comparison),
        bare=lambda: bare(view),
        narrower=(stacked(view, numbered) for numbered in (False, True)),
        figures=[lambda: _drawn(view)],
    )


def _drawn(view: View) -> "Scene":
    from archcalc.render.compare.drawn import totals_scene

    return totals_scene(view.comparison.tables)
