"""The nodes of a file as layers, one after the other."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from archcalc.errors import ArchError, Fault
from archcalc.exchange.onnx.reading import activations, norms, parts, places, products, shaping, windows
from archcalc.exchange.onnx.reading.curves import put_curve
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.inputs import inputs_of
from archcalc.exchange.onnx.reading.known import computed, shape_of
from archcalc.exchange.onnx.reading.model import Model, Node, Tensor
from archcalc.exchange.onnx.reading.parse import open_model
from archcalc.exchange.onnx.reading.sharing import in_words
from archcalc.exchange.sketch import Sketch, Taken
from archcalc.spec.inputs import Inputs

_OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    **windows.OPS,
    **products.OPS,
    **norms.OPS,
    **activations.OPS,
    **shaping.OPS,
    **parts.OPS,
    **places.OPS,
}

_LONGEST: Final = 60


def read(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    """Return the spec of a network, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    model = open_model(path, shown)
    inputs, names = inputs_of(model.inputs, given, shown)
    sizes = model.inputs[0].sizes
    flow = Flow(Sketch(inputs), model, names, sizes[0] if sizes else None)
    fault, outputs = None, list[str]()
    try:
        _take_all(flow, model, shown)
        outputs = _outputs(flow, model, shown)
    except ArchError as error:
        fault = error
    flow.sketch.notes += flow.said()
    head = {"name": name, "title": f"{name}, from a file of ONNX"}
    return flow.sketch.taken(head, outputs, fault)


def _take_all(flow: Flow, model: Model, shown: str) -> None:
    """Put down all layers that the outputs need. Raises ArchError, with its place, for what cannot be said."""
    needed = _needed(model)
    wanted = [node for node in model.nodes if needed.intersection(node.outputs)]
    _expect_once(wanted, shown)
    for take in (_compute, _take):  # first what depends on tensors of the file alone: nodes before may ask for it
        for node in wanted:
            try:
                take(flow, node)
            except ArchError as error:
                within = f"{shown}: node {in_words(node)}"
                raise ArchError(*(Fault(fault.what, within) for fault in error.faults)) from None


def _expect_once(nodes: Sequence[Node], shown: str) -> None:
    """Raise ArchError for a value that two nodes make, of which nobody knows which is read."""
    times = Counter(output for node in nodes for output in node.outputs if output)
    twice = next((output for output, count in times.items() if count > 1), None)
    if twice is not None:
        raise ArchError(f"{shown}: {twice[:_LONGEST]} is made by two nodes")


def _needed(model: Model) -> set[str]:
    """Return the values that the outputs depend on."""
    makers = {output: node for node in model.nodes for output in node.outputs if output}
    needed, waiting = set[str](), [*model.outputs]
    while waiting:
        value = waiting.pop()
        if value not in needed:
            needed.add(value)
            waiting += makers[value].inputs if value in makers else ()
    return needed


def _compute(flow: Flow, node: Node) -> None:
    """Compute what a node makes of tensors that are known, if that is followed."""
    if _is_computed(flow, node):
        with suppress(ArchError):  # which is said where it is read
            _know(flow, node)


def _know(flow: Flow, node: Node) -> None:
    inputs = [flow.tensors.get(name) for name in node.inputs]
    flow.count(inputs)
    made = computed(node, inputs)
    flow.count([made])
    flow.tensors[node.makes] = made


def _take(flow: Flow, node: Node) -> None:
    """Put down what a node is, unless it is part of a layer already, or computes no value of the network's."""
    if node.makes in flow.tensors or flow.is_absorbed(node):
        return
    if node.op == "Shape" and flow.flows(node, 0):
        flow.tensors[node.makes] = shape_of(node, (flow.batch, *flow.shape(node)))
    elif node.op == "Size" and flow.flows(node, 0):
        flow.tensors[node.makes] = Tensor((), (None,))
    elif _is_computed(flow, node):
        _know(flow, node)
    elif node.op == "CastLike" and not flow.flows(node, 0):
        flow.tensors[node.makes] = flow.tensor(node, 0)
    elif not put_curve(flow, node):
        _layer_of(node)(flow, node)


def _is_computed(flow: Flow, node: Node) -> bool:
    return all(not name or name in flow.tensors for name in node.inputs)


def _layer_of(node: Node) -> Callable[[Flow, Node], None]:
    if node.op in _OPS:
        return _OPS[node.op]
    raise ArchError(f"no layer kind does what {node.op[:_LONGEST]} does")


def _outputs(flow: Flow, model: Model, shown: str) -> list[str]:
    """Return the layers and inputs that the network hands on. Raises ArchError for what no layer makes."""
    made = []
    for value in model.outputs:
        if value in flow.made:
            made.append(flow.made[value])
        elif value in flow.tensors:
            flow.notes[f"The file hands on {value[:_LONGEST]} too, which does not depend on what it reads."] += 1
        else:
            node = flow.makers.get(value)
            what = f"node {in_words(node)}: no layer kind makes" if node else "no node makes"
            raise ArchError(f"{shown}: {what} {value[:_LONGEST]}, which the file hands on")
    return made
