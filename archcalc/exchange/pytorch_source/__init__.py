"""Graph -> Python source: the network as a torch.nn.Module that a person could have written.

It needs torch and nothing else. Its modules stand where those of `archcalc.load(...).module()` stand, so that each
takes the other's `state_dict`. `calls` writes a module, `tree` says where it stands, `flow` what is called with what.
"""

from collections.abc import Iterator

from archcalc import __version__
from archcalc.errors import listing
from archcalc.exchange.pytorch_source.flow import statements
from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH
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
    forward = statements(placed, graph.outputs, tree)
    needs_torch = any("torch." in line for line in forward)
    lines = [
        *_docstring(graph),
        "",
        *(["import torch"] if needs_torch else []),
        "from torch import Tensor, nn",
        "",
        "",
        f"class {class_name(graph.spec.name)}(nn.Module):",
        f'    """{_signature(graph)}."""',
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


def _signature(graph: Graph) -> str:
    """Return the shapes that go in and come out, of several outputs each with its name; of many only the number."""
    shapes = {node.name: node.output_shape for node in graph.nodes}
    goes_in, come_out = _batch(graph.spec.input_shape), [_batch(shapes[name]) for name in graph.outputs]
    if len(come_out) == 1:
        return f"{goes_in} to {come_out[0]}"
    named = [f"{name} {shape}" for name, shape in zip(graph.outputs, come_out, strict=True)]
    whole = f"{goes_in} to {listing(named, 'and')}"
    return whole if len(whole) < WIDTH - 12 else f"{goes_in} to {len(named)} outputs"


def _batch(shape: Shape) -> str:
    """
    >>> _batch((3, 227, 227))
    '(batch, 3, 227, 227)'
    """
    return f"(batch, {', '.join(map(str, shape))})"
