"""A network's table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from archcalc import table
from archcalc.answers.answer import Answer, along_axes, of_each_axis
from archcalc.layers.fields import SIDES
from archcalc.render.answer import Answer as Rendered
from archcalc.table import Moves, Row

if TYPE_CHECKING:
    from archcalc.analysis.conventions.costs import Priced, Total
    from archcalc.analysis.receptive_field import Sight
    from archcalc.graph import Graph
    from archcalc.render.picture.scene import Scene

_COUNTS: Final = ("params", "buffers", "macs", "flops", "activations", "units")


@dataclass(frozen=True, repr=False)
class Table(table.Table, Answer):
    """A network's layers and what they cost: `rows`, and their sums, `totals`.

    Shapes leave the batch axis out. MACs, FLOPs and activations are those of `batch` examples; all are exact integers.
    """

    priced: "Priced | None" = None
    """The cost of each row by a convention, if one was asked for."""
    by_all: "tuple[Total, ...]" = ()
    """The totals of all conventions, where they were asked for."""
    columns: tuple[str, ...] | None = None
    """The columns that are shown; those that fit the network, if none are chosen."""

    show_notes: bool = False
    """Whether the notes of the spec are shown below."""
    graph: "Graph" = field(kw_only=True, compare=False)

    @cached_property
    def receptive_fields(self) -> "Mapping[str, tuple[Sight, ...]]":
        """What each layer's outputs see of each of the network's inputs that have places."""
        from archcalc.analysis.receptive_field import receptive_fields

        return receptive_fields(self.graph)

    def rendered(self) -> Rendered:
        """Return the answer in every form. Raises ArchError for an unknown column."""
        answer = self._rendered()
        if self.graph is not None:
            answer = answer._replace(figures=[self._drawn])
        if self.show_notes and self.spec.notes:
            first, *others = answer.sheets
            noted = first._replace(notes=(*first.notes, f"notes: {' '.join(self.spec.notes.split())}"))
            return answer._replace(sheets=[noted, *others])
        return answer

    def _drawn(self) -> "Scene":
        """Return where the network's params, MACs and activations are."""
        from archcalc.analysis.draw.costs import costs_of
        from archcalc.render.draw.costs import scene_of

        return scene_of(costs_of(self.graph))

    def _rendered(self) -> Rendered:
        if self.priced is not None:
            from archcalc.render.table.costs import by_one

            return by_one(self, self.priced, self.columns, lambda: self.receptive_fields)
        if self.by_all:
            from archcalc.render.table.costs import by_all

            return by_all(self, self.by_all, self.columns, lambda: self.receptive_fields)
        from archcalc.render.table.layers import plainly

        return plainly(self, self.columns, lambda: self.receptive_fields)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer; of several inputs the sizes are those that are equal."""
        costs = self.priced.costs if self.priced else (None,) * len(self.rows)
        moves: Iterable[Moves | None] = self.moves or [None] * len(self.rows)
        for row, cost, moved in zip(self.rows, costs, moves, strict=True):
            more = _seen(self.receptive_fields[row.name]) | ({"cost": cost} if self.priced else {})
            yield _record(row) | more | (_moved(row, moved) if moved else {})

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self.rows)} rows, {self.totals.params:,} params, {self.totals.macs:,} MACs>"


def _seen(sights: "Sequence[Sight]") -> dict[str, Any]:
    """Return the receptive field as columns, that of a network with one input."""
    found = sights[0].field if len(sights) == 1 else None
    numbers = {"rf": found and found.size, "rf_stride": found and found.jump, "rf_padding": found and found.padding}
    return {key: value for name, along in numbers.items() for key, value in of_each_axis(name, along).items()}


def _moved(row: Row, moves: Moves) -> dict[str, Any]:
    from archcalc.render.table.moves import moves_data

    return moves_data(row, moves)


def _record(row: Row) -> dict[str, Any]:
    shapes = [along_axes("in", shape) for shape in row.input_shapes]
    reads = {
        name: size if all(other.get(name) == size for other in shapes) else None for name, size in shapes[0].items()
    }
    sides = dict(zip(row.padding.names, row.padding, strict=True)) if row.padding else {}
    return {
        "name": row.name,
        "op": row.op,
        "inputs": " ".join(row.inputs),
        **reads,
        **along_axes("out", row.output_shape),
        **of_each_axis("kernel", row.kernel_size),
        **of_each_axis("stride", row.stride),
        **{f"padding_{side}": size for side, size in (dict.fromkeys(SIDES[2]) | sides).items()},
        **of_each_axis("dilation", row.dilation),
        "groups": row.groups,
        **{name: getattr(row, name) for name in _COUNTS},
        "devices": " ".join(row.devices) or None,
    }
