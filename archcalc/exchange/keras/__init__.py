"""Models of Keras to specs, and graphs to models: the JSON of `to_json`, and the .keras archives that have it in them.

Reading takes json alone: Keras is not imported, no code is run, and weights are not read. Channels come last there.
"""

from typing import TYPE_CHECKING

from archcalc.exchange.keras.recognized import is_keras

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.exchange.sketch import Taken
    from archcalc.graph import Graph
    from archcalc.spec.inputs import Inputs

__all__ = ["is_keras", "read", "source"]


def read(path: "Path", shown: str, name: str, given: "Inputs | None") -> "Taken":
    """Return the spec of a model, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    from archcalc.exchange.keras import network

    return network.read(path, shown, name, given)


def source(graph: "Graph") -> str:
    """Return the JSON of a Functional model of Keras 3.

    Raises ArchError, with the layer's name, for what Keras has no layer for.
    """
    from archcalc.exchange.keras import writing

    return writing.source(graph)
