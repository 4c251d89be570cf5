"""Nodes that together do one layer's work, as torch's own modules have them: aten has no function for these layers."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from archcalc.exchange.exported.program import Node, Program, Size
from archcalc.exchange.exported.schema import Ref
from archcalc.layers import KINDS

_LRN: Final = KINDS["local_response_norm"].torch_call.removeprefix("nn.")
_LAYER_NORM_2D: Final = KINDS["layer_norm2d"].torch_call


class Group(NamedTuple):
    """The nodes, in order, of which others read the last one only."""

    nodes: Sequence[Node]
    reads: str
    name: str
    op: str
    fields: Mapping[str, Any]
    weights: Mapping[str, str] = {}
    """The tensors that it is given as weights, by torch's names."""


class Groups:
    """Where in a program nodes follow each other that are one layer."""

    def __init__(self, program: Program) -> None:
        self._nodes, self._tensors = program.nodes, program.tensors
        self._times_read = Counter(name for node in program.nodes for name in node.refs)
        self._times_read.update(program.outputs)

    def at(self, place: int) -> Group | None:
        """Return the layer that begins with a node; None where none does that is of several."""
        for functions, find in _PATTERNS:
            nodes = self._nodes[place : place + len(functions)]
            if tuple(node.function for node in nodes) != functions or not self._are_alone(nodes):
                continue
            found = find(nodes, self._sizes)
            if found is not None:
                return found
        return None

    def _sizes(self, name: str) -> Sequence[Size]:
        tensor = self._tensors.get(name)
        return tensor.sizes if tensor else ()

    def _are_alone(self, nodes: Sequence[Node]) -> bool:
        """Whether all are of one run of one module, and each makes one tensor, which only the others read."""
        read = Counter(name for node in nodes for name in node.refs)
        made = [node.outputs[0] if len(node.outputs) == 1 else "" for node in nodes]
        is_within = all(name and self._times_read[name] == read[name] > 0 for name in made[:-1])
        return is_within and bool(made[-1]) and len({node.module for node in nodes}) == 1


def _reads(node: Node, word: str, of: Node) -> bool:
    """Whether an argument of a node is what another makes."""
    return node.args.get(word) == Ref(of.outputs[0])


def _layer_norm(nodes: Sequence[Node], sizes: Callable[[str], Sequence[Size]]) -> Group | None:
    """Return the norm of channels at each place: channels are put last for it, and then back."""
    last, norm, first = nodes
    x = last.args.get("self")
    is_chain = _reads(norm, "input", last) and _reads(first, "self", norm)
    is_turned = last.args.get("dims") == (0, 2, 3, 1) and first.args.get("dims") == (0, 3, 1, 2)
    over = norm.args.get("normalized_shape")
    if not (isinstance(x, Ref) and is_chain and is_turned and isinstance(over, tuple) and len(over) == 1):
        return None
    weights = {word: ref.name for word in ("weight", "bias") if isinstance(ref := norm.args.get(word), Ref)}
    fields = {"eps": norm.args.get("eps", 1e-5)}
    return Group(nodes, x.name, "layer_norm", _LAYER_NORM_2D, fields, weights)


def _response_norm(nodes: Sequence[Node], sizes: Callable[[str], Sequence[Size]]) -> Group | None:
    """Return the norm over neighbouring channels: x / (k + alpha * mean of squares) ** beta."""
    square, *between, times, plus, power, over = nodes
    x = square.args.get("self")
    if not isinstance(x, Ref) or square.args.get("other") != x or over.args.get("self") != x:
        return None
    chain = [square, *between, times, plus, power]
    is_chain = all(_reads(node, "self", before) for before, node in pairwise(chain)) and _reads(over, "other", power)
    size = _channels_in_window(between, sizes(x.name), sizes(between[0].outputs[0]))
    alpha, k, beta = times.args.get("other"), plus.args.get("other"), power.args.get("exponent")
    is_said = all(type(number) in (int, float) for number in (alpha, k, beta)) and not plus.args.get("alpha")
    if not is_chain or not is_said or size is None:
        return None
    fields = {"size": size, "alpha": alpha, "beta": beta, "k": k}
    return Group(nodes, x.name, "local_response_norm", _LRN, fields)


def _channels_in_window(between: Sequence[Node], x: Sequence[Size], laid_out: Sequence[Size]) -> int | None:
    """Return over how many channels a mean goes, the channels being an axis of their own; None for other means."""
    _, pad, pool, squeeze, *_ = between
    window, sides = pool.args.get("kernel_size"), pad.args.get("pad")
    if not isinstance(window, tuple) or not isinstance(sides, tuple) or not window or {*pad.args} - {"self", "pad"}:
        return None
    if type(window[0]) is not int or {*window[1:]} != {1}:
        return None
    size: int = window[0]
    is_centred = [*sides[-2:]] == [size // 2, (size - 1) // 2] and not any(sides[:-2])
    is_dense = pool.args.get("stride") == (1,) * len(window) and {*pool.args} <= {"self", "kernel_size", "stride"}
    is_of_channels = len(x) > 1 and [*laid_out[:3]] == [x[0], 1, x[1]] and squeeze.args.get("dim") == 1
    return size if is_centred and is_dense and is_of_channels else None


_Find = Callable[[Sequence[Node], Callable[[str], Sequence[Size]]], Group | None]
_END: Final = ("mul", "add", "pow", "div")
_PATTERNS: Final[Sequence[tuple[tuple[str, ...], _Find]]] = (
    (("permute", "layer_norm", "permute"), _layer_norm),
    (("mul", "view", "pad", "avg_pool3d", "squeeze", "view", *_END), _response_norm),
    (("mul", "unsqueeze", "pad", "avg_pool2d", "squeeze", *_END), _response_norm),
)
