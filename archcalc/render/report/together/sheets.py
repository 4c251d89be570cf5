"""The tables that hold networks against each other: where their work is, their layers, and each change."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.compare.changes import Part
from archcalc.analysis.compare.comparison import Aligned
from archcalc.analysis.compare.stages import Stage, in_stages
from archcalc.analysis.report.several import Member, Several
from archcalc.layers.sizes import dims
from archcalc.render.compare.cells import ABSENT, WINDOW_NOTE, window_of
from archcalc.render.compare.view import label
from archcalc.render.compare.words import in_words, is_said
from archcalc.render.sheet import Column, Other, Piece, Sheet
from archcalc.render.words import number, percent, several
from archcalc.spec.inputs import inputs_in_words
from archcalc.table import Row

MOST_COLUMNS: Final = 16
"""So many layers can be read side by side."""

_STAGE_NOTE: Final = "1/4: layers whose maps are a quarter as high as the input, to the nearest power of two"


def _bold_if_other(value: Any) -> list[Piece]:
    is_other = isinstance(value, Other)
    return [Piece(str(value.value if is_other else value), is_bold=is_other)]


def layers_sheet(found: Several) -> Sheet | None:
    """Return what each layer of the first network that has weights is in the others; None where these are too many."""
    first, *others = found.members
    places = [place for place, row in enumerate(first.table.rows) if row.params]
    if len(places) > MOST_COLUMNS or not found.first_is_shared:
        return None
    own = [Part(first.graph.nodes[place], first.table.rows[place]) for place in places]
    columns = (
        Column("network", "network", heads=True),
        *(Column(one.row.name, one.row.name, pieces=_bold_if_other) for one in own),
    )
    rows = ((one.graph.spec.label, *_aligned(one, places, own)) for one in others)
    notes = (
        f"bold: not as in {first.graph.spec.label}; -: no such layer; what others have beside these is below",
        f"channels or features, then the {WINDOW_NOTE}; as many devices as groups divide alike, which is not bold",
    )
    first_row = (first.graph.spec.label, *map(_cell, own))
    return Sheet("layers", "Layers with weights", columns, (first_row, *rows), notes=notes)


def _aligned(one: Member, places: Sequence[int], own: Sequence[Part]) -> Iterator[Any]:
    theirs = [layer.parts[1] for layer in _layers(one) if layer.parts[0]]
    for place, first in zip(places, own, strict=True):
        said = _cell(theirs[place])
        yield said if _work(theirs[place]) == _work(first) else Other(said)


def _layers(one: Member) -> Sequence[Aligned]:
    return one.against.comparison.layers if one.against else ()


def _work(part: Part | None) -> Any:
    """Return what is equal for layers that do the same to their inputs, whatever divides it."""
    if part is None:
        return None
    row = part.row
    return row.op, row.output_shape[0], row.kernel_size, row.stride, row.padding, row.dilation, part.split


def _cell(part: Part | None) -> str:
    """Return what a layer makes, and its window; another kind than a convolution or a linear layer is named."""
    if part is None:
        return ABSENT
    row = part.row
    devices = f"on {len(row.devices)} devices" if len(row.devices) > 1 else ""
    kind = "" if row.op in ("conv2d", "linear") else row.op
    return " ".join(filter(None, (kind, number(row.output_shape[0]), *window_of(row), devices)))


def kinds_sheet(found: Several) -> Sheet:
    """Return how many layers of each kind each network has, kinds in the order in which the networks bring them."""
    counts = [Counter(_kind(row) for row in one.table.rows) for one in found.members]
    kinds = dict.fromkeys(kind for one in counts for kind in one)
    columns = (Column("network", "network", heads=True), *(Column(kind, kind, number, right=True) for kind in kinds))
    rows = (
        (one.graph.spec.label, *(count.get(k) for k in kinds)) for one, count in zip(found.members, counts, strict=True)
    )
    notes = ("depthwise: as many groups as channels; grouped: fewer, but several",)
    return Sheet("kinds", "Layers of each kind", columns, tuple(rows), notes=notes)


def _kind(row: Row) -> str:
    """Return a layer's kind, and of one with groups which sort it is."""
    if not row.groups or row.groups == 1 or row.kernel_size is None:
        return row.op
    return f"{row.op}, {'depthwise' if row.groups == row.input_shapes[0][0] else 'grouped'}"


