"""What other tools print about memory: sums of outputs, and not what is alive at one time.

- torchsummary and torchinfo take twice the outputs for the forward and backward pass, whatever is kept, and whatever
  gradients there are: of every module, or of those with parameters.
- Caffe adds up all blobs that a net has, where layers in place and copies for several readers count once more.
- Keras prints nothing, but functions that many copy from an answer on Stack Overflow add up the outputs of a model's
  layers once, and its weights. The model is the one that archcalc writes for Keras.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from typing import Final

from archcalc.graph import Graph, Node
from archcalc.layers.base import Role
from archcalc.twins import Placed, place

_EACH: Final = 4
"""The bytes of a number: these tools count in fp32."""

_MIB: Final = 2**20
_GIB: Final = 2**30
_MB: Final = 10**6


class Tool(StrEnum):
    """Tools that print how much memory a network needs."""

    TORCHSUMMARY = "torchsummary"
    TORCHINFO = "torchinfo"
    CAFFE = "caffe"
    KERAS = "keras"

    @property
    def prints(self) -> str:
        """Who prints it, in words."""
        return "functions from Stack Overflow print it of a Keras model" if self is Tool.KERAS else f"{self} prints it"


@dataclass(frozen=True)
class Figure:
    """A number as a tool prints it."""

    what: str
    size: int
    """Bytes."""
    printed: str
    rule: str


@dataclass(frozen=True)
class Figures:
    """What a tool prints about a network's memory."""

    graph: Graph
    tool: Tool
    batch: int
    figures: tuple[Figure, ...]
    source: str
    """Where its rule is written."""


SOURCES: Final[Mapping[Tool, str]] = {
    Tool.TORCHSUMMARY: "https://github.com/sksq96/pytorch-summary/blob/master/torchsummary/torchsummary.py",
    Tool.TORCHINFO: "https://github.com/TylerYep/torchinfo/blob/v1.8.0/torchinfo/model_statistics.py",
    Tool.CAFFE: "https://github.com/BVLC/caffe/blob/1.0/src/caffe/net.cpp",
    Tool.KERAS: "https://stackoverflow.com/questions/43137288/how-to-determine-needed-memory-of-keras-model",
}


def figures(graph: Graph, tool: Tool, batch: int) -> Figures:
    """Return what a tool prints for a batch."""
    return Figures(graph, tool, batch, tuple(_RULES[tool](graph, batch)), SOURCES[tool])


def _inputs(graph: Graph, batch: int) -> int:
    return batch * sum(map(prod, graph.spec.inputs.values()))


def _by_torchsummary(graph: Graph, batch: int) -> Iterator[Figure]:
    """Yield what torchsummary prints as MB, which are MiB; a flatten is a call there, and not a module."""
    modules = [layer for layer in place(graph) if layer.twin.is_module and layer.node.layer.op != "flatten"]
    outputs = batch * sum(_made(layer) for layer in modules)
    params = sum(layer.node.copies * _weights_and_biases(layer.node) for layer in modules)
    sizes = {
        ("Input size (MB)", "inputs"): _EACH * _inputs(graph, batch),
        ("Forward/backward pass size (MB)", "2 x the outputs of every module"): 2 * _EACH * outputs,
        ("Params size (MB)", "weights and biases"): _EACH * params,
    }
    yield from _with_total(sizes, _MIB, "Estimated Total Size (MB)")


