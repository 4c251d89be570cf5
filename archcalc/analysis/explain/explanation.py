"""Where a layer's numbers come from: the rules that made them, with the numbers put in.

Every number is made by what makes the table's: the layer's own rules, `table.row_of` and `reach.through`, read with
 numbers that remember how they were made.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from archcalc.analysis.explain.fields import Fields, receptive_field
from archcalc.analysis.explain.named import Naming, with_named_output
from archcalc.analysis.explain.remarks import remarks
from archcalc.analysis.explain.rounding import because
from archcalc.analysis.explain.sources import Claims, Rule, rules
from archcalc.analysis.explain.steps import Section, Step, at_once, steps_to
from archcalc.analysis.explain.traced import expanded, made, settled
from archcalc.analysis.receptive_field import receptive_fields
from archcalc.errors import ArchError, did_you_mean, listing
from archcalc.graph import Graph, Node, within
from archcalc.layers.sizes import names_of_axes
from archcalc.spec.model import Spec
from archcalc.table import row_of


class Explained(NamedTuple):
    """A layer, and where its numbers come from."""

    node: Node
    sections: tuple[Section, ...]
    remarks: tuple[str, ...]
    """Remarks on what the numbers do not show."""
    said: tuple[str, ...]
    """The claims of the spec's sources about them, and whether these are true."""
    rules: tuple[Rule, ...]
    """Where their rules can be read."""


@dataclass(frozen=True)
class Explanation:
    """Layers of a network, explained."""

    spec: Spec
    layers: tuple[Explained, ...]
    is_chain: bool
    """Whether one quantity of every layer is explained, from the input to the output."""


def explain(graph: Graph, layer: str | None = None, of: str | None = None) -> Explanation:
    """Explain a layer, or all layers of a structure, or one quantity of the whole network.

    `of` is one of `QUANTITIES`; without it all of a layer are explained, and of a network its outputs. Raises ArchError
    for a layer that the network does not have, with the nearest name.
    """
    nodes = graph.nodes if layer is None else chosen(graph, layer)
    quantities = (of,) if of else ("output",) if layer is None else QUANTITIES
    return Explanation(graph.spec, explained(graph, nodes, quantities), layer is None)


def explained(
    graph: Graph, nodes: Iterable[Node], quantities: Sequence[str], fields: Fields | None = None
) -> tuple[Explained, ...]:
    """Explain these quantities of some layers of a graph; `fields` are those of its layers, if they are known."""
    fields, with_names, claims = fields or receptive_fields(graph), Naming(graph), Claims(graph)
    found = []
    for node in nodes:
        named = with_names(node)
        sections = tuple(_SECTIONS[quantity](node, named, fields) for quantity in quantities)
        noted = tuple(one.text for one in remarks(node) if set(one.of) & set(quantities))
        found.append(Explained(node, sections, noted, claims.said(node.name, quantities), rules(node, quantities)))
    return tuple(found)


def headlines(section: Section) -> list[Step]:
    """Return the numbers of a quantity that say something, each in one line, with what it is made of put in."""
    results = [_by_itself(step, section) for step in section.steps if not step.called]
    telling = [step for step in results if step.how.op != "symbol"]
    return telling or results


def _by_itself(step: Step, section: Section) -> Step:
    """Return a step without conditions that take nothing away, and with the rule's named products put in."""
    how = settled(step.how)
    if how.op == "called":
        step = next(s for s in section.steps if (s.part, s.called) == (step.part, how.name))
        how = step.how
    return step._replace(how=expanded(how), called="")


def chosen(graph: Graph, name: str) -> Sequence[Node]:
    """Return the layer that a name means, or the layers of the structure. Raises ArchError with the nearest name."""
    found = [node for node in graph.nodes if node.name == name] or within(graph.nodes, name)
    if found:
        return found
    names = (entry.name.split(".") for entry in graph.spec.layers)
    known = dict.fromkeys(".".join(name[:end]) for name in names for end in range(1, len(name) + 1))
    if name in known:
        raise ArchError(f"layer {name} comes after the one that does not fit")
    hint = did_you_mean(name, known)
    raise ArchError(f"{graph.spec.name} has no layer '{name}'{hint} (archcalc table lists its layers)")


def _output(node: Node, traced: Node, _: Fields) -> Section:
    if all(any(made(size) is made(read) for read in traced.device_inputs[0]) for size in traced.device_output):
        return Section("output", node.output_shape, (), "the shape of its input")
    names = names_of_axes(len(traced.output_shape))
    first, *of_places = [
        steps_to(name.replace("_", " "), made(size), partial(because, node, axis))
        for axis, (name, size) in enumerate(zip(names, traced.output_shape, strict=True))
    ]
    return Section("output", node.output_shape, (*first, *at_once(listing(names[1:], "and"), of_places)))


def _params(node: Node, traced: Node, _: Fields) -> Section:
    row = row_of(traced)
    if not row.params:
        note = f"the weights are those of {node.weights_of}" if node.weights_of else "nothing to learn"
        return Section("params", 0, (), note)
    note = f"and {row.buffers:,} elements that are stored but not learnt" if row.buffers else ""
    return Section("params", int(row.params), tuple(steps_to("total", made(row.params))), note)


def _macs(_: Node, traced: Node, __: Fields) -> Section:
    macs = row_of(with_named_output(traced)).macs
    if not macs:
        return Section("macs", 0, (), "none are counted")
    return Section("macs", int(macs), tuple(steps_to("all", made(macs))))


_SECTIONS: Final[dict[str, Callable[[Node, Node, Fields], Section]]] = {
    "output": _output,
    "params": _params,
    "macs": _macs,
    "receptive_field": receptive_field,
}
QUANTITIES: Final = tuple(_SECTIONS)
"""The numbers of a layer that can be explained."""
