"""A graph as a file of ONNX: its layers in order, each under its name, and their weights under torch's names.

Weights are zeros, those of norms and their variances ones, unless they are given. A network on several devices has its
layers once for each, with what joins them where a layer reads them all.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final

from archcalc import __version__
from archcalc.errors import ArchError
from archcalc.exchange.onnx.opening import onnx_package
from archcalc.exchange.onnx.writing import elementwise, structure, windows
from archcalc.exchange.onnx.writing.writer import Rule, Step, Writer, refused
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers import Shape
from archcalc.layers.base import Role

_OPSET: Final = 21
"""The first whose group norm has a weight for each channel."""
_IR_VERSION: Final = 10
"""The version of the file that goes with it: https://onnx.ai/onnx/repo-docs/Versioning.html"""

_MOST_BYTES: Final = 2**31 - 2**24
"""A message of protobuf is shorter than 2 GB, with its names."""

_BATCH: Final = "batch"
_NOT_STORED: Final = "num_batches_tracked"

_OF_EACH_PLACE: Final = "ONNX has no convolution with other filters at each place"
_OF_A_TABLE: Final = "ONNX has no convolution whose maps read some of the maps before, as a table says"
_OF_WEIGHTS: Final = "ONNX has no convolution that normalizes its weights"

_RULES: Final[Mapping[str, Rule]] = {
    **windows.RULES,
    **elementwise.RULES,
    **structure.RULES,
    "local2d": refused(_OF_EACH_PLACE),
    "table_conv2d": refused(_OF_A_TABLE),
    **dict.fromkeys(("standardized_conv2d", *(f"weight_norm_conv{axes}d" for axes in (1, 2, 3))), refused(_OF_WEIGHTS)),
    "global_response_norm": refused("ONNX has no norm of responses"),
}


def source(graph: Graph) -> bytes:
    """Return a graph as the bytes of a file. Raises ArchError, with the layer's name, for what ONNX cannot say."""
    content: bytes = model_of(graph).SerializeToString()
    return content


def model_of(graph: Graph, tensors: Mapping[str, Any] | None = None) -> Any:
    """Return a graph as onnx.ModelProto, with arrays for its tensors by their names in the file, if they are given.

    Raises ArchError, with the layer's name, for what ONNX cannot say, and for weights that no file holds.
    """
    size = 4 * sum(prod(shape) * node.copies for node in graph.nodes for shape in _own_tensors(node).values())
    if size > _MOST_BYTES:
        raise ArchError(f"weights of {size:,} bytes are more than one file of ONNX holds, which is 2 GB")
    onnx = onnx_package()
    return _File(onnx, graph, tensors or {}).model()


def _rule(op: str) -> Rule:
    if op in _RULES:
        return _RULES[op]
    raise ArchError(f"ONNX has no operator for {op}")


def _own_tensors(node: Node) -> dict[str, Shape]:
    tensors = node.own_params | node.own_buffers
    return {name: shape for name, shape in tensors.items() if name != _NOT_STORED}


class _File:
    def __init__(self, onnx: Any, graph: Graph, given: Mapping[str, Any]) -> None:
        self._onnx, self._graph, self._given = onnx, graph, given
        self._write = Writer(onnx)
        self._nodes = {node.name: node for node in graph.nodes}
        self._joined: set[str] = set()
        self._values: list[Any] = []

    def model(self) -> Any:
        for node in self._graph.nodes:
            try:
                for copy in range(node.copies):
                    self._layer(node, copy)
            except ArchError as error:
                raise error.at(None, f"layer {node.name}") from None
        outputs = [self._whole(name) for name in self._graph.outputs]
        helper, spec = self._onnx.helper, self._graph.spec
        shapes = {name: self._nodes[name].output_shape for name in outputs}
        made = helper.make_graph(
            self._write.nodes,
            spec.name,
            [self._value(name, shape) for name, shape in spec.inputs.items()],
            [self._value(name, shape) for name, shape in shapes.items()],
            self._write.tensors,
            value_info=[value for value in self._values if value.name not in shapes],
        )
        return helper.make_model(
            made,
            producer_name="archcalc",
            producer_version=__version__,
            doc_string=spec.title,
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )

    def _layer(self, node: Node, copy: int) -> None:
        """Put down a layer on one device."""
        makes = self._part(node, copy)
        reads = tuple(self._read(node, name, copy) for name in node.inputs)
        tensors = self._tensors(node, copy)
        self._values.append(self._value(makes, node.device_output))
        step = Step(node, node.layer, node.device_inputs, node.device_output, reads, makes, tensors)
        _rule(node.layer.op)(self._write, step)

    def _tensors(self, node: Node, copy: int) -> dict[str, str]:
        """Return the names of a layer's tensors in the file, and put them down where they are its own."""
        holder = self._nodes[node.weights_of] if node.weights_of else node
        names = {name: f"{self._part(holder, copy)}.{name}" for name in node.tensors if name != _NOT_STORED}
        for name, shape in _own_tensors(node).items():
            self._write.tensors.append(self._tensor(names[name], _as_read(node, shape), _is_one(node, name)))
        return names

    def _tensor(self, name: str, shape: Shape, is_one: bool) -> Any:
        kind = self._onnx.TensorProto.FLOAT
        if name in self._given:
            array = self._given[name].astype("<f4").reshape(shape)
            return self._onnx.helper.make_tensor(name, kind, shape, array.tobytes(), raw=True)
        one = b"\0\0\x80\x3f" if is_one else b"\0\0\0\0"
        return self._onnx.helper.make_tensor(name, kind, shape, one * prod(shape), raw=True)

    def _part(self, node: Node, copy: int) -> str:
        """Return the value that a layer makes on a device."""
        return f"{node.devices[copy]}/{node.name}" if node.copies > 1 else node.name

    def _read(self, node: Node, name: str, copy: int) -> str:
        """Return the value that a layer reads on a device: its own part inside its tower, the whole of all else."""
        source = self._nodes.get(name)
        return self._part(source, copy) if source and reads_own_part(node, source) else self._whole(name)

    def _whole(self, name: str) -> str:
        """Return the value of a name, after what joins the parts of several devices."""
        node = self._nodes.get(name)
        if node is not None and node.copies > 1 and name not in self._joined:
            self._joined.add(name)
            self._write.node("Concat", [self._part(node, copy) for copy in range(node.copies)], name, axis=1)
            self._values.append(self._value(name, node.output_shape))
        return name

    def _value(self, name: str, shape: Sequence[int]) -> Any:
        kind = self._onnx.TensorProto.FLOAT
        return self._onnx.helper.make_tensor_value_info(name, kind, [_BATCH, *shape])


def _as_read(node: Node, shape: Shape) -> Shape:
    """Return the shape of a tensor as the operator reads it: slopes of channels have axes after them."""
    if node.layer.op == "prelu" and shape != (1,):
        return (*shape, *(1 for _ in node.device_inputs[0][1:]))
    return shape


def _is_one(node: Node, name: str) -> bool:
    return name == "running_var" or (name == "weight" and node.layer.role is Role.NORM)
