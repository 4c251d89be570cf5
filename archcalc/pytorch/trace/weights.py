"""A model's own tensors: its parameters and buffers, what is made of these alone, and the functions that use them."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from archcalc.calls import Call
from archcalc.exchange.torch_models.functions import TENSORS, WEIGHTED, Stored, Weighed, goes_over, with_weights
from archcalc.layers import Layer, Shape
from archcalc.pytorch.trace.functions import Use
from archcalc.pytorch.trace.origins import shape_of, tensors_in

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
        calls = (self._call(kind, use, x, out) for kind in WEIGHTED.get(use.name, ()) if goes_over(kind, x.dim()))
        return next(filter(None, calls), None)

    def _call(self, kind: type[Layer], use: Use, x: Tensor, out: Tensor) -> Call | None:
        words = kind.torch_weighted[use.name]
        if len(use.args) > 1 + len(words):  # as torch.batch_norm, whose order is another than that of F.batch_norm
            return None
        said = (*zip(words, use.args[1:], strict=False), *use.keywords.items())
        given = {word: value for word, value in said if word in words and value is not None}
        owns = {word: self.of(tensor) for word, tensor in given.items() if word in TENSORS}
        if not owns or not all(own and _is_made_as(own, word, kind) for word, own in owns.items()):
            return None
        paths = [path for own in owns.values() if own for path in own.paths]
        others = {word: value for word, value in given.items() if word not in TENSORS}
        owner = paths[0].rpartition(".")[0]
        own = {
            path: Stored(tuple(tensor.shape), isinstance(tensor, nn.Parameter))
            for path, tensor in self._tensors.items()
            if path.rpartition(".")[0] == owner
        }
        return with_weights(kind, Weighed(others, shape_of(x), shape_of(out)), owner, paths, own)


def _is_made_as(own: Own, word: str, kind: type[Layer]) -> bool:
    """Whether a tensor is one of the model's own as it is; weights are made by the kind's function, if it has one."""
    function = kind.torch_weights_by if word == "weight" else ""
    return function in own.functions and {*own.functions} <= {function, "mul"} if function else not own.functions
