"""Graph -> Python source: the network as a torch.nn.Module that a person could have written.

It needs torch and nothing else. Its modules stand where those of `archcalc.load(...).module()` stand, so that each
takes the other's `state_dict`. Blocks are classes: `pieces` finds the uses that can be one, `scope` puts one module in
the place of a use, `variants` says which uses share a class, `parameters` names what differs between them, `classes`
puts these together and `writing` writes one. `tree` says where a module stands, `flow` what is called with what.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from archcalc import __version__
from archcalc.errors import listing
from archcalc.exchange.pytorch_source.classes import class_name as class_name
from archcalc.exchange.pytorch_source.classes import classes
from archcalc.exchange.pytorch_source.flow import shapes_made, statements
from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.exchange.pytorch_source.writing import written
from archcalc.exchange.yaml import digest
from archcalc.graph import Graph
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT
from archcalc.table import measure
from archcalc.twins import place

OWN: Final = Path(__file__).parents[2] / "pytorch" / "modules.py"
"""The classes of layers that torch has none for, as text: importing them would import torch."""

_IMPORTED: Final = ("Tensor", "None", "True", "False")


def source(graph: Graph) -> str:
    """Write a Python file with a class for the network, after those of its blocks and of layers that torch lacks.

    Raises ArchError for what torch cannot do.
    """
    placed = place(graph)
    own = own_classes(layer.twin.call for layer in placed if layer.twin.is_ours)
    name = _class_beside(own, graph)
    found, scope = classes(graph, placed, {*own, *_IMPORTED, name})
    tree = Tree(scope.layers)
    network = [
        f"class {name}(nn.Module):",
        f'    """{_signature(graph)}."""',
        "",
        "    def __init__(self) -> None:",
        f"{INDENT}super().__init__()",
        *tree.declarations(),
        "",
        *statements(scope, tree, shapes_made(scope.layers)),
    ]
    parts = [*own.values(), *("\n".join(written(one)) for one in found), "\n".join(network)]
    imports = ["import torch"] if any("torch." in part for part in parts) else []
    head = [*_docstring(graph), "", *imports, "from torch import Tensor, nn"]
    return "\n\n\n".join(["\n".join(head), *parts]) + "\n"


def own_classes(names: Iterable[str]) -> dict[str, str]:
    """Return the text of each of these classes, which torch does not have, in alphabetical order."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    import ast

    text = OWN.read_text(encoding="utf-8")
    found = {part.name: part for part in ast.parse(text).body if isinstance(part, ast.ClassDef)}
    return {name: ast.get_source_segment(text, found[name]) or "" for name in wanted}


def _class_beside(own: Iterable[str], graph: Graph) -> str:
    name = class_name(graph.spec.name)
    return f"{name}Network" if name in (*own, *_IMPORTED) else name


def _docstring(graph: Graph) -> Iterator[str]:
    spec, totals = graph.spec, measure(graph).totals
    said = (f"{spec.title} ({spec.label})" if spec.title else spec.label).replace("\\", "\\\\").replace('"""', "'''")
    yield f'"""{said}.'
    yield ""
    yield f"{totals.params:,} parameters and {totals.macs:,} multiply-accumulates for one example."
    yield "Comments give output shapes without the batch."
    yield f"Written by archcalc {__version__} from a spec with the hash {digest(spec)}."
    yield '"""'


def _signature(graph: Graph) -> str:
    """Return the shapes that go in and come out, of several outputs each with its name; of many only the number."""
    shapes = {node.name: node.output_shape for node in graph.nodes}
    goes_in = listing([_named_batch(name, shape) for name, shape in graph.spec.inputs.items()], "and")
    come_out = [_batch(shapes[name]) for name in graph.outputs]
    if len(come_out) == 1:
        return f"{goes_in} to {come_out[0]}"
    named = [f"{name} {shape}" for name, shape in zip(graph.outputs, come_out, strict=True)]
    whole = f"{goes_in} to {listing(named, 'and')}"
    return whole if len(whole) < WIDTH - 12 else f"{goes_in} to {len(named)} outputs"


def _named_batch(name: str, shape: Shape) -> str:
    return _batch(shape) if name == INPUT else f"{name} {_batch(shape)}"


def _batch(shape: Shape) -> str:
    """
    >>> _batch((3, 227, 227))
    '(batch, 3, 227, 227)'
    """
    return f"(batch, {', '.join(map(str, shape))})"
