"""What layers are called that nodes become: as their modules were, where the file still says it."""

from collections.abc import Sequence
from typing import Final

from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.layers.base import Role, find

_WEIGHT: Final = ".weight"
_BIAS: Final = ".bias"
_MODULES: Final = "torch.nn.modules."
_CONTAINER: Final = "torch.nn.modules.container."
_UNNAMED: Final = ("node_",)

_FUNCTIONS: Final = (Role.MERGE, Role.RESHAPE, Role.PADDING)
"""Roles of layers that are functions, most often, which modules call."""


def name_of(node: Node, op: str, weights: Sequence[Tensor]) -> str:
    """Return what a layer is to be called: as its weights are, or its module, or the node."""
    for tensor in weights[:1]:
        is_alone = op == "scale" and not is_made_up(tensor.name)
        if (tensor.name.endswith(_WEIGHT) and len(tensor.name) > len(_WEIGHT)) or is_alone:
            return tensor.name.removesuffix(_WEIGHT).removesuffix(_BIAS)
    return _of_scopes(node, op) or _of_path(node.name, op) or op


def _of_scopes(node: Node, op: str) -> str:
    """Return the path of the module that torch's newer exporter says: of the layer, or of what calls a function."""
    if len(node.scopes) < 2 or len(node.scopes) != len(node.classes):
        return ""
    path, kind = node.scopes[-2], node.classes[-2]
    is_layer = kind.startswith(_MODULES) and not kind.startswith(_CONTAINER)
    return path if is_layer and path else f"{path}.{op}" if path else op


def _of_path(name: str, op: str) -> str:
    """Return a node's name, of which torch's older exporter makes a path of modules that ends with the operator.

    >>> _of_path("/layer1/layer1.0/conv1/Conv", "conv2d"), _of_path("/layer1/layer1.0/Add", "add")
    ('layer1.0.conv1', 'layer1.0.add')
    >>> _of_path("/Flatten", "flatten"), _of_path("conv1_1", "conv2d")
    ('flatten', 'conv1_1')
    """
    if not name.startswith("/"):
        return "" if name.startswith(_UNNAMED) else name
    *parts, operator = name.strip("/").split("/")
    path: list[str] = []
    for part in parts:
        if path and part.startswith(f"{path[-1]}."):
            path[-1] = part
        else:
            path.append(part)
    if not path:
        return operator.lower()
    is_function = find(op).role in _FUNCTIONS and path[-1] != op
    return ".".join([*path, op] if is_function else path)


def is_made_up(name: str) -> bool:
    """Return whether an exporter has made a tensor's name up, as it does for numbers of a program.

    >>> is_made_up("val_12"), is_made_up("onnx::Mul_193"), is_made_up("gamma"), is_made_up("stage.0.gain")
    (True, True, False, False)
    """
    return name.startswith(("val_", "onnx::", "scalar_tensor", "_val_", "const")) or name.isdecimal()


def is_normed(node: Node, weight: Tensor) -> bool:
    """Return whether torch has made a batch norm part of a convolution: the node is the norm's, or the weight new."""
    return weight.name.startswith("onnx::Conv_") or (len(node.classes) > 1 and "batchnorm" in node.classes[-2].lower())
