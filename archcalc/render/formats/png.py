"""The picture of an answer as PNG."""

from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.formats.svg import picture

ENDINGS: Final = (".png",)


def write(answer: Answer, screen: Screen) -> bytes:
    """Write what SVG shows. Raises ArchError where there is no picture, MissingError where its library is missing."""
    from archcalc.render.picture.files import png

    return png(picture(answer, "png"))
