"""One quantity of a whole network as a sheet: from the input to the output, a line for each layer that changes it."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.explain.explanation import Explained, Explanation, headlines
from archcalc.errors import listing
from archcalc.layers.sizes import dims
from archcalc.render.explain.layers import TITLES, result, result_pieces, shown, without_blanks
from archcalc.render.sheet import Column, Sheet

_CHAIN: Final = (
    Column("layer", "layer", heads=True),
    Column("type", "type", leaves=1),
    Column("reads", "reads", prose=True),
    Column("value", "value", sizes=True),
    Column("numbers", "numbers", result, prose=True, pieces=result_pieces),
    Column("because", "because", prose=True),
)

_QUIET: Final = {
    "output": "keep the shape they read",
    "params": "learn nothing",
    "macs": "multiply nothing that is counted",
    "receptive_field": "see what their input sees, or places that no window describes",
}

_MOST_NAMED: Final = 6

_FLOWS: Final = ("output", "receptive_field")
"""Numbers that a layer makes of what it reads, so that it matters which layers these are."""


def chain_sheet(explanation: Explanation) -> Sheet:
    """Return one quantity of every layer that changes it, and what it reads where that is not the line before."""
    explained = explanation.layers
    of = explained[0].sections[0].of if explained else "output"
    shown_layers = [one for one in explained if _changes(one, of)]
    quiet = list(dict.fromkeys(one.node.layer.op for one in explained if not _changes(one, of)))
    spec = explanation.spec
    inputs = spec.inputs.items()
    start = [(name, None, None, dims(shape), None, None) for name, shape in inputs] if of == "output" else []
    reads = _reads(explained, shown_layers, [*spec.inputs]) if of in _FLOWS else {}
    sheet = Sheet(
        name=spec.name,
        title=f"{spec.label}: {TITLES[of]}, layer by layer",
        columns=tuple(c._replace(header=TITLES[of]) if c.key == "value" else c for c in _CHAIN),
        rows=(*start, *(_line(one, reads.get(one.node.name)) for one in shown_layers)),
        notes=(
            *(f"{one.node.name}: {remark}" for one in explained for remark in one.remarks),
            *([f"not shown, since they {_QUIET[of]}: {', '.join(quiet)}"] if quiet else []),
            "run archcalc explain SPEC LAYER to see the rules of a layer, with their sources",
        ),
    )
    return without_blanks(sheet)


def _changes(one: Explained, of: str) -> bool:
    has_other_shape = of == "output" and one.node.output_shape != one.node.input_shapes[0]
    return bool(one.sections[0].steps) or has_other_shape or (of in _FLOWS and one.node.layer.merges)


def _reads(explained: Sequence[Explained], shown_layers: Sequence[Explained], inputs: Sequence[str]) -> dict[str, str]:
    """Return, for each layer that does not read the line before it, the lines that it reads."""
    lines = {one.node.name for one in shown_layers}
    stands_for = dict(zip(inputs, inputs, strict=True))
    reads: dict[str, str] = {}
    before = inputs[0] if len(inputs) == 1 else ""
    for node in (one.node for one in explained):
        sources = [stands_for[name] for name in node.inputs]
        stands_for[node.name] = node.name if node.name in lines else sources[0]
        if node.name not in lines:
            continue
        if sources != [before]:
            reads[node.name] = listing(sources, "and") if len(sources) <= _MOST_NAMED else f"{len(sources)} layers"
        before = node.name
    return reads


def _line(one: Explained, reads: str | None) -> tuple[Any, ...]:
    (section,) = one.sections
    steps = headlines(section)
    reasons = "; ".join(dict.fromkeys(step.because for step in steps if step.because))
    return (one.node.name, one.node.layer.op, reads, shown(section), steps or None, reasons)
