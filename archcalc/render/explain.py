"""Where figures come from, as sheets and as JSON: the rule, the numbers put in, the result and the reason."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.explain import Explained, Section, Step, headlines
from archcalc.analysis.hidden import Fact, hidden
from archcalc.analysis.receptive_field import Field
from archcalc.analysis.sources import rules, said
from archcalc.analysis.traced import Expression, inexact, unrounded
from archcalc.graph import Graph, Node
from archcalc.layers import Shape
from archcalc.layers.base import dims
from archcalc.render.data import stamped
from archcalc.render.formula import PLAIN, TEX, Notation, exactly, with_names, with_numbers
from archcalc.render.sheet import Column, Piece, Sheet
from archcalc.render.table import number, pair

_TITLES: Final = {"output": "output", "params": "params", "macs": "MACs", "receptive_field": "receptive field"}


def _rule(how: Expression) -> str:
    return with_names(how)


def _rule_pieces(how: Expression) -> list[Piece]:
    return [Piece(with_names(how, TEX), is_math=True)]


def _result(steps: Sequence[Step] | str) -> str:
    if isinstance(steps, str):
        return steps
    return "; ".join(_labelled(step, len(steps) > 1) + equation(step.how) for step in steps)


def _result_pieces(steps: Sequence[Step] | str) -> list[Piece]:
    if isinstance(steps, str):
        return [Piece(steps)]
    pieces: list[Piece] = []
    for step in steps:
        pieces += [Piece(f"{'; ' if pieces else ''}{_labelled(step, len(steps) > 1)}")]
        pieces += [Piece(equation(step.how, TEX), is_math=True)]
    return pieces


def _labelled(step: Step, is_one_of_several: bool) -> str:
    return f"{step.label}: " if is_one_of_several else ""


def equation(how: Expression, notation: Notation = PLAIN) -> str:
    """The numbers put in, what they make, and where that is rounded, to what.

    `(224 + 0 + 0 - 11) / 4 + 1 = 54.25 -> 55`
    """
    last = inexact(how)
    left = with_numbers(how, notation, last)
    value = number(how.value).replace(",", "{,}" if notation is TEX else ",")
    if last is not None:
        arrow = r" \to " if notation is TEX else " -> "
        return f"{left} = {exactly(unrounded(how), notation)}{arrow}{value}"
    return value if left == str(how.value) else f"{left} = {value}"


_LAYER: Final = (
    Column("of", "of"),
    Column("part", "part"),
    Column("rule", "rule", _rule, leaves=1, prose=True, pieces=_rule_pieces),
    Column("numbers", "numbers", _result, prose=True, pieces=_result_pieces),
    Column("because", "because", prose=True),
)

_CHAIN: Final = (
    Column("layer", "layer"),
    Column("type", "type", leaves=1),
    Column("value", "value", sizes=True),
    Column("numbers", "numbers", _result, prose=True, pieces=_result_pieces),
    Column("because", "because", prose=True),
)


def layer_sheets(graph: Graph, explained: Sequence[Explained]) -> list[Sheet]:
    """A sheet for each layer: a line for each number on the way to its figures."""
    return [_layer_sheet(graph, one) for one in explained]


def _layer_sheet(graph: Graph, explained: Explained) -> Sheet:
    node = explained.node
    figures = [section.of for section in explained.sections]
    reads = " and ".join(map(dims, node.input_shapes))
    sheet = Sheet(
        name=node.name,
        title=f"{node.name} of {graph.spec.name}: {node.layer.op}, {reads} to {dims(node.output_shape)}",
        columns=_LAYER,
        rows=tuple(row for section in explained.sections for row in _rows(section)),
        notes=(
            *(fact.text for fact in _facts(node, figures)),
            *(f"{graph.spec.name}: {words}" for words in said(graph, node.name)),
            *(f"{rule.what}: {rule.url}" for rule in rules(node, figures)),
        ),
    )
    return _without_blanks(sheet)


def _rows(section: Section) -> Iterator[tuple[Any, ...]]:
    title = _TITLES[section.of]
    if not section.steps:
        yield (title, None, None, _shown(section.value), section.note)
    for place, step in enumerate(section.steps):
        reason = step.because or (section.note if place == len(section.steps) - 1 else "")
        yield (title if place == 0 else None, step.label, step.how, [step], reason)


def _without_blanks(sheet: Sheet) -> Sheet:
    """The sheet without columns in which no line says anything."""
    said_in = [
        column.key
        for place, column in enumerate(sheet.columns)
        if any(row[place] not in (None, "") for row in sheet.rows)
    ]
    return sheet.pick(said_in)


def _facts(node: Node, figures: Sequence[str]) -> list[Fact]:
    return [fact for fact in hidden(node) if set(fact.of) & set(figures)]


def chain_sheet(graph: Graph, explained: Sequence[Explained]) -> Sheet:
    """One figure of every layer that changes it, from the input to the output, a line each."""
    of = explained[0].sections[0].of if explained else "output"
    telling = [one for one in explained if one.sections[0].steps]
    quiet = list(dict.fromkeys(one.node.layer.op for one in explained if not one.sections[0].steps))
    spec = graph.spec
    start = [("input", None, dims(spec.input_shape), None, None)] if of == "output" else []
    sheet = Sheet(
        name=spec.name,
        title=f"{spec.name}: {_TITLES[of]}, layer by layer",
        columns=tuple(c._replace(header=_TITLES[of]) if c.key == "value" else c for c in _CHAIN),
        rows=(*start, *(_line(one) for one in telling)),
        notes=(
            *(f"{one.node.name}: {fact.text}" for one in explained for fact in _facts(one.node, [of])),
            *([f"not shown, since they {_QUIET[of]}: {', '.join(quiet)}"] if quiet else []),
            f"archcalc explain {spec.name} LAYER shows the rules, with their sources",
        ),
    )
    return _without_blanks(sheet)


_QUIET: Final = {
    "output": "keep the shape they read",
    "params": "learn nothing",
    "macs": "multiply nothing that is counted",
    "receptive_field": "see what their input sees, or places that no window tells of",
}


def _line(one: Explained) -> tuple[Any, ...]:
    (section,) = one.sections
    steps = headlines(section)
    reasons = "; ".join(dict.fromkeys(step.because for step in steps if step.because))
    return (one.node.name, one.node.layer.op, _shown(section.value), steps, reasons)


def _shown(value: int | Shape | Field | None) -> str:
    match value:
        case None:
            return "-"
        case Field():
            return f"{pair(value.size)}, jump {pair(value.jump)}"
        case int():
            return number(value)
    return dims(value)


def data(graph: Graph, explained: Sequence[Explained]) -> dict[str, Any]:
    """The explanation as JSON.

    `layers` have `figures`; of each `of`, `value` and `steps`: `part`, `called` (the rule's name for a number on the
    way, or null), `rule`, `numbers`, `value` and `because`. `hidden` is what the figures do not show, `claims` what the
    spec's sources say, `rules` where these can be read.
    """
    return stamped({"name": graph.spec.name, "layers": [_explained_data(graph, one) for one in explained]})


def _explained_data(graph: Graph, one: Explained) -> dict[str, Any]:
    figures = [section.of for section in one.sections]
    return {
        "name": one.node.name,
        "op": one.node.layer.op,
        "figures": [_section_data(section) for section in one.sections],
        "hidden": [fact.text for fact in _facts(one.node, figures)],
        "claims": said(graph, one.node.name),
        "rules": [rule._asdict() for rule in rules(one.node, figures)],
    }


def _section_data(section: Section) -> dict[str, Any]:
    value = section.value
    bare = {"size": list(value.size), "jump": list(value.jump)} if isinstance(value, Field) else value
    return {
        "of": section.of,
        "value": list(bare) if isinstance(bare, tuple) else bare,
        "note": section.note or None,
        "steps": [
            {
                "part": step.part,
                "called": step.called or None,
                "rule": with_names(step.how),
                "numbers": equation(step.how),
                "value": int(step.how.value),
                "because": step.because or None,
            }
            for step in section.steps
        ],
    }
