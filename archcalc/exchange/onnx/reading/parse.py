"""Bytes -> Model. Weights are passed over: of tensors only those with a few numbers are read."""

import ast
import struct
from collections.abc import Mapping
from math import isfinite, prod
from pathlib import Path
from typing import Any, Final

from archcalc.errors import ArchError, reason
from archcalc.exchange.onnx.opening import onnx_package
from archcalc.exchange.onnx.reading.model import Given, Model, Node, Number, Tensor
from archcalc.files import is_pipe_or_device, remember
from archcalc.layers.fields import LARGEST

_MOST_BYTES: Final = 2**31 - 1
"""A message of protobuf is no longer."""

_MOST_NODES: Final = 100_000
_MOST_INTEGERS: Final = 4096
_MOST_FLOATS: Final = 16
_MOST_AXES: Final = 16
_LEAST_OPSET: Final = 7
_LONGEST_LIST: Final = 10_000

_OWN_DOMAINS: Final = ("", "ai.onnx")
_SCOPES: Final = "pkg.torch.onnx.name_scopes"
_CLASSES: Final = "pkg.torch.onnx.class_hierarchy"

_FORMATS: Final = {"FLOAT": "f", "DOUBLE": "d", "INT32": "i", "INT64": "q", "BOOL": "?", "INT8": "b", "UINT8": "B"}
"""How numbers of each type are packed, in little-endian order."""

_LISTS: Final = {"FLOAT": "float_data", "DOUBLE": "double_data", "INT64": "int64_data"}
"""Where numbers of a type stand that are not packed; the others stand with the 32-bit integers."""

_FLOATS: Final = ("FLOAT", "DOUBLE")


def open_model(path: Path, shown: str) -> Model:
    """Read a file. Raises ArchError for one that is not of ONNX, damaged or cut off."""
    content = _content(path, shown)
    onnx = onnx_package()
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.ModelProto.FromString(content)
        del content
        if not proto.ir_version or not proto.graph.output:
            raise ArchError(f"{shown} is not a file of ONNX: it has no graph with outputs")
        return _Parser(onnx).model(proto, shown)
    except DecodeError:
        raise ArchError(f"{shown} is not a file of ONNX, or is damaged or cut off") from None
    except UnicodeDecodeError:
        raise ArchError(f"{shown} is damaged: it has names that are not UTF-8") from None


