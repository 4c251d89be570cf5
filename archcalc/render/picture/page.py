"""What stands around a figure: its title above, and in soft ink below it what must be known to read it."""

from collections.abc import Iterable
from typing import Final

from archcalc.render.picture.letters import cut, wrapped
from archcalc.render.picture.scene import Item, Words

MARGIN: Final = 20.0
SMALL: Final = 10.5
LINE: Final = 13.0
_TITLE: Final = 14.0
_MOST: Final = 3


def head(title: str, most: float) -> tuple[Item, float]:
    """Return a title in as many lines as it needs, and where the figure begins below it."""
    lines = [cut(line, most, _TITLE, True) for line in wrapped(title, most, _TITLE, True)[:_MOST]]
    words = (Words(MARGIN, 24 + 18 * n, line, size=_TITLE, is_bold=True) for n, line in enumerate(lines))
    return Item(tuple(words)), 44 + 18.0 * (len(lines) - 1)


def foot(texts: Iterable[str], most: float, y: float) -> tuple[Item, float]:
    """Return what is said below a figure, and where the picture ends."""
    lines = [line for text in texts for line in wrapped(text, most, SMALL)]
    words = tuple(Words(MARGIN, y + LINE * n, line, "soft", size=SMALL) for n, line in enumerate(lines))
    return Item(words), y + LINE * len(lines) + 4
