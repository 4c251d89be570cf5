"""Graph -> Python source: the network as a torch.nn.Module that a person could have written.

It needs torch and nothing else. Its modules stand where those of `archcalc.load(...).module()` stand, so that each
takes the other's `state_dict`. `calls` writes a module, `tree` says where it stands, `flow` what is called with what.
"""

from collections.abc import Iterator

from archcalc import __version__
from archcalc.exchange.pytorch_source.flow import statements
from archcalc.exchange.pytorch_source.lines import INDENT
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.graph import Graph
from archcalc.layers import Shape
from archcalc.table import measure
from archcalc.twins import place


def source(graph: Graph) -> str:
    """Write a Python file with one class. Raises ArchError for what torch cannot do."""
    placed = place(graph)
    tree = Tree(placed)
    declarations = tree.declarations()
    forward = statements(placed, tree)
    needs_torch = any("torch." in line for line in forward)
    lines = [
        *_docstring(graph),
        "",
        *(["import torch"] if needs_torch else []),
        "from torch import Tensor, nn",
        "",
        "",
        f"class {class_name(graph.spec.name)}(nn.Module):",
        f'    """(batch, {_axes(graph.spec.input_shape)}) to (batch, {_axes(graph.output_shape)})."""',
        "",
        "    def __init__(self) -> None:",
        f"{INDENT}super().__init__()",
        *declarations,
        "",
        *forward,
    ]
    return "\n".join(lines) + "\n"


def class_name(name: str) -> str:
    """
    >>> class_name("alexnet_owt_bn")
    'AlexnetOwtBn'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _docstring(graph: Graph) -> Iterator[str]:
    spec, totals = graph.spec, measure(graph).totals
    said = (f"{spec.title} ({spec.name})" if spec.title else spec.name).replace("\\", "\\\\").replace('"""', "'''")
    yield f'"""{said}.'
    yield ""
    yield f"{totals.params:,} parameters and {totals.macs:,} multiply-accumulates for one example."
    yield "Comments give output shapes without the batch."
    yield f"Written by archcalc {__version__}."
    yield '"""'


def _axes(shape: Shape) -> str:
    return ", ".join(map(str, shape))
