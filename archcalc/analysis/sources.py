"""Where the rules of a layer can be read, and what sources say of it."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from archcalc.analysis.claims import Verdict, judge
from archcalc.analysis.receptive_field import SOURCE
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers.base import dims
from archcalc.layers.fields import SAME
from archcalc.layers.norm import LocalResponseNorm
from archcalc.layers.window import ROUNDERS
from archcalc.table import measure

_TORCH: Final = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
_SAME: Final = "https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2"
_PAPER: Final = "https://papers.nips.cc/paper/2012/file/c399862d3b9d6b76c8436e924a68c45b-Paper.pdf"


class Rule(NamedTuple):
    """A rule in words, and where it can be read."""

    what: str
    url: str


def rules(node: Node, figures: Iterable[str]) -> list[Rule]:
    """The rules that make the figures of a layer."""
    found = [rule for figure in figures for rule in (_on_fields(node) if figure == "receptive_field" else _on(node))]
    return list(dict.fromkeys(found))


def _on(node: Node) -> list[Rule]:
    """What makes shapes and costs."""
    layer = node.layer
    fields = vars(layer)
    found = _torch(node)
    if fields.get("padding") == SAME:
        found.append(Rule("padding same is TensorFlow's", _SAME))
    elif "ceil_mode" in fields:
        found.append(Rule(*ROUNDERS[fields["ceil_mode"]]))
    if isinstance(layer, LocalResponseNorm):
        found.append(Rule("response normalization is the 2012 paper's, section 3.3", _PAPER))
    return found


def _torch(node: Node) -> list[Rule]:
    """The page of the layer's twin; none for what torch has no twin for."""
    try:
        call = node.layer.twin(*node.reads).call.removeprefix("torch.")
    except ArchError:
        return []
    return [Rule(f"{node.layer.op} is torch.{call}", _TORCH.format(call))]


def _on_fields(node: Node) -> list[Rule]:
    return [Rule("receptive fields grow by (span - 1) * jump, equations 2 and 3", SOURCE)]


def said(graph: Graph, name: str) -> list[str]:
    """What the spec's sources say of a layer, and whether it is so."""
    claims = [claim for claim in graph.spec.claims if claim.of == name]
    return [_words(verdict) for verdict in judge(graph, measure(graph), claims)] if claims else []


def _words(verdict: Verdict) -> str:
    claim = verdict.claim
    where = f", {claim.where}," if claim.where else ""
    value = dims(claim.value) if isinstance(claim.value, tuple) else claim.value
    true = "unknown" if verdict.true is None else _shown(verdict.true)
    so = "it is so" if verdict.holds else f"it is {true}"
    return f"{claim.source}{where} says {claim.what} {value}: {so}{f'; {claim.why}' if claim.why else ''}"


def _shown(value: int | tuple[int, ...]) -> str:
    return dims(value) if isinstance(value, tuple) else f"{value:,}"
