"""Networks that are compared."""

from pathlib import Path

import archcalc
from archcalc.analysis.compare.comparison import Aligned, Comparison, compare
from archcalc.graph import Graph
from archcalc.render.compare import View, sheets
from archcalc.render.formats.plain import render
from tests.conftest import ROOT
from tests.sizes import QUICK

VALID = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))

GRAPHS = {name: archcalc.load(name).graph for name in [*QUICK, *map(str, VALID)]}


def compared(*names: str) -> Comparison:
    return compare([archcalc.load(name).graph for name in names])


def bundled(name: str) -> Graph:
    return archcalc.load(name).graph


def shown(comparison: Comparison, only: str | None = None, changed: bool = False) -> str:
    return render(sheets(View(comparison, only, changed)))


def words(comparison: Comparison, only: str | None = None) -> dict[str, str]:
    """What is said of each layer that differs, in a comparison of two."""
    return dict(sheets(View(comparison, only))[-1].rows)


LAYERS = "archcalc: 1\nname: %s\ninput: [4, 16, 16]\nlayers:\n%s"


def network(folder: Path, name: str, layers: str) -> Graph:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(LAYERS % (name, "".join(f"  - {line}\n" for line in layers.strip().splitlines())))
    return archcalc.load(path).graph


def named(layers: tuple[Aligned, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(part.row.name if part else None for part in layer.parts) for layer in layers]


def changes(comparison: Comparison, is_mirrored: bool = False) -> list[tuple[object, ...]]:
    found = []
    for layer in comparison.layers:
        for change in layer.changes[1]:
            before, after = (change.after, change.before) if is_mirrored else (change.before, change.after)
            found.append((tuple(sorted(layer.names)), change.what, before, after))
    return found
