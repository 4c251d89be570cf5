"""Tables for a terminal, with colour and bars where it has them."""

from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen

ENDINGS: Final = ()


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's sheets, or on a screen too narrow for them the first narrower ones that fit, or the last.

    Charts are drawn below.
    """
    from archcalc.render.terminal import drawing

    sheets = answer.sheets
    for narrower in answer.narrower if screen.width is not None else ():
        if not drawing.is_wider(sheets, screen.width or 0):
            break
        sheets = narrower
    text, dropped = drawing.render(sheets, screen.width, screen.colour)
    if dropped:
        screen.say(f"the terminal is narrow, left out: {', '.join(dropped)} (--format html shows all)")
    return "\n".join([text, *_drawn(answer, screen)])


def _drawn(answer: Answer, screen: Screen) -> list[str]:
    """Return the charts of an answer, in so many places as the screen has."""
    if not answer.charts:
        return []
    from archcalc.render.chart import text

    return [text.render(chart, screen.width, text.ON_TERMINAL) for chart in answer.charts]