def _made(layer: Placed) -> int:
    """Return how many numbers the modules of a layer make: with a padding before it, that too."""
    node, pad = layer.node, layer.twin.pad
    if pad is None:
        return prod(node.output_shape)
    around: tuple[int, ...] = pad.keywords["padding"]
    (x,) = node.device_inputs
    sides = [around[2 * place] + around[2 * place + 1] for place in reversed(range(len(around) // 2))]
    padded: int = x[0] * prod(size + more for size, more in zip(x[1:], sides, strict=True))
    return prod(node.output_shape) + node.copies * padded


def _weights_and_biases(node: Node) -> int:
    return sum(prod(shape) for name, shape in node.tensors.items() if name in ("weight", "bias"))


def _by_torchinfo(graph: Graph, batch: int) -> Iterator[Figure]:
    """Yield what torchinfo prints as MB; a module that runs twice is counted twice, its parameters once."""
    learning = [node for node in graph.nodes if node.layer.param_shapes(*node.device_inputs)]
    outputs = batch * sum(prod(node.output_shape) for node in learning)
    params = sum(node.copies * sum(map(prod, node.own_params.values())) for node in graph.nodes)
    sizes = {
        ("Input size (MB)", "inputs"): _EACH * _inputs(graph, batch),
        ("Forward/backward pass size (MB)", "2 x the outputs of modules with parameters"): 2 * _EACH * outputs,
        ("Params size (MB)", "parameters"): _EACH * params,
    }
    yield from _with_total(sizes, _MB, "Estimated Total Size (MB)")


def _with_total(sizes: Mapping[tuple[str, str], int], unit: int, total: str) -> Iterator[Figure]:
    for (what, rule), size in sizes.items():
        yield Figure(what, size, f"{size / unit:0.2f}", rule)
    whole = sum(sizes.values())
    yield Figure(total, whole, f"{whole / unit:0.2f}", "the sum")


def _by_caffe(graph: Graph, batch: int) -> Iterator[Figure]:
    """Yield what Caffe prints as it makes a net: of the layers, and with a loss and an accuracy at its end."""
    words = "Memory required for data"
    blobs = _blobs(graph)
    deployed = _EACH * batch * blobs
    yield Figure(words, deployed, f"{deployed}", "inputs and all outputs, with a copy for each of several readers")
    last = graph.nodes[-1]
    ends = last.layer.op == "softmax"
    scores = prod(last.output_shape)
    # the label and two copies of it, two copies of the scores, and two numbers: the loss, and the accuracy
    tested = _EACH * (batch * (blobs - ends * scores + 2 * scores + 3) + 2)
    yield Figure(f"{words}, tested", tested, f"{tested}", "the same with labels, loss and accuracy at its end")


def _blobs(graph: Graph) -> int:
    """Return how many numbers all blobs have for an example."""
    same = same_in_caffe(graph)
    made = [*graph.spec.inputs.values(), *(node.output_shape for node in graph.nodes if node.name not in same)]
    return sum(map(prod, made)) + sum(size for _, size in readers_copied(graph))


def same_in_caffe(graph: Graph) -> dict[str, str]:
    """Return the layers that only lay out elements, which are none in Caffe, with what they read."""
    return {node.name: node.inputs[0] for node in graph.nodes if node.layer.role is Role.RESHAPE and node.layer.idle}


def readers_copied(graph: Graph) -> Iterator[tuple[str, int]]:
    """Yield what several layers read, of which Caffe makes a copy for each, with the numbers of all its copies."""
    same = same_in_caffe(graph)
    sizes = {name: prod(shape) for name, shape in graph.spec.inputs.items()}
    sizes |= {node.name: prod(node.output_shape) for node in graph.nodes}
    readers: Counter[str] = Counter()
    for node in graph.nodes:
        for name in node.inputs if node.name not in same else ():
            while name in same:
                name = same[name]
            readers[name] += 1
    yield from ((name, count * sizes[name]) for name, count in readers.items() if count > 1)


def _by_keras(graph: Graph, batch: int) -> Iterator[Figure]:
    """Yield what both functions return, of which the second counts one byte for each weight.

    Raises ArchError for what Keras has no layers for.
    """
    from archcalc.exchange.keras.writing import layers_made

    outputs = batch * sum(map(prod, layers_made(graph).values()))
    weights = sum(node.copies * sum(map(prod, node.own_params.values())) for node in graph.nodes)
    weights += sum(prod(shape) for node in graph.nodes for shape in node.own_buffers.values() if shape)
    whole = _EACH * (outputs + weights)
    rule = "outputs of all layers, inputs too, and all weights, in GiB"
    yield Figure("get_model_memory_usage", whole, f"{round(whole / _GIB, 3)}", rule)
    size = _EACH * outputs + weights
    yield Figure("keras_model_memory_usage_in_bytes", size, f"{size}", "the same, but with 1 byte for each weight")


_RULES: Final[Mapping[Tool, Callable[[Graph, int], Iterator[Figure]]]] = {
    Tool.TORCHSUMMARY: _by_torchsummary,
    Tool.TORCHINFO: _by_torchinfo,
    Tool.CAFFE: _by_caffe,
    Tool.KERAS: _by_keras,
}
