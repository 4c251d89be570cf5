"""The colours of pictures, for a light and for a dark page: what is drawn stands out from the ground by 4.5 to 1."""

from collections.abc import Iterable, Iterator
from typing import Final

LIGHT: Final = ("#1d63b8", "#b8501d", "#2b7d46", "#7a4bb0", "#0f7482", "#b0307a", "#766400", "#5a6675")
DARK: Final = ("#78b4ff", "#ffab73", "#79d196", "#c9a5f5", "#5fd0dc", "#ff8fc4", "#d8c24a", "#a9b4c2")
"""Of series 0, 1 and so on."""

INK: Final = {"ink": ("#1a1a1a", "#ececec"), "soft": ("#5c5c5c", "#a8a8a8"), "grid": ("#dedede", "#3a3a3a")}
GROUND: Final = ("#ffffff", "#121212")

_TINTS: Final = {"pale": 7, "tint": 16, "shade": 30}
"""How many hundredths of a colour are in its lighter kinds, in which text can be read."""


def _mixed(colour: str, ground: str, share: int) -> str:
    """
    >>> _mixed("#ff0000", "#ffffff", 50)
    '#ff7f7f'
    """
    pairs = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{(share * one + (100 - share) * other) // 100:02x}" for one, other in pairs)


FILLS: Final[dict[str, tuple[str, str]]] = {
    "ground": GROUND,
    "on": GROUND,
    "ink": INK["ink"],
    "soft": INK["soft"],
    **{f"fill{number}": pair for number, pair in enumerate(zip(LIGHT, DARK, strict=True))},
    **{
        f"{tint}{number}": (_mixed(light, GROUND[0], share), _mixed(dark, GROUND[1], share))
        for tint, share in _TINTS.items()
        for number, (light, dark) in enumerate(zip(LIGHT, DARK, strict=True))
    },
}
"""What is filled, and text, by its class: its colour on a light page, and on a dark one."""

STROKES: Final[dict[str, tuple[str, str]]] = {
    "grid": INK["grid"],
    "roof": INK["ink"],
    "lead": INK["soft"],
    "edge": GROUND,
    **{f"line{number}": pair for number, pair in enumerate(zip(LIGHT, DARK, strict=True))},
}
"""Lines, by their class."""

OF_CHARTS: Final = ("ground", "on", "ink", "soft", "grid", "roof", "lead", "edge", *(f"fill{n}" for n in range(8)))


def style(classes: Iterable[str] = OF_CHARTS) -> str:
    """Return the colours of a dark page, each under the class of what has it."""
    return f"@media (prefers-color-scheme:dark){{{''.join(_rules(classes))}}}"


def _rules(classes: Iterable[str]) -> Iterator[str]:
    for name in classes:
        kind, colours = ("fill", FILLS) if name in FILLS else ("stroke", STROKES)
        yield f".archcalc-chart .{name}{{{kind}:{colours[name][1]}}}"
