"""A network at the roofs of a device: sheets, a chart and JSON."""

from archcalc.analysis.roofline.roofline import Roofline
from archcalc.render.answer import Answer
from archcalc.render.roofline.data import data
from archcalc.render.roofline.drawn import chart
from archcalc.render.roofline.layers import bare_sheet, sheet
from archcalc.render.roofline.published import published_sheet


def answer(found: Roofline) -> Answer:
    """Show a network at its roofs, with what others published beside it, and a chart."""
    drawn = chart(found)
    published = [published_sheet(found)] if found.published else []
    return Answer(
        [sheet(found), *published],
        lambda: data(found),
        bare=lambda: [bare_sheet(found)],
        charts=[drawn] if drawn else [],
    )
