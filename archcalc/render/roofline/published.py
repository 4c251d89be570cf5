"""Times that others published, beside the roof, as a sheet."""

from typing import Final

from archcalc.analysis.roofline.roofline import Roofline
from archcalc.render.roofline.layers import from_zero
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number, percent

_COLUMNS: Final = (
    Column("library", "published of", heads=True),
    Column("hardware", "on", leaves=3),
    Column("batch", "batch", number, right=True),
    Column("inference_ms", "inference ms", from_zero, right=True),
    Column("roof_ms", "roof ms", from_zero, right=True),
    Column("of_roof", "of the roof", percent, right=True),
    Column("training_ms", "training ms", from_zero, right=True, leaves=1),
    Column("source", "source", leaves=2),
)


def published_sheet(found: Roofline) -> Sheet:
    """Return a line for each published time, with its share of the roof."""
    rows = tuple(
        tuple(getattr(one, column.key) if column.key != "of_roof" else one.of_roof for column in _COLUMNS)
        for one in found.published
    )
    notes = (
        "published times of this network; over 100 %, fewer multiplications were done than are counted, as by FFT",
    )
    return Sheet(found.spec.name, "", _COLUMNS, rows, notes=notes)
