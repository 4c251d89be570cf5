"""The picture of an answer as PDF."""

from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.formats.svg import picture

ENDINGS: Final = (".pdf",)


def write(answer: Answer, screen: Screen) -> bytes:
    """Write what SVG shows. Raises ArchError where there is no picture, MissingError where its library is missing."""
    from archcalc.render.picture.files import pdf

    return pdf(picture(answer, "pdf"))
