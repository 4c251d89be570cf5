"""The columns of receptive fields, which are computed only where they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from archcalc.render.receptive_field import Sights, centre, padding, size, stride
from archcalc.render.sheet import Column

Fields = Mapping[str, Sights]
"""What the outputs of each layer see, by its name."""

Lazy = Callable[[], Fields]
"""What computes the fields when they are asked for."""

FIELDS: Final = (
    Column("rf", "receptive field", size, sizes=True),
    Column("rf_stride", "rf stride", stride, sizes=True),
    Column("rf_padding", "rf padding", padding, sizes=True),
    Column("rf_centre", "rf centre", centre, sizes=True),
)

_KEYS: Final = {column.key for column in FIELDS}


def of_columns(columns: Iterable[str] | None, sights: Lazy) -> Fields | None:
    """Return the fields if one of the columns shows them."""
    return sights() if _KEYS.intersection(key.removeprefix("+") for key in columns or ()) else None


def notes_on_fields(keys: list[str]) -> Iterator[str]:
    if _KEYS.intersection(keys):
        yield (
            "receptive field: in elements of the input, padding included; where all outputs see the same, within the "
            "input; in brackets beside gates and norms that read the whole input"
        )
