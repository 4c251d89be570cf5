"""The arena of an inference, as a sheet and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.memory.arena.asked import Order
from archcalc.analysis.memory.arena.plan import Plan
from archcalc.analysis.memory.arena.smallest import Way
from archcalc.analysis.memory.request import Dtype
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.memory.arena import chart, named
from archcalc.render.on_devices import AN_ESTIMATE
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number, percent, short

SOURCE: Final = "https://arxiv.org/abs/2001.03288"

_NOT_INCLUDED: Final = ("scratch buffers of kernels", "what the runtime itself needs")

_OF_MAPS: Final = (
    Column("map", "map", heads=True),
    Column("then", "then in its place", leaves=1),
    Column("bytes", "bytes", number, right=True),
    Column("offset", "offset", number, right=True),
    Column("first_step", "from", number, right=True, leaves=5),
    Column("last_step", "to", number, right=True, leaves=4),
    Column("last", "alive to", leaves=2),
    Column("mark", "mark", leaves=3),
)

_OF_LAYERS: Final = (
    Column("step", "step", number, right=True),
    Column("layer", "layer", heads=True),
    Column("makes", "makes", leaves=3),
    Column("bytes", "bytes", number, right=True),
    Column("offset", "offset", number, right=True),
    Column("last", "alive to", leaves=4),
    Column("alive", "alive then", number, right=True, leaves=1),
    Column("share", "of the bound", percent, right=True, leaves=2, share=True),
)


def of_plan(found: Plan, room: int | None = None, per_layer: bool = False) -> Answer:
    """Show where all maps lie, and when; and whether they fit in a room, if one was given."""
    title = f"{found.graph.spec.label}: arena of inference, {found.asked.in_words}"
    rows = _of_layers(found) if per_layer else _of_maps(found)
    columns = _OF_LAYERS if per_layer else _OF_MAPS
    notes = tuple(_notes(found, room, per_layer))
    sheet = Sheet(found.graph.spec.name, title, columns, tuple(rows), notes=notes)
    return Answer([sheet], lambda: data(found, room), charts=[chart(found, title)])


def _of_maps(found: Plan) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each piece of the arena, in the order in which they are made."""
    at_peak = found.at_peak
    for block in found.blocks:
        first, *others = block.layers
        then = Told(" ".join(others), shortened(first, others)) if others else None
        marks = [*(["largest"] if block is found.largest else []), *(["peak"] if block in at_peak else [])]
        yield (
            *(first, then, block.bytes, block.offset, block.first, block.last, block.until),
            ", ".join(marks) or None,
        )


def shortened(first: str, others: list[str]) -> str:
    """Return names of layers, without the part that they share with the first of their structure.

    >>> shortened("stage1.conv", ["stage1.bn", "stage1.bn.relu", "stage2.sum"])
    '.bn, .bn.relu, stage2.sum'
    """
    structure = f"{first.rpartition('.')[0]}." if "." in first else ""
    return ", ".join(
        f".{name.removeprefix(structure)}" if structure and name.startswith(structure) else name for name in others
    )


