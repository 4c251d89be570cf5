"""The networks of these tests, and the number of a convention by its name."""

import json
from typing import Any, Final

import archcalc
from archcalc.analysis.conventions import find
from archcalc.analysis.conventions.costs import terms, total
from archcalc.graph import Graph
from tests.conftest import BUNDLED, ROOT

VALID = ROOT / "tests" / "specs" / "valid"
QUESTIONS = ROOT / "tests" / "specs" / "questions"
RECORDED: Final[dict[str, Any]] = json.loads((ROOT / "tests" / "recorded_counts.json").read_text())
SEVERAL_INPUTS = VALID / "siamese.yaml"
"""A network that not every tool can be given an input for."""
SPECS = [*BUNDLED, *sorted(str(path) for path in VALID.glob("*.yaml") if path != SEVERAL_INPUTS)]


def graph_of(spec: str) -> Graph:
    return archcalc.load(spec).graph


def question(name: str) -> archcalc.Network:
    """Return a network that somebody asked about."""
    return archcalc.load(QUESTIONS / f"{name}.yaml")


def fixture(name: str) -> Graph:
    """Return a network of the tests by its name."""
    path = VALID / f"{name}.yaml"
    return graph_of(str(path) if path.exists() else name)


def by(convention: str, graph: Graph, batch: int = 1) -> int:
    cost = total(find(convention), terms(graph, batch)).cost
    return cost or 0  # what a tool says nothing about, it adds nothing for