def changes_sheet(found: Several) -> Sheet | None:
    """Return each change from the first network once, with all networks that have it."""
    if not found.first_is_shared or len(found.members) < 3:
        return None
    first = found.members[0].graph.spec.label
    having: dict[tuple[tuple[int, bool], str, str], dict[str, None]] = {}
    for one in found.members[1:]:
        for change in _changes(one):
            having.setdefault(change, {})[one.graph.spec.label] = None
    rows = [
        (name, said, len(names), ", ".join(names))
        for (_, name, said), names in sorted(having.items(), key=lambda one: one[0][0])
    ]
    columns = (
        Column("layer", "layer", heads=True),
        Column("differs", "what differs"),
        Column("count", "networks", right=True),
        Column("networks", "in", prose=True),
    )
    return Sheet("changes", f"Change by change, from {first}", columns, tuple(rows)) if rows else None


def _changes(one: Member) -> Iterator[tuple[tuple[int, bool], str, str]]:
    """Yield each change with its place: that of its layer in the first network, or after the one before it there."""
    place, before = 0, "the input"
    for layer in _layers(one):
        if there := layer.parts[0]:
            place, before = place + 1, there.row.name
        for said in _said(layer):
            yield (place, not there), before if there else f"after {before}", said


def _said(layer: Aligned) -> list[str]:
    return [in_words(change) for change in layer.changes[1] if is_said(change, None)]


def own_changes(one: Member) -> Sheet | None:
    """Return what differs in a network from the one that it is held against."""
    if one.against is None:
        return None
    rows = tuple((label(layer), "; ".join(said)) for layer in one.against.differing if (said := _said(layer)))
    columns = (Column("layer", "layer"), Column("differs", "what differs", prose=True))
    return Sheet("differs", "", columns, rows) if rows else None


def stage_sheets(found: Several) -> list[Sheet]:
    """Return the share of the MACs that each stage of each network has, and what maps its last layer makes."""
    stages = in_stages([one.table for one in found.members])
    keys = [
        "features" if one.reduction is None else f"1/{one.reduction}" if one.reduction > 1 else "1" for one in stages
    ]
    names = [one.graph.spec.label for one in found.members]
    head = Column("network", "network", heads=True)

    def sheet(name: str, title: str, column: Any, cell: Any) -> Sheet:
        rows = zip(
            names, *([cell(place, one) for place, one in enumerate(stage.stages)] for stage in stages), strict=True
        )
        return Sheet(name, title, (head, *(column(key) for key in keys)), tuple(rows), notes=(_STAGE_NOTE,))

    def share(place: int, one: Stage | None) -> float | None:
        of = found.members[place].table.totals.macs
        return one.totals.macs / of if one and of else None

    return [
        sheet("macs", "Share of the MACs", lambda key: Column(key, key, percent, right=True, share=True), share),
        sheet(
            "maps", "What the last layer of each makes", lambda key: Column(key, key, dims, sizes=True), _maps
        )._replace(notes=()),
    ]


def _maps(_: int, one: Stage | None) -> Any:
    return one.output_shape if one else None


def totals_in_words(one: Member) -> str:
    """Return the totals of a network in a line."""
    totals, spec = one.table.totals, one.graph.spec
    counts = (f"{number(totals.params)} params", f"{number(totals.macs)} MACs", several(len(one.graph.nodes), "layer"))
    return " · ".join((*counts, f"input {inputs_in_words(spec.input_shape)}"))
