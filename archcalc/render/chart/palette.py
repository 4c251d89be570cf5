"""The colours of pictures, for a light and for a dark page: what is drawn stands out from the ground by 4.5 to 1."""

from typing import Final

LIGHT: Final = ("#1d63b8", "#b8501d", "#2b7d46", "#7a4bb0", "#0f7482", "#b0307a", "#766400", "#5a6675")
DARK: Final = ("#78b4ff", "#ffab73", "#79d196", "#c9a5f5", "#5fd0dc", "#ff8fc4", "#d8c24a", "#a9b4c2")
"""Of series 0, 1 and so on."""

INK: Final = {"ink": ("#1a1a1a", "#ececec"), "soft": ("#5c5c5c", "#a8a8a8"), "grid": ("#dedede", "#3a3a3a")}
GROUND: Final = ("#ffffff", "#121212")


def style() -> str:
    """Return the colours of a dark page, each under the class of what has it."""
    rules = [f".archcalc-chart .ground,.archcalc-chart .on{{fill:{GROUND[1]}}}"]
    rules += [f".archcalc-chart .{name}{{fill:{dark}}}" for name, (_, dark) in INK.items() if name != "grid"]
    rules += [f".archcalc-chart .grid{{stroke:{INK['grid'][1]}}}", f".archcalc-chart .roof{{stroke:{INK['ink'][1]}}}"]
    rules += [f".archcalc-chart .lead{{stroke:{INK['soft'][1]}}}", f".archcalc-chart .edge{{stroke:{GROUND[1]}}}"]
    for number, dark in enumerate(DARK):
        rules += [f".archcalc-chart .fill{number}{{fill:{dark}}}"]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
