"""Where numbers come from, as sheets and as JSON: the rule, the numbers put in, the result and the reason."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.explain.explanation import Explained, Explanation
from archcalc.analysis.explain.steps import Section, Step
from archcalc.analysis.explain.traced import Expression, inexact, unrounded
from archcalc.layers.sizes import dims
from archcalc.render import receptive_field
from archcalc.render.envelope import identity, stamped
from archcalc.render.explain.formula import PLAIN, TEX, Notation, exactly, with_names, with_numbers
from archcalc.render.sheet import Column, Piece, Sheet
from archcalc.render.words import number
from archcalc.spec.model import Spec

TITLES: Final = {"output": "output", "params": "params", "macs": "MACs", "receptive_field": "receptive field"}


def _rule(how: Expression) -> str:
    return with_names(how)


def _rule_pieces(how: Expression) -> list[Piece]:
    return [Piece(with_names(how, TEX), is_math=True)]


def result(steps: Sequence[Step] | str) -> str:
    if isinstance(steps, str):
        return steps
    return "; ".join(_labelled(step, len(steps) > 1) + equation(step.how) for step in steps)


def result_pieces(steps: Sequence[Step] | str) -> list[Piece]:
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
    """Return the numbers put in, what they make, and what that is rounded to, if it is.

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
    Column("of", "of", heads=True),
    Column("part", "part", heads=True),
    Column("rule", "rule", _rule, prose=True, pieces=_rule_pieces),
    Column("numbers", "numbers", result, prose=True, pieces=result_pieces),
    Column("because", "because", prose=True),
)


def layer_sheets(explanation: Explanation) -> list[Sheet]:
    """Return a sheet for each layer: a line for each number on the way to its quantities."""
    return [layer_sheet(explanation.spec, one) for one in explanation.layers]


def layer_sheet(spec: Spec, explained: Explained) -> Sheet:
    """Return a line for each number on the way to the quantities of a layer."""
    node = explained.node
    reads = " and ".join(map(dims, node.input_shapes))
    sheet = Sheet(
        name=node.name,
        title=f"{node.name} of {spec.label}: {node.layer.op}, {reads} to {dims(node.output_shape)}",
        columns=_LAYER,
        rows=tuple(row for section in explained.sections for row in _rows(section)),
        notes=(
            *explained.remarks,
            *explained.said,
            *(f"{rule.what}: {rule.url}" for rule in explained.rules),
        ),
    )
    return without_blanks(sheet)


def _rows(section: Section) -> Iterator[tuple[Any, ...]]:
    title = TITLES[section.of]
    if not section.steps:
        yield (title, None, None, shown(section), section.note)
    for place, step in enumerate(section.steps):
        reason = step.because or (section.note if place == len(section.steps) - 1 else "")
        yield (title if place == 0 else None, step.label, step.how, [step], reason)


def without_blanks(sheet: Sheet) -> Sheet:
    """Return the sheet without columns in which no line says anything."""
    said_in = [
        column.key
        for place, column in enumerate(sheet.columns)
        if any(row[place] not in (None, "") for row in sheet.rows)
    ]
    return sheet.pick(said_in)


def shown(section: Section) -> str:
    """Return the value of a quantity."""
    if section.of == "receptive_field":
        return receptive_field.in_words(section.sights)
    return number(section.value) if isinstance(section.value, int) else dims(section.value or ())


def data(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network, as in `table`.
    - `layers`: those that are explained, each with

      - `name`, `op`, `inputs`: the layer, and the names of what it reads.
      - `figures`: the numbers that are explained, each with

        - `of`: output, params, macs or receptive_field.
        - `value`: the number, or the shape. That of a receptive field is as in `table`, a list with what is seen
          of each `input`: `size`, `stride`, `padding`, `centre`, `beside`, `offset` and `is_even`.
        - `note`: a remark, or null.
        - `steps`: the numbers on the way to it, in order. Each is about a `part` of it. `called` is the name that the
          rule has for a number on the way, or null; `rule` is the formula, `numbers` is the formula with its numbers
          put in, and `value` is the result. `because` says why the result is rounded, or is null.

      - `hidden`: in words, what these numbers do not show.
      - `claims`: in words, what the spec's sources say about these numbers.
      - `rules`: where the rules can be read: `what`, and its `url`.
    """
    return stamped({**identity(explanation.spec), "layers": [_explained_data(one) for one in explanation.layers]})


def _explained_data(one: Explained) -> dict[str, Any]:
    return {
        "name": one.node.name,
        "op": one.node.layer.op,
        "inputs": list(one.node.inputs),
        "figures": [_section_data(section) for section in one.sections],
        "hidden": list(one.remarks),
        "claims": list(one.said),
        "rules": [rule._asdict() for rule in one.rules],
    }


def _section_data(section: Section) -> dict[str, Any]:
    value = list(section.value) if isinstance(section.value, tuple) else section.value
    is_field = section.of == "receptive_field"
    return {
        "of": section.of,
        "value": receptive_field.data(section.sights) if is_field else value,
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