def _content(path: Path, shown: str) -> bytes:
    try:
        if is_pipe_or_device(path):
            raise ArchError(f"{shown} is not a file but a pipe or a device")
        if path.stat().st_size > _MOST_BYTES:
            raise ArchError(f"{shown} is over 2 GB, which no file of ONNX is: large weights stand in files beside it")
        remember(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise ArchError(f"{shown}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise ArchError(f"{shown} cannot be read: {reason(error) if isinstance(error, OSError) else error}") from None


class _Parser:
    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self._types: Mapping[int, str] = {number: name for name, number in onnx.TensorProto.DataType.items()}

    def model(self, proto: Any, shown: str) -> Model:
        graph = proto.graph
        opset = max((one.version for one in proto.opset_import if one.domain in _OWN_DOMAINS), default=1)
        if opset < _LEAST_OPSET:
            raise ArchError(f"{shown} is of opset {opset}; opsets from {_LEAST_OPSET} on are read")
        if len(graph.node) > _MOST_NODES:
            raise ArchError(f"{shown} has {len(graph.node):,} nodes; up to {_MOST_NODES:,} are read")
        tensors = {_text(one.name): self._tensor(one, is_learnt=True) for one in graph.initializer}
        tensors |= {_text(one.values.name): self._sparse(one) for one in graph.sparse_initializer}
        return Model(
            opset,
            tuple(map(self._node, graph.node)),
            tensors,
            tuple(self._given(one) for one in graph.input if _text(one.name) not in tensors),
            tuple(_text(one.name) for one in graph.output),
        )

    def _node(self, proto: Any) -> Node:
        said = (
            {_text(one.key): _text(one.value) for one in proto.metadata_props}
            if hasattr(proto, "metadata_props")
            else {}
        )
        return Node(
            _text(proto.op_type) if proto.domain in _OWN_DOMAINS else f"{_text(proto.domain)}.{_text(proto.op_type)}",
            _text(proto.name),
            tuple(map(_text, proto.input)),
            tuple(map(_text, proto.output)),
            {_text(one.name): self._attribute(one) for one in proto.attribute},
            _list_of_words(said.get(_SCOPES, "")),
            _list_of_words(said.get(_CLASSES, "")),
        )

    def _attribute(self, proto: Any) -> Any:
        kinds = self._onnx.AttributeProto
        match proto.type:
            case kinds.INT:
                return int(proto.i)
            case kinds.FLOAT:
                return as_written(proto.f)
            case kinds.STRING:
                return proto.s.decode("utf-8")
            case kinds.INTS if len(proto.ints) <= _MOST_INTEGERS:
                return tuple(map(int, proto.ints))
            case kinds.FLOATS if len(proto.floats) <= _MOST_INTEGERS:
                return tuple(map(as_written, proto.floats))
            case kinds.TENSOR:
                return self._tensor(proto.t)
        return None

    def _sparse(self, proto: Any) -> Tensor:
        name = _text(proto.values.name)
        return Tensor(_shape(proto.dims, name), None, name, is_learnt=True)

    def _tensor(self, proto: Any, is_learnt: bool = False) -> Tensor:
        name = _text(proto.name)
        shape = _shape(proto.dims, name)
        return Tensor(shape, self._numbers(proto, prod(shape)), name, is_learnt)

    def _numbers(self, proto: Any, count: int) -> tuple[Number, ...] | None:
        """Return the elements of a small tensor; None for a large one, and for one without its data."""
        word = self._types.get(proto.data_type, "")
        most = _MOST_FLOATS if word in _FLOATS else _MOST_INTEGERS
        if word not in _FORMATS or count > most or proto.data_location == self._onnx.TensorProto.EXTERNAL:
            return None
        found = self._packed(proto.raw_data, word, count) or tuple(getattr(proto, _LISTS.get(word, "int32_data")))
        if len(found) != count:
            return None
        return tuple(map(as_written, found)) if word == "FLOAT" else tuple(found)

    @staticmethod
    def _packed(data: bytes, word: str, count: int) -> tuple[Number, ...]:
        each = struct.calcsize(f"<{_FORMATS[word]}")
        return struct.unpack(f"<{count}{_FORMATS[word]}", data) if len(data) == each * count else ()

    @staticmethod
    def _given(proto: Any) -> Given:
        of_tensor = proto.type.tensor_type
        if not of_tensor.HasField("shape"):
            return Given(_text(proto.name), None)
        sizes = [one.dim_value if one.HasField("dim_value") else None for one in of_tensor.shape.dim]
        return Given(_text(proto.name), tuple(size if size and 0 < size <= LARGEST else None for size in sizes))


def _text(value: Any) -> str:
    """Return a name, which protobuf hands on as bytes where it is none."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8")


def _shape(sizes: Any, name: str) -> tuple[int, ...]:
    if len(sizes) > _MOST_AXES or not all(0 <= size <= LARGEST for size in sizes):
        raise ArchError(f"the tensor {name[:60]} has sizes that no tensor has")
    return tuple(map(int, sizes))


def as_written(number: float) -> float:
    """Return a 32-bit number as the shortest decimal that it is.

    >>> as_written(0.009999999776482582), as_written(9.999999747378752e-06)
    (0.01, 1e-05)
    """
    if not isfinite(number):
        return number
    shortened = (float(f"{number:.{digits}g}") for digits in range(6, 9))
    return next((short for short in shortened if struct.pack("<f", short) == struct.pack("<f", number)), number)


def _list_of_words(text: str) -> tuple[str, ...]:
    """Return the words of a list that is written as Python writes it; none of what is not such a list, or is long."""
    try:
        found = ast.literal_eval(text) if text and len(text) < _LONGEST_LIST else ()
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return ()
    return tuple(found) if isinstance(found, list) and all(isinstance(word, str) for word in found) else ()
