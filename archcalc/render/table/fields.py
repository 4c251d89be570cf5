"""The columns of receptive fields, which are computed only where they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from archcalc.render.sheet import Column

if TYPE_CHECKING:
    from archcalc.analysis.receptive_field import Sight

    Fields = Mapping[str, tuple[Sight, ...]]
else:
    Fields = Any

Lazy = Callable[[], Fields]
"""What computes the fields when they are asked for."""


def _words(part: str) -> Callable[[Any], str]:
    def words(sights: Any) -> str:
        from archcalc.render import receptive_field

        said: str = getattr(receptive_field, part)(sights)
        return said

    return words


FIELDS: Final = (
    Column("rf", "receptive field", _words("size"), sizes=True),
    Column("rf_stride", "rf stride", _words("stride"), sizes=True),
    Column("rf_padding", "rf padding", _words("padding"), sizes=True),
    Column("rf_centre", "rf centre", _words("centre"), sizes=True),
)


def of_columns(columns: Iterable[str] | None, sights: Lazy) -> Fields | None:
    """Return the fields if one of the columns shows them."""
    keys = (key.removeprefix("+") for key in columns or ())
    return sights() if {column.key for column in FIELDS}.intersection(keys) else None


def notes_on_fields(keys: list[str]) -> Iterator[str]:
    if {column.key for column in FIELDS}.intersection(keys):
        yield (
            "receptive field: in elements of the input, padding included; where all outputs see the same, within the "
            "input; in brackets beside gates and norms that read the whole input"
        )
