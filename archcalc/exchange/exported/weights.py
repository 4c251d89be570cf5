"""The layers whose work functions do with the weights that they are given, and which of them have the same weights."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import prod
from typing import NamedTuple

from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.exchange.exported.functions import Use
from archcalc.exchange.exported.groups import Group
from archcalc.exchange.exported.program import Node, Program
from archcalc.exchange.exported.schema import Ref
from archcalc.exchange.exported.values import OwnValue
from archcalc.exchange.torch_models.functions import (
    COUNTER,
    WEIGHTED,
    Stored,
    Weighed,
    goes_over,
    with_parameter,
    with_weights,
)
from archcalc.layers import KINDS, Layer, Shape


class _Owner(NamedTuple):
    """The layer that had tensors first."""

    name: str
    paths: frozenset[str]


class Weights:
    """A model's own tensors, and who has read them."""

    def __init__(self, program: Program, shape_of: Callable[[str], Shape]) -> None:
        self._same = program.same
        self._stored: dict[str, Stored] = {}
        self._paths: dict[str, str] = {}
        for name, own in program.own.items():
            if own is not None:
                self._stored[own.path] = Stored(shape_of(name), own.is_learnt)
                self._paths[name] = program.same.get(own.path, own.path)
        self._owners: dict[str, _Owner] = {}
        self._beside: set[str] = set()
        """The tensors that functions read which have no layer's work to do with them, by their paths."""

    def shapes(self) -> dict[str, Shape]:
        """Return the shapes of all, by their paths."""
        return {path: one.shape for path, one in self._stored.items()}

    def note(self, paths: Iterable[str]) -> None:
        """Note that something reads these."""
        self._beside.update(paths)

    def idle(self) -> dict[str, int]:
        """Return how many parameters of each module nothing has read, by its path; one of two names counts once."""
        counts: dict[str, int] = {}
        for path, one in self._stored.items():
            first = self._same.get(path, path)
            if one.is_learnt and first == path and path not in self._owners and path not in self._beside:
                owner = path.rpartition(".")[0]
                counts[owner] = counts.get(owner, 0) + prod(one.shape)
        return counts

    def used(
        self, node: Node, name: str, use: Use, x: Shape, out: Shape, own: Mapping[str, OwnValue], is_leaf: bool
    ) -> Call | None:
        """Return the call of the layer whose work a node does with tensors of the model's own; None for none's.

        `x` is what it reads, without the batch, and `out` what it makes, with it.
        """
        leaf = node.module.path if is_leaf else ""
        by_product = _product(node, name, own)
        if by_product is not None:
            return self._weighted([KINDS["linear"]], Weighed({}, x, out[1:]), by_product, leaf)
        if use.name in WEIGHTED and all(ref in own and own[ref].is_itself for ref in use.weights.values()):
            kinds = [kind for kind in WEIGHTED[use.name] if goes_over(kind, len(out))]
            paths = {word: own[ref].paths[0] for word, ref in use.weights.items() if own[ref].paths}
            is_laid_out = any(own[ref].is_transposed for ref in use.weights.values())
            if len(paths) == len(use.weights) and not is_laid_out:
                return self._weighted(kinds, Weighed(use.fields, x, out[1:]), paths, leaf)
        return self._by_parameter(use, out, own)

    def grouped(self, group: Group, x: Shape, out: Shape) -> Call | None:
        """Return the call of the layer that several nodes are, if it has weights."""
        paths = {word: self._paths[name] for word, name in group.weights.items() if name in self._paths}
        kinds = [kind for kind in KINDS.values() if kind.torch_call == group.op]
        used = Weighed(group.fields, x, out)
        return self._weighted(kinds, used, paths, group.nodes[0].module.path) if paths else None

    def _by_parameter(self, use: Use, out: Shape, own: Mapping[str, OwnValue]) -> Call | None:
        """Return the call of the layer whose work a function of a tensor and a parameter does, if it does one's."""
        values = [own[ref] for ref in use.reads if ref in own]
        if len(values) != 1 or len(use.reads) != 2 or not values[0].is_itself or len(values[0].paths) != 1:
            return None
        (value,) = values
        path = value.paths[0]
        if not self._stored[path].is_learnt:
            return None
        call = with_parameter(use.name, path, value.sizes, prod(value.sizes), out[1:])
        return self._with_owner(call, {"weight": path}) if call else None

    def _weighted(self, kinds: Iterable[type[Layer]], use: Weighed, paths: Mapping[str, str], leaf: str) -> Call | None:
        """Return the call of a layer of one of these kinds, with tensors at these paths, by torch's names for them.

        In the code of a `leaf` they are its own, whatever the paths by which they are known.
        """
        owner = leaf or next(iter(paths.values()), "").rpartition(".")[0]
        named = {word: f"{owner}.{word}".removeprefix(".") if leaf else path for word, path in paths.items()}
        own = {named[word]: self._stored[path] for word, path in paths.items()}
        counter = f"{owner}.{COUNTER}".removeprefix(".")
        if counter in self._stored and paths:
            own[counter] = self._stored[counter]
        for kind in kinds:
            call = with_weights(kind, use, owner, [*named.values()], own)
            if call is not None:
                return replace(self._with_owner(call, paths), state={}, paths=(owner,) if leaf or paths else ())
        return None

    def _with_owner(self, call: Call, paths: Mapping[str, str]) -> Call:
        """Return a call with the call before it that has the same weights. Raises ArchError where it has some of them.

        A spec can say that a layer has all weights of another, and not that it has one of two.
        """
        learnt = frozenset(path for path in paths.values() if self._stored[path].is_learnt)
        owners = {self._owners[path] for path in learnt if path in self._owners}
        if owners:
            first = min(owners)
            if {first} != owners or first.paths != learnt:
                shared = min(path for path in learnt if path in self._owners)
                raise ArchError(
                    f"shares {shared} with {first.name}, and not all of its parameters, as layers of a spec do"
                )
            return replace(call, weights_of=first.name, shared_params=call.params)
        self._owners.update(dict.fromkeys(learnt, _Owner(call.owner, learnt)))
        return call


def _product(node: Node, name: str, own: Mapping[str, OwnValue]) -> Mapping[str, str] | None:
    """Return the weights of a linear layer that torch has broken down to a product of matrices; None for others."""
    other = node.args.get("mat2")
    weight = own.get(other.name) if isinstance(other, Ref) and name in ("mm", "addmm") else None
    bias = node.args.get("self") if name == "addmm" else None
    said = own.get(bias.name) if isinstance(bias, Ref) else None
    is_scaled = any(node.args.get(word, 1) != 1 for word in ("alpha", "beta"))
    if weight is None or not (weight.is_itself and weight.is_transposed and len(weight.paths) == 1) or is_scaled:
        return None
    if name == "mm":
        return {"weight": weight.paths[0]}
    is_bias = said is not None and said.is_itself and len(said.paths) == 1
    return {"weight": weight.paths[0], "bias": said.paths[0]} if is_bias and said else None
