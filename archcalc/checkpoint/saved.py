"""What torch.save writes, as plain values: the tensors with their shapes, and nothing that could run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.layers import Shape

BITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("complex128",), 128),
    **dict.fromkeys(("float64", "int64", "uint64", "complex64", "double", "long", "cfloat"), 64),
    **dict.fromkeys(("float32", "int32", "uint32", "complex32", "bcomplex32", "float", "int", "qint32"), 32),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16", "bits16", "half", "short"), 16),
    **dict.fromkeys(("int8", "uint8", "bool", "quint8", "qint8", "quint4x2", "quint2x4"), 8),
    **dict.fromkeys(("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"), 8),
    **dict.fromkeys(("float4_e2m1fn_x2", "bits8", "bits1x8", "bits2x4", "bits4x2"), 8),
    **dict.fromkeys((f"{sign}int{bits}" for sign in ("", "u") for bits in range(1, 8)), 8),
}
"""The dtypes of torch, and how many bits an element of each takes."""

STORAGES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("ComplexDoubleStorage",), 128),
    **dict.fromkeys(("DoubleStorage", "LongStorage", "ComplexFloatStorage"), 64),
    **dict.fromkeys(("FloatStorage", "IntStorage", "QInt32Storage"), 32),
    **dict.fromkeys(("HalfStorage", "BFloat16Storage", "ShortStorage"), 16),
    **dict.fromkeys(
        ("CharStorage", "ByteStorage", "BoolStorage", "UntypedStorage", "QInt8Storage", "QUInt8Storage"), 8
    ),
    **dict.fromkeys(("QUInt4x2Storage", "QUInt2x4Storage"), 8),
}
"""The storages of torch, and how many bits an element of each takes."""


_MOST_AXES: Final = 64


class MalformedError(Exception):
    """What a file says cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes elsewhere in the file, which several tensors may share."""

    key: str
    elements: int
    bits: int

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        return self.elements * self.bits // 8


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor: its shape, and whether it has numbers in the file."""

    shape: Shape
    storage: Storage | None = None


class Inert(NamedTuple):
    """What would be made by a class or a function of torch, and holds no tensor with a name."""

    name: str


def rebuild(function: str, arguments: tuple[Any, ...]) -> Any:
    """Return what a function of torch would make of saved values. Raises MalformedError for what it cannot take."""
    try:
        return REBUILT[function](*arguments) if function in REBUILT else Inert(function)
    except (TypeError, ValueError, AttributeError, IndexError):
        raise MalformedError(f"{function} is given what it cannot take") from None


def _strided(storage: Any, offset: Any, shape: Any, stride: Any, *others: Any) -> SavedTensor:
    """Return a tensor. Raises MalformedError where it would reach beyond its storage."""
    return _reaching(storage, offset, shape, stride, storage.bits)


def _typed(storage: Any, offset: Any, shape: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, *others: Any) -> Any:
    """Return a tensor with a dtype that its storage does not have."""
    return _reaching(storage, offset, shape, stride, BITS.get(dtype.name.removeprefix("torch."), 8))


def _reaching(storage: Any, offset: Any, shape: Any, stride: Any, bits: int) -> SavedTensor:
    sizes = _sizes(shape)
    steps, first = _sizes(stride), _sizes((offset,))[0]
    if len(steps) != len(sizes):
        raise MalformedError(f"a tensor of {len(sizes)} axes has {len(steps)} strides")
    last = first + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    if prod(sizes) and (last + 1) * bits > storage.elements * storage.bits:
        raise MalformedError(f"a tensor of {list(sizes)} reaches beyond the {storage.size:,} bytes of its storage")
    return SavedTensor(sizes, storage)


def _sizes(values: Any) -> Shape:
    if not isinstance(values, tuple | list) or len(values) > _MOST_AXES:
        raise MalformedError(f"a tensor without a shape of at most {_MOST_AXES} axes")
    if not all(type(one) is int and 0 <= one < 2**63 for one in values):
        raise MalformedError("the sizes of a tensor are not whole numbers from 0 up")
    return tuple(values)


def _sparse(layout: Any, data: Any, *others: Any) -> SavedTensor:
    return SavedTensor(_sizes(data[-1] if isinstance(data[-1], tuple) else data[-2]))


def _inner(data: Any, *others: Any) -> Any:
    """Return the tensor inside a parameter, or of another device."""
    return data


def _of_subclass(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    if function.name == _OF_SUBCLASS:
        raise MalformedError("a tensor of a class of a class")
    return rebuild(function.name, tuple(arguments))


_OF_SUBCLASS: Final = "torch._tensor._rebuild_from_type_v2"

REBUILT: Final[Mapping[str, Callable[..., Any]]] = {
    "torch._utils._rebuild_tensor": _strided,
    "torch._utils._rebuild_tensor_v2": _strided,
    "torch._utils._rebuild_tensor_v3": _typed,
    "torch._utils._rebuild_qtensor": lambda storage, offset, shape, *others: SavedTensor(_sizes(shape), storage),
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_meta_tensor_no_storage": lambda dtype, shape, *others: SavedTensor(_sizes(shape)),
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _inner,
    "torch._utils._rebuild_parameter": _inner,
    "torch._utils._rebuild_parameter_with_state": _inner,
    "torch.nn.parameter.Parameter": _inner,
    _OF_SUBCLASS: _of_subclass,
    "torch.Size": lambda sizes=(): _sizes(sizes),
}
"""What torch makes of saved values, by the names of its functions
(https://github.com/pytorch/pytorch/blob/main/torch/_utils.py)."""