def _of_layers(found: Plan) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each input and each layer, in the order in which they run."""
    inputs = sum(step.alive is None for step in found.steps)
    for place, step in enumerate(found.steps, -inputs):
        yield (
            None if step.alive is None else place,
            *(step.layer, str(step.how), step.bytes, step.offset, step.last, step.alive),
            None if step.alive is None else step.alive / found.bound,
        )


def _notes(found: Plan, room: int | None, per_layer: bool) -> Iterator[str]:
    if room is not None:
        yield _verdict(found, room)
    yield f"arena: {_said(found.arena)}, {_ratio(found)}, {_way(found)}, {_aligned(found)}"
    held = [f"{named(block)} {block.bytes:,}" for block in found.at_peak]
    yield f"lower bound: {_said(found.bound)}, alive at {found.peak}: {', '.join(held)}"
    if found.of_spec:
        bound, arena = found.of_spec
        yield f"in the order of the spec: {_said(arena)}, and a bound of {bound:,} B"
    elif found.asked.order is Order.BEST:
        yield "no order has a lower bound than that of the spec"
    what = "a row is a layer" if per_layer else "a row is a map with all layers that write over it"
    yield f"{what}, in the order in which they run; steps are layers, counted from 0"
    yield from _beside(found)
    yield f"not included: {listing(_NOT_INCLUDED, 'and')}"


def _verdict(found: Plan, room: int) -> str:
    """Return whether all fits in a room, how much is left or missing, and what else may fit."""
    left = room - found.arena
    if left >= 0:
        return f"fits in {_said(room)}: {_said(left)} are left"
    words = f"does not fit in {_said(room)}: {_said(-left)} are missing"
    if found.bound <= room and not found.layout.is_least:
        words += "; the bound fits, so that another plan may"
    if found.asked.order is Order.SPEC and any(len(node.inputs) > 1 for node in found.graph.nodes):
        words += "; another order of layers may need less: add --order best"
    return words


def _ratio(found: Plan) -> str:
    if found.arena == found.bound:
        return "equal to the lower bound"
    end = "no plan is smaller" if found.layout.is_least else "smaller plans may exist"
    return f"{found.ratio:.4g} x the lower bound, and {end}"


def _way(found: Plan) -> str:
    layout, source = found.layout, f"as TensorFlow Lite does ({SOURCE})"
    if layout.way is Way.BY_SIZE:
        return f"planned {layout.way}, {source}"
    return f"planned {layout.way}; {Way.BY_SIZE}, {source}, it needs {layout.greedy:,} B"


def _aligned(found: Plan) -> str:
    align = found.asked.align
    return "unaligned" if align == 1 else f"each size rounded up to a multiple of {align} B"


def _beside(found: Plan) -> Iterator[str]:
    """Yield what weights and buffers take, and what that is a count of."""
    beside, dtype = found.beside, found.asked.dtype
    unfolded = ", batch norms not folded" if beside.unread else ""
    yield f"weights and buffers lie beside it, as in flash: {_said(beside.bytes)}, {dtype.size} B a number{unfolded}"
    if beside.unread:
        yield f"archcalc memory counts {beside.unread:,} B more: counts of batches, which inference does not read"
    if dtype is Dtype.INT8:
        yield AN_ESTIMATE
        if beside.biases:
            more = f"{3 * beside.biases:,} B more for the {beside.biases:,} biases"
            yield f"int8 runtimes usually keep a bias of layers with weights in 4 B: up to {more}"
        if beside.unread:
            yield "a batch norm takes 4 B a channel, as much as the bias of 4 B that it is usually folded into"


def _said(size: int) -> str:
    return f"{size:,} B ({short(size, 'B')})" if size >= 1000 else f"{size} B"


def data(found: Plan, room: int | None = None) -> dict[str, Any]:
    """Return the arena of an inference as JSON; all sizes are bytes.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network.
    - `batch`, `dtype`, `in_place`, `fused`, `order`, `alignment`: what was asked for; `order` is spec or best, and all
      sizes in the arena are rounded up to multiples of the `alignment`.
    - `arena`, `bound`, `ratio`: what the plan needs; the most that is alive at one layer, below which no plan for
      this order is; and the one divided by the other.
    - `algorithm`, `is_least`: what found the plan, and whether it is known that none is smaller.
    - `greedy_by_size`, `source`: the arena where maps are placed greedily by size, and where that is described.
    - `fits`: null if no size was given, or the `room`, and what is `left` of it, negative if it is missing.
    - `peak`: the first layer at which most is alive, `layer`, and the `layers` of each of the `maps` that are then.
    - `order_of_spec`: the `bound` and the `arena` in the order of the spec, where another is better; else null.
    - `weights`: parameters and buffers that are read, which lie beside the arena, in the same numbers.
    - `biases`: how many of these are biases of layers with weights.
    - `unread`: the bytes of counts of batches, which inference does not read: `weights` leaves them out.
    - `not_included`: what else a device needs.
    - `layers`: the inputs, and then the layers in the order in which they run, each with

      - `layer`, `makes`: its name; and input, map, in place or view.
      - `bytes`, `offset`: its map.
      - `step`: its place among the layers that run, counted from 0; null for an input.
      - `first`, `last`: the layers from which and to which its map is alive.
      - `alive`: what is alive as it runs, all maps together; null for an input.

    - `maps`: the pieces of the arena, each with its `bytes` and `offset`, the `layers` whose maps it holds one after
      the other, the `first` and the `last` layer as which runs it is alive, and the steps of these, `first_step` and
      `last_step`.
    """
    asked, layout, of_spec = found.asked, found.layout, found.of_spec
    return stamped(
        identity(found.graph.spec)
        | {
            "batch": asked.batch,
            "dtype": asked.dtype,
            "in_place": asked.in_place,
            "fused": asked.fused,
            "order": asked.order,
            "alignment": asked.align,
            "arena": found.arena,
            "bound": found.bound,
            "ratio": found.ratio,
            "algorithm": layout.way.name.lower(),
            "is_least": layout.is_least,
            "greedy_by_size": layout.greedy,
            "source": SOURCE,
            "fits": None if room is None else {"room": room, "left": room - found.arena},
            "peak": {"layer": found.peak, "maps": [list(block.layers) for block in found.at_peak]},
            "order_of_spec": {"bound": of_spec[0], "arena": of_spec[1]} if of_spec else None,
            "weights": found.beside.bytes,
            "biases": found.beside.biases,
            "unread": found.beside.unread,
            "not_included": list(_NOT_INCLUDED),
            "layers": list(_layers_data(found)),
            "maps": list(_maps_data(found)),
        }
    )


def _layers_data(found: Plan) -> Iterator[dict[str, Any]]:
    inputs = sum(step.alive is None for step in found.steps)
    for place, step in enumerate(found.steps, -inputs):
        yield {
            "layer": step.layer,
            "makes": step.how,
            "bytes": step.bytes,
            "offset": step.offset,
            "step": None if step.alive is None else place,
            "first": step.layer,
            "last": step.last,
            "alive": step.alive,
        }


def _maps_data(found: Plan) -> Iterator[dict[str, Any]]:
    for block in found.blocks:
        yield {
            "layers": list(block.layers),
            "bytes": block.bytes,
            "offset": block.offset,
            "first": block.layers[0],
            "last": block.until,
            "first_step": block.first,
            "last_step": block.last,
        }
