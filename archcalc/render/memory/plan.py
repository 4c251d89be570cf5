"""The arena of an inference, as a sheet, as JSON and as a chart."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.memory.arena.plan import Block, Order, Plan
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.chart import Axis, Box, Chart, Rule
from archcalc.render.envelope import identity, stamped
from archcalc.render.memory.drawn import unit_of
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number, percent, short

ALGORITHM: Final = "greedy_by_size"
SOURCE: Final = "https://arxiv.org/abs/2001.03288"
ALIGNMENT: Final = 1

_NOT_INCLUDED: Final = ("scratch buffers of kernels", "what the runtime itself needs")

_COLUMNS: Final = (
    Column("layer", "layer", heads=True),
    Column("how", "map", leaves=3),
    Column("bytes", "bytes", number, right=True),
    Column("offset", "offset", number, right=True),
    Column("first", "alive from", leaves=4),
    Column("last", "alive to"),
    Column("alive", "alive then", number, right=True, leaves=1),
    Column("share", "of the bound", percent, right=True, leaves=2, share=True),
)

_HEADROOM: Final = 1.14
_COLOURS: Final = 4
"""How many colours a map has at most; more are not needed where few are alive."""


def of_plan(found: Plan) -> Answer:
    """Show where all maps lie, and when."""
    return Answer([sheet(found)], lambda: data(found), charts=[chart(found)])


def sheet(found: Plan) -> Sheet:
    """Return a line for each input and each layer, in the order in which they run."""
    rows = tuple(
        (
            *(step.layer, str(step.how), step.bytes, step.offset, step.first, step.last, step.alive),
            None if step.alive is None else step.alive / found.bound,
        )
        for step in found.steps
    )
    return Sheet(found.graph.spec.name, _title(found), _COLUMNS, rows, notes=tuple(_notes(found)))


def _title(found: Plan) -> str:
    ways = ["" if found.in_place else ", out of place", ", best order" if found.order is Order.BEST else ""]
    return f"{found.graph.spec.label}: arena of inference, batch {found.batch:,}, {found.dtype}{''.join(ways)}"


def _notes(found: Plan) -> Iterator[str]:
    yield f"arena: {_said(found.arena)}, {found.ratio:.4g} x the bound, planned greedily by size ({SOURCE}), unaligned"
    held = [f"{_named(block)} {block.bytes:,}" for block in found.at_peak]
    yield f"bound: {_said(found.bound)}, alive at {found.peak}: {', '.join(held)}"
    if found.of_spec:
        bound, arena = found.of_spec
        yield f"in the order of the spec: {_said(arena)}, and a bound of {bound:,} B"
    elif found.order is Order.BEST:
        yield "no order has a lower bound than that of the spec"
    yield f"weights and buffers lie beside it, as in flash: {_said(found.weights)}"
    yield f"not included: {listing(_NOT_INCLUDED, 'and')}"


def _said(size: int) -> str:
    return f"{size:,} B ({short(size, 'B')})"


def _named(block: Block) -> str:
    """Return the layers whose maps a piece of the arena holds, those in the middle left out where they are many."""
    first, *others = block.layers
    return f"{first} to {others[-1]}" if others else first


def chart(found: Plan) -> Chart:
    """Return the arena: time goes right, addresses go up."""
    steps = sum(step.alive is not None for step in found.steps)
    each, unit = unit_of(found.arena)
    colours = _colours(found)
    boxes = tuple(
        Box(
            *(block.first, block.last + 1, block.offset / each, (block.offset + block.bytes) / each),
            label=_named(block),
            series=colour,
            title=f"{', '.join(block.layers)}: {block.bytes:,} B from {block.offset:,}",
        )
        for block, colour in zip(found.blocks, colours, strict=True)
    )
    top = Rule(found.arena / each, f"arena {short(found.arena, 'B')}, bound {short(found.bound, 'B')}", is_level=True)
    return Chart(
        title=_title(found),
        description=(
            f"{len(boxes)} maps in an arena of {found.arena:,} bytes, each a rectangle from the layer that makes it "
            f"to the last that reads it. The most that is alive is {found.bound:,} bytes, at {found.peak}."
        ),
        x=Axis("layers, in the order in which they run", 0, steps),
        y=Axis(f"address, {unit}", 0, _HEADROOM * found.arena / each),
        boxes=boxes,
        rules=(top,),
    )


def _colours(found: Plan) -> list[int]:
    """Return a colour for each piece of the arena, another one than those of the pieces that it touches."""
    colours: list[int] = []
    alive: dict[int, list[int]] = {}
    for place, block in enumerate(found.blocks):
        near = {other for step in range(block.first - 1, block.last + 2) for other in alive.get(step, ())}
        beside = {colours[other] for other in near if _touch(block, found.blocks[other])}
        free = [colour for colour in range(_COLOURS) if colour not in beside]
        colours.append(free[0] if free else place % _COLOURS)
        for step in range(block.first, block.last + 1):
            alive.setdefault(step, []).append(place)
    return colours


def _touch(one: Block, other: Block) -> bool:
    """Return whether two pieces have addresses in common, or one ends where the other begins."""
    return one.offset <= other.offset + other.bytes and other.offset <= one.offset + one.bytes


def data(found: Plan) -> dict[str, Any]:
    """Return the arena of an inference as JSON; all sizes are bytes.

    - `name`, `settings`, `spec_hash`: the network.
    - `batch`, `dtype`, `in_place`, `order`: what was asked for; `order` is spec or best.
    - `algorithm`, `source`, `alignment`: what puts maps in their places, where that is described, and of how many bytes
      offsets are multiples.
    - `arena`, `bound`, `ratio`: what the planner needs; the most that is alive at one layer, below which no plan for
      this order is; and the one divided by the other.
    - `peak`: the first layer at which so much is alive, `layer`, and the `layers` of each of the `maps` that are then.
    - `order_of_spec`: the `bound` and the `arena` in the order of the spec, where another is better; else null.
    - `weights`: parameters and buffers, which lie beside the arena.
    - `not_included`: what else a device needs.
    - `layers`: the inputs, and then the layers in the order in which they run, each with

      - `layer`, `makes`: its name; and input, map, in place or view.
      - `bytes`, `offset`: its map.
      - `first`, `last`: the layers from which and to which this is alive.
      - `alive`: what is alive as it runs, all maps together; null for an input.

    - `maps`: the pieces of the arena, each with its `bytes` and `offset`, the `layers` whose maps it holds one after
      the other, and the `first` and the `last` layer, counted from 0, as which runs it is alive.
    """
    of_spec = found.of_spec
    return stamped(
        identity(found.graph.spec)
        | {
            "batch": found.batch,
            "dtype": found.dtype,
            "in_place": found.in_place,
            "order": found.order,
            "algorithm": ALGORITHM,
            "source": SOURCE,
            "alignment": ALIGNMENT,
            "arena": found.arena,
            "bound": found.bound,
            "ratio": found.ratio,
            "peak": {"layer": found.peak, "maps": [list(block.layers) for block in found.at_peak]},
            "order_of_spec": {"bound": of_spec[0], "arena": of_spec[1]} if of_spec else None,
            "weights": found.weights,
            "not_included": list(_NOT_INCLUDED),
            "layers": [
                {
                    "layer": step.layer,
                    "makes": step.how,
                    "bytes": step.bytes,
                    "offset": step.offset,
                    "first": step.first,
                    "last": step.last,
                    "alive": step.alive,
                }
                for step in found.steps
            ],
            "maps": [
                {
                    "layers": list(block.layers),
                    "bytes": block.bytes,
                    "offset": block.offset,
                    "first": block.first,
                    "last": block.last,
                }
                for block in found.blocks
            ],
        }
    )
