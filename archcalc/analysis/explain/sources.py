"""Where the rules of a layer can be read, and what sources say of it."""

from collections.abc import Callable, Container, Iterable
from typing import Final, NamedTuple

from archcalc.analysis.audit.claims import Verdict, in_words, judge
from archcalc.analysis.receptive_field import SOURCE
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers.fields import SAME
from archcalc.layers.sizes import dims
from archcalc.layers.window import ROUNDERS, SAME_SOURCE
from archcalc.spec.model import Claim
from archcalc.table import measure

_TORCH: Final = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


class Rule(NamedTuple):
    """A rule in words, and where it can be read."""

    what: str
    url: str


_FIGURE: Final = {"units": "output", "flops": "macs", "cost": "macs", "memory": "params", "weights": "params"}
"""The number that a claim about something else depends on."""


def rules(node: Node, figures: Iterable[str]) -> list[Rule]:
    """The rules that make these figures of a layer."""
    found = [rule for figure in figures for rule in _SOURCES[figure](node)]
    return list(dict.fromkeys(found))


def _on_shape(node: Node) -> list[Rule]:
    """Return the rules of an output, with that which decides its size where a division is not exact."""
    found, window = _torch(node), node.layer.slides()
    if window is not None:
        is_same = window.padding == SAME
        found.append(Rule(*(("padding same is TensorFlow's", SAME_SOURCE) if is_same else ROUNDERS[window.ceil_mode])))
    return [*found, *(Rule(*one) for one in node.layer.sources())]


def _torch(node: Node) -> list[Rule]:
    """The page of the layer's twin; none for what torch has no twin for."""
    try:
        call = node.layer.twin(*node.device_inputs).call.removeprefix("torch.")
    except ArchError:
        return []
    return [Rule(f"{node.layer.op} is torch.{call}", _TORCH.format(call))]


def _on_fields(node: Node) -> list[Rule]:
    return [Rule("receptive fields grow by (span - 1) * jump, equations 2 and 3", SOURCE)]


_SOURCES: Final[dict[str, Callable[[Node], list[Rule]]]] = {
    "output": _on_shape,
    "params": _torch,
    "macs": _torch,
    "receptive_field": _on_fields,
}


def said(graph: Graph, name: str, figures: Container[str]) -> list[str]:
    """Return what the spec's sources say of these numbers of a layer, and whether it is so."""
    claims = [claim for claim in graph.spec.claims if claim.of == (name,) and _is_about(claim, figures)]
    return [_words(verdict) for verdict in judge(graph, measure(graph), claims)] if claims else []


def _is_about(claim: Claim, figures: Container[str]) -> bool:
    """Whether a claim about a layer at the spec's own input is about these figures; a statement may always be."""
    return claim.input is None and (not claim.quantified or _FIGURE.get(claim.what, claim.what) in figures)


def _words(verdict: Verdict) -> str:
    """The figure comes first, then whether it is so; where it is said may be long."""
    claim = verdict.claim
    where = f" ({claim.where})" if claim.where else ""
    if claim.value is None:
        return f'{claim.source} says "{claim.quote}"{where}: {claim.why}'
    value = _shown(claim.value) if not isinstance(claim.value, str) else claim.value
    says = f"{claim.source} says {claim.what.replace('_', ' ')} {value}"
    if verdict.holds:
        return f"{says}: it is so{where}"
    return f"{says}{where}: it is {in_words(verdict)}{f'; {claim.why}' if claim.why else ''}"


def _shown(value: int | tuple[int, ...]) -> str:
    return dims(value) if isinstance(value, tuple) else f"{value:,}"
