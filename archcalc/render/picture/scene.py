"""A picture as data: shapes and words at places, from which SVG and TikZ are written.

Right and down is where numbers grow; the unit is a pixel, as browsers have it. Colours are named as in `palette`.
"""

from typing import NamedTuple

from archcalc.render.picture.letters import SIZE, width

Place = tuple[float, float]


class Look(NamedTuple):
    """How a shape is drawn: filled, with a line around it, or both."""

    fill: str = ""
    line: str = ""
    weight: float = 1.0
    """How wide the line is."""
    is_dashed: bool = False


class Polygon(NamedTuple):
    """A closed shape."""

    corners: tuple[Place, ...]
    look: Look


class Path(NamedTuple):
    """A line along some places; one that is curved has, after its first place, two handles before each next place."""

    places: tuple[Place, ...]
    look: Look
    is_curved: bool = False
    has_arrow: bool = False


class Rect(NamedTuple):
    """A rectangle, whose corners may be round."""

    left: float
    top: float
    right: float
    bottom: float
    look: Look
    radius: float = 0.0


class Dot(NamedTuple):
    x: float
    y: float
    radius: float
    look: Look


class Words(NamedTuple):
    """A text on one line; `y` is its base line."""

    x: float
    y: float
    text: str
    style: str = "ink"
    anchor: str = "start"
    """Which of its ends, or its middle, is at `x`: start, middle or end."""
    size: float = SIZE
    is_bold: bool = False

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Where it stands at most: left, top, right and bottom."""
        wide = width(self.text, self.size, self.is_bold)
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, self.y - 0.8 * self.size, left + wide, self.y + 0.22 * self.size


Part = Polygon | Path | Rect | Dot | Words


class Item(NamedTuple):
    """What is drawn of some layers, with what is said of it where a pointer rests on it."""

    parts: tuple[Part, ...]
    title: str = ""
    kind: str = "layer"
    """Under which word it says of which layers it is: `layer`, or what else is drawn of a layer, such as `window`."""
    layers: tuple[int, ...] = ()
    """The places of these layers in the table, the first 0."""


class Scene(NamedTuple):
    """A picture; `description` says in words what it shows, for whoever cannot see it."""

    title: str
    description: str
    width: float
    height: float
    items: tuple[Item, ...]
