"""The ways to show an answer, which all of them share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

from archcalc.layers.sizes import AXES, names_of_axes
from archcalc.render.answer import Answer as Rendered

if TYPE_CHECKING:
    import pandas as pd

    from archcalc.answers.picture import Picture


N = TypeVar("N")


class Answer(ABC):
    """An answer, whose fields are those of its analysis."""

    @abstractmethod
    def rendered(self) -> Rendered:
        """Return the answer in every form that a format may write."""

    @abstractmethod
    def records(self) -> Iterable[Mapping[str, Any]]:
        """Return the rows of the frame, with plain values."""

    @classmethod
    def of(cls, found: Any, **more: Any) -> Self:
        """Make an answer of what an analysis found, with `more` fields."""
        return cls(**{field.name: getattr(found, field.name) for field in fields(found)}, **more)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that the command prints."""
        answer: dict[str, Any] = self.rendered().data()
        return answer

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame with plain columns, integers as pandas' Int64, what is missing as NA. Needs pandas."""
        import pandas as pd

        return pd.DataFrame(list(self.records())).convert_dtypes()

    def plot(self) -> "Picture":
        """Return the picture of the answer, which a notebook shows. Raises ArchError for an answer without one."""
        from archcalc.answers.picture import Picture
        from archcalc.render.formats.svg import picture

        return Picture(picture(self.rendered(), "plot()"))

    def __str__(self) -> str:
        from archcalc.render.formats import Screen
        from archcalc.render.formats.plain import write

        return write(self.rendered(), Screen()).removesuffix("\n")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(list(self.records()))} rows; print() shows it>"

    def _repr_html_(self) -> str:
        from archcalc.render.formats.html import fragment

        answer = self.rendered()
        return fragment(*answer.sheets, charts=answer.charts)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook may show, by its media type: text, HTML, and SVG where there is one picture."""
        from archcalc.render.formats.svg import pictures

        found = pictures(self.rendered())
        made = {"text/plain": lambda: repr(self), "text/html": self._repr_html_}
        made |= {"image/svg+xml": found[0]} if len(found) == 1 else {}
        wanted = {*(include or made)} - {*(exclude or ())}
        return {kind: write() for kind, write in made.items() if kind in wanted}


def along_axes(prefix: str, shape: Sequence[int] | None) -> dict[str, int | None]:
    """Return a shape as columns: always those of maps and of features, and those of its own rank.

    >>> along_axes("out", (10,))
    {'out_channels': None, 'out_height': None, 'out_width': None, 'out_features': 10}
    """
    names = [f"{prefix}_{axis}" for axis in (*names_of_axes(3), *names_of_axes(1))]
    own = [f"{prefix}_{axis}" for axis in names_of_axes(len(shape or ()))]
    return dict.fromkeys(names) | dict(zip(own, shape or (), strict=True))


def of_each_axis(name: str, sizes: Sequence[N | None] | None) -> dict[str, N | None]:
    """Return numbers of axes as columns: always those of maps, and those of their own axes.

    >>> of_each_axis("stride", (4, 2)), of_each_axis("stride", (4,))
    ({'stride_height': 4, 'stride_width': 2}, {'stride_height': None, 'stride_width': None, 'stride_length': 4})
    """
    own = dict(zip(AXES[len(sizes)], sizes, strict=True)) if sizes else {}
    return {f"{name}_{axis}": size for axis, size in (dict.fromkeys(AXES[2]) | own).items()}
