"""A model's own tensors: its parameters and buffers, what is made of these alone, and the functions that use them."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer, Shape
from archcalc.pytorch.trace.crops import in_order
from archcalc.pytorch.trace.functions import Use
from archcalc.pytorch.trace.origins import shape_of, tensors_in

_WEIGHTED: Final[dict[str, list[type[Layer]]]] = {}
"""The kinds whose work a function does with weights."""
for _kind in KINDS.values():
    for _function in _kind.torch_weighted:
        _WEIGHTED.setdefault(_function, []).append(_kind)

_TENSORS: Final = ("weight", "bias", "running_mean", "running_var")
"""The arguments of these functions that are tensors."""
_COUNTER: Final = "num_batches_tracked"
_STATE: Final = (*_TENSORS, "gain", _COUNTER)

CONSTANT: Final = "a constant"


class Own(NamedTuple):
    """What a tensor is made of: parameters and buffers, by their paths, and by which functions."""

    paths: tuple[str, ...]
    functions: tuple[str, ...] = ()


class Weights:
    """Every tensor of a model's own."""

    def __init__(self, module: nn.Module) -> None:
        self._tensors = {**dict(module.named_buffers()), **dict(module.named_parameters())}
        self._paths = {id(tensor): path for path, tensor in self._tensors.items()}
        self._made = WeakTensorKeyDictionary()

    def of(self, tensor: Tensor) -> Own | None:
        """Return what a tensor is made of; None for one that is none of the model's own."""
        path = self._paths.get(id(tensor))
        made: Own | None = self._made.get(tensor)  # type: ignore[no-untyped-call]
        return Own((path,)) if path else made

    def note(self, use: Use, result: Any) -> None:
        """Note what a function makes of a model's own tensors alone."""
        owns = [own for own in map(self.of, tensors_in((use.args, use.keywords))) if own]
        paths = tuple(dict.fromkeys(path for own in owns for path in own.paths))
        functions = tuple(name for own in owns for name in own.functions)
        if use.hands_on is None:
            functions += (use.name,)
        for tensor in tensors_in(result):
            if id(tensor) not in self._paths:
                self._made[tensor] = Own(paths, functions)

    def in_words(self, tensor: Tensor) -> str:
        own = self.of(tensor)
        return " and ".join(own.paths) if own and own.paths else CONSTANT

    def parameter(self, tensor: Tensor) -> str:
        """Return the path of the parameter that a tensor is, laid out in whatever way; empty for none."""
        own = self.of(tensor)
        if own is None or len(own.paths) != 1 or own.functions:
            return ""
        return own.paths[0] if isinstance(self._tensors[own.paths[0]], nn.Parameter) else ""

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of all, by their paths."""
        return {path: tuple(tensor.shape) for path, tensor in self._tensors.items()}

    def tensors(self, paths: Iterable[str]) -> list[Tensor]:
        return [self._tensors[path] for path in paths]

    def used(self, use: Use, out: Any) -> Call | None:
        """Return the call of the layer whose work a function does with weights; None where it does no layer's work."""
        x = use.first
        if not isinstance(x, Tensor) or not isinstance(out, Tensor):
            return None
        calls = (self._call(kind, use, x, out) for kind in _WEIGHTED.get(use.name, ()) if _goes_over(kind, x))
        return next(filter(None, calls), None)

    def _call(self, kind: type[Layer], use: Use, x: Tensor, out: Tensor) -> Call | None:
        words = kind.torch_weighted[use.name]
        if len(use.args) > 1 + len(words):  # as torch.batch_norm, whose order is another than that of F.batch_norm
            return None
        said = (*zip(words, use.args[1:], strict=False), *use.keywords.items())
        given = {word: value for word, value in said if word in words and value is not None}
        owns = {word: self.of(tensor) for word, tensor in given.items() if word in _TENSORS}
        if not owns or not all(own and _is_made_as(own, word, kind) for word, own in owns.items()):
            return None
        paths = [path for own in owns.values() if own for path in own.paths]
        owner = paths[0].rpartition(".")[0]
        state = {name: f"{owner}.{name}".removeprefix(".") for name in _STATE}
        if not {*paths} <= {*state.values()}:
            return None
        state = {name: path for name, path in state.items() if path in paths or name == _COUNTER}
        state = {name: path for name, path in state.items() if path in self._tensors}
        tensors = {name: tuple(self._tensors[path].shape) for name, path in state.items()}
        others = {word: value for word, value in given.items() if word not in _TENSORS}
        learnt = {name for name, path in state.items() if isinstance(self._tensors[path], nn.Parameter)}
        try:
            layer = kind.of_weights(others, tensors)
            twin = layer.twin(shape_of(x))
        except ArchError:
            return None
        if layer.param_shapes(shape_of(x)).keys() != learnt:
            return None
        return Call(
            name=owner,
            op=twin.call.rpartition(".")[2],
            output_shape=shape_of(out),
            fields={**twin.keywords, "padding": in_order(twin.pad.keywords["padding"])} if twin.pad else twin.keywords,
            tensors=tensors,
            state=state,
            params=sum(tensor.numel() for tensor in self.tensors(paths) if isinstance(tensor, nn.Parameter)),
            paths=(owner,),
        )


def _goes_over(kind: type[Layer], x: Tensor) -> bool:
    """Whether a kind goes over as many axes of places as a tensor has; most go over any."""
    return not kind.op.endswith("d") or kind.axes == max(1, x.dim() - 2)


def _is_made_as(own: Own, word: str, kind: type[Layer]) -> bool:
    """Whether a tensor is one of the model's own as it is; weights are made by the kind's function, if it has one."""
    function = kind.torch_weights_by if word == "weight" else ""
    return function in own.functions and {*own.functions} <= {function, "mul"} if function else not own.functions
