"""What a network can be written as, and which module of this folder writes it: each has `source(graph)`."""

from typing import Final, Literal, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Graph

Text = Literal["pytorch", "caffe", "keras", "mermaid", "dot", "loops", "scalesim", "timeloop", "zigzag", "yaml", "json"]
"""What is text."""
Target = Literal[Text, "onnx"]


class _Writer(NamedTuple):
    module: str
    suffixes: tuple[str, ...] = ()
    """The endings of files that are taken to be of this kind, if nobody says it."""


_WRITERS: Final[dict[str, _Writer]] = {
    "pytorch": _Writer("archcalc.exchange.pytorch_source", (".py",)),
    "caffe": _Writer("archcalc.exchange.caffe.writing", (".prototxt",)),
    "keras": _Writer("archcalc.exchange.keras", (".json",)),
    "onnx": _Writer("archcalc.exchange.onnx", (".onnx",)),
    "mermaid": _Writer("archcalc.exchange.diagrams.mermaid", (".mmd",)),
    "dot": _Writer("archcalc.exchange.diagrams.dot", (".dot", ".gv")),
    "loops": _Writer("archcalc.exchange.accelerators.loops", (".csv",)),
    "scalesim": _Writer("archcalc.exchange.accelerators.scalesim"),
    "timeloop": _Writer("archcalc.exchange.accelerators.timeloop"),
    "zigzag": _Writer("archcalc.exchange.accelerators.zigzag"),
}


def targets() -> list[str]:
    """Return what a network can be written as, beside a spec."""
    return [*_WRITERS]


_SEVERAL: Final = (".yaml", ".yml")
"""Endings of what may be several things."""


def endings_of(target: str) -> tuple[str, ...]:
    """Return the endings of files that mean a target; none for one that shares its own with others."""
    return _WRITERS[target].suffixes


def endings() -> list[str]:
    """Return the endings of all files that a network can be written to."""
    return [*(suffix for writer in _WRITERS.values() for suffix in writer.suffixes), *_SEVERAL]


def target_of(suffix: str) -> str:
    """Return what a file of that ending holds; PyTorch's source, if no ending says it.

    Raises ArchError for an ending that may be several things.
    """
    if suffix.lower() in _SEVERAL:
        raise ArchError(f"{suffix} may be several things: add --to (archcalc show writes a spec)")
    return next((name for name, writer in _WRITERS.items() if suffix.lower() in writer.suffixes), "pytorch")


def written_as(graph: Graph, target: str) -> str | bytes:
    """Return a graph as text, or as bytes where that is what its files are.

    Raises ArchError, with the layer's name, for what the target cannot say.
    """
    from importlib import import_module

    written: str | bytes = import_module(_WRITERS[target].module).source(graph)
    return written
