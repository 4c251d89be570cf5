"""Where the rules of a layer can be read, and what sources say of it."""

from collections.abc import Callable, Container, Iterable
from functools import cached_property
from typing import Final, NamedTuple

from archcalc.analysis.audit.claims import Verdict, in_words, judge
from archcalc.analysis.receptive_field import SOURCE
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers.sizes import dims
from archcalc.layers.window import ROUNDERS, SAME_SOURCES
from archcalc.spec.model import Claim
from archcalc.table import Table, measure

_TORCH: Final = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


class Rule(NamedTuple):
    """A rule in words, and where it can be read."""

    what: str
    url: str


_QUANTITY: Final = {"units": "output", "flops": "macs", "cost": "macs", "memory": "params", "weights": "params"}
"""The number that a claim about something else depends on."""


def rules(node: Node, quantities: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that make these quantities of a layer."""
    found = [rule for quantity in quantities for rule in _SOURCES[quantity](node)]
    return tuple(dict.fromkeys(found))


def _on_shape(node: Node) -> list[Rule]:
    """Return the rules of an output, with that which decides its size where a division is not exact."""
    found, window = _torch(node), node.layer.slides()
    if window is not None:
        padding = window.padding
        found.append(Rule(*(SAME_SOURCES[padding] if isinstance(padding, str) else ROUNDERS[window.ceil_mode])))
    return [*found, *(Rule(*one) for one in node.layer.sources())]


def _torch(node: Node) -> list[Rule]:
    """Return the page of the layer's twin; none for what torch has no twin for."""
    try:
        twin = node.layer.twin(*node.device_inputs)
    except ArchError:
        return []
    if twin.is_ours:
        return []
    call = twin.call.removeprefix("torch.")
    return [Rule(f"{node.layer.op} is torch.{call}", _TORCH.format(call))]


def _on_fields(node: Node) -> list[Rule]:
    return [Rule("receptive fields grow by (span - 1) * jump, equations 2 and 3", SOURCE)]


_SOURCES: Final[dict[str, Callable[[Node], list[Rule]]]] = {
    "output": _on_shape,
    "params": _torch,
    "macs": _torch,
    "receptive_field": _on_fields,
}


class Claims:
    """The claims of a network's spec, judged where they are asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def table(self) -> Table:
        return measure(self.graph)

    def said(self, name: str, quantities: Container[str]) -> tuple[str, ...]:
        """Return what the spec's sources say about these quantities of a layer, and whether it is true."""
        about = (claim for claim in self.graph.spec.claims if claim.of == (name,))
        claims = [claim for claim in about if _is_about(claim, quantities)]
        return tuple(map(_words, judge(self.graph, self.table, claims))) if claims else ()


def _is_about(claim: Claim, quantities: Container[str]) -> bool:
    """Return whether a claim about a layer at the spec's own input is about these quantities; a statement may be."""
    return claim.input is None and (not claim.quantified or _QUANTITY.get(claim.what, claim.what) in quantities)


def _words(verdict: Verdict) -> str:
    """Return the number first, then whether it is true; the place in the source may be long."""
    claim = verdict.claim
    where = f" ({claim.where})" if claim.where else ""
    if claim.value is None:
        return f'{claim.source} says "{claim.quote}"{where}: {claim.why}'
    value = _shown(claim.value) if not isinstance(claim.value, str) else claim.value
    says = f"{claim.source} says {claim.what.replace('_', ' ')} {value}"
    if verdict.holds:
        return f"{says}: this is true{where}"
    return f"{says}{where}: it is {in_words(verdict)}{f'; {claim.why}' if claim.why else ''}"


def _shown(value: int | tuple[int, ...]) -> str:
    return dims(value) if isinstance(value, tuple) else f"{value:,}"
