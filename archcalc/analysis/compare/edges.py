"""The layers that aligned layers read, as places of the alignment, so that names do not matter."""

from collections.abc import Iterator, Mapping, Sequence

from archcalc.analysis.compare.changes import Change, Part

Row = tuple[Part | None, ...]
"""One layer in every network that has it."""

Inputs = Sequence[Sequence[str]]
"""The names of each network's inputs; inputs stand side by side in their order, as places below 0."""


def rewired(rows: Sequence[Row], inputs: Inputs, place: int) -> dict[int, Change]:
    """Return the aligned layers, by their row, that read other layers in the network at `place` than in the first."""
    ours, theirs = dict(_sources(rows, inputs, 0, place)), dict(_sources(rows, inputs, place, 0))
    return {
        row: Change("reads", *_named(rows, inputs, row, place, ours[row], theirs[row]))
        for row in ours
        if ours[row] != theirs[row]
    }


def _sources(rows: Sequence[Row], inputs: Inputs, place: int, other: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield, for each layer that both networks have, the rows of what it reads.

    A layer that the other network lacks is looked through: what reads it is held to read what it reads.
    """
    hands_on: dict[str, tuple[int, ...]] = {name: (~number,) for number, name in enumerate(inputs[place])}
    for row, parts in enumerate(rows):
        part = parts[place]
        if part is None:
            continue
        sources = tuple(source for name in part.node.inputs for source in hands_on[name])
        hands_on[part.row.name] = tuple(dict.fromkeys(sources)) if parts[other] is None else (row,)
        if parts[other] is not None:
            yield row, sources


def _named(
    rows: Sequence[Row], inputs: Inputs, row: int, place: int, ours: Sequence[int], theirs: Sequence[int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return each network's names of the layers that are read; where the words are the same, the layers behind them."""
    before, after = (part.node.inputs for part in (rows[row][0], rows[row][place]) if part)
    if before != after:
        return before, after
    return _names(rows, inputs, 0, ours), _names(rows, inputs, place, theirs)


def _names(rows: Sequence[Row], inputs: Inputs, place: int, sources: Sequence[int]) -> tuple[str, ...]:
    parts: Mapping[int, Part | None] = {source: rows[source][place] for source in sources if source >= 0}
    return tuple(part.row.name if (part := parts.get(source)) else inputs[place][~source] for source in sources)
