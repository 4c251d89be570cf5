"""A graph as the JSON of a Functional model of Keras 3, as its `to_json` writes it: a line for each layer."""

from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.keras.writing.kinds import WRITERS
from archcalc.exchange.keras.writing.model import Model, Tensor
from archcalc.exchange.keras.writing.step import Step
from archcalc.graph import Graph, Node
from archcalc.layers import Shape

_NEVER_NEGATIVE: Final = frozenset(("relu", "relu6", "sigmoid", "hardsigmoid", "softmax"))
"""Kinds whose output is not negative, whatever they read."""
_KEEP_SIGNS: Final = frozenset(
    (
        *(f"{kind}{axes}d" for kind in ("max_pool", "avg_pool", "dropout", "zero_pad") for axes in (1, 2, 3)),
        *("dropout", "stochastic_depth", "identity", "flatten", "slice", "permute", "transpose", "channel_shuffle"),
        *("add", "mul", "maximum", "concat", "chunk", "split"),
    )
)
"""Kinds whose output is not negative where what they read is not."""


def source(graph: Graph) -> str:
    """Return the JSON that `keras.models.model_from_json` reads. Channels come last in it.

    Raises ArchError, with the layer's name, for what Keras has no layer for.
    """
    model, inputs, outputs = _model(graph)
    return model.text(inputs, outputs)


def layers_made(graph: Graph) -> dict[str, Shape]:
    """Return what each layer of that model makes, those of its inputs too. Raises ArchError as `source` does."""
    return _model(graph)[0].made


def _model(graph: Graph) -> tuple[Model, list[Tensor], list[Tensor]]:
    """Return the model with the tensors that it reads and hands on."""
    model = Model(graph.spec.name)
    tensors: dict[str, Tensor] = {name: model.input(name, shape) for name, shape in graph.spec.inputs.items()}
    signless: set[str] = set()
    for node in graph.nodes:
        try:
            tensors[node.name] = _written(node, model, tensors, signless.issuperset(node.inputs))
        except ArchError as error:
            raise error.at(None, f"layer {node.name}") from None
        op = node.layer.op
        if op in _NEVER_NEGATIVE or (op in _KEEP_SIGNS and signless.issuperset(node.inputs)):
            signless.add(node.name)
    outputs = [model.in_keras_order(tensors[name]) for name in graph.outputs]
    return model, [tensors[name] for name in graph.spec.inputs], outputs


def _written(node: Node, model: Model, tensors: dict[str, Tensor], reads_signless: bool) -> Tensor:
    if node.copies > 1:
        raise ArchError("Keras has no layers that exist once for each device")
    if node.layer.op not in WRITERS:
        raise ArchError(f"Keras has no layer that does what {node.layer.op} does")
    step = Step(model, node, tuple(tensors[name] for name in node.inputs), reads_signless)
    return WRITERS[node.layer.op](step)
