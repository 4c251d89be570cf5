"""How a layer comes to an output, as a sheet and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from archcalc.analysis.solve.constraints import padding_along
from archcalc.analysis.solve.functions import AXES
from archcalc.analysis.solve.layer_output import MOST_TRIED, AxisOutput, LayerOutput, Way
from archcalc.layers.fields import SAME
from archcalc.layers.sizes import dims
from archcalc.layers.window import Sliding
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.solve.runs import bounds, count, in_words

_COLUMNS: Final = (
    Column("axis", "axis", heads=True),
    Column("stride", "stride", right=True, heads=True),
    Column("padding", "padding", right=True),
    Column("from", "reads", right=True),
    Column("to", "to", right=True),
    Column("exact", "exact", right=True),
    Column("which", ""),
)


def sheet(found: LayerOutput, most: int | None = None) -> Sheet:
    """Return a line for each stride and padding, with the sizes from which they make the output, the spec's own
    first; along each axis `most` of them, or all.
    """
    alike = _are_alike(found)
    axes = [(None, found.axes[0])] if alike else list(zip(AXES, found.axes, strict=True))
    rows = [
        _cells(axis, way, made)
        for place, (axis, made) in enumerate(axes)
        for way in _nearest_first(found, place)[:most]
    ]
    layer = found.entry.layer
    left_out = sum(len(made.ways) for _, made in axes) - len(rows)
    whole = Sheet(
        name=found.spec.name,
        title=f"{found.spec.label}: how {found.entry.name} ({layer.op}) makes {dims(found.output)}",
        columns=_COLUMNS,
        rows=tuple(rows),
        notes=(*_notes(found, alike), *([_more(left_out)] if left_out else [])),
    )
    return whole.pick([column.key for column in _COLUMNS if not (alike and column.key == "axis")])


def _more(count: int) -> str:
    ways = "ways are" if count > 1 else "way is"
    return f"{count} more {ways} further from the spec: --format csv or json lists all"


def _are_alike(found: LayerOutput) -> bool:
    return found.axes[0] == found.axes[1] and found.bounds[0] == found.bounds[1]


def _nearest_first(found: LayerOutput, axis: int) -> list[Way]:
    """Return the spec's own way, those from the same size, then others by how far stride and padding are from it."""
    made, layer = found.axes[axis], cast(Sliding, found.entry.layer)

    def distance(way: Way) -> tuple[bool, bool, int, bool, int]:
        own = padding_along(layer, axis)
        strides, paddings = abs(way.stride - layer.stride[axis]), abs(sum(way.padding or ()) - sum(own or ()))
        return not way.in_spec, made.reads_now not in way.reads, strides, way.padding != own, paddings

    return sorted(made.ways, key=distance)


def _cells(axis: str | None, way: Way, made: AxisOutput) -> tuple[Any, ...]:
    if way.in_spec:
        which = "as in the spec"
    elif made.reads_now in way.reads:
        which = f"also from {made.reads_now}"
    else:
        which = None
    return (axis, way.stride, _padding(way), way.reads.start, way.reads.stop - 1, way.exact, which)


def _padding(way: Way) -> str:
    if way.padding is None:
        return SAME
    before, after = way.padding
    return str(before) if before == after else f"{before}/{after}"


def _notes(found: LayerOutput, alike: bool) -> Iterator[str]:
    name = found.entry.name
    if alike:
        yield _inputs(name, "inputs", found.axes[0], dims(found.output), found.bounds[0])
    else:
        for axis, made, bound in zip(AXES, found.axes, found.bounds, strict=True):
            yield _inputs(name, f"input {axis}s", made, f"{axis} {made.output}", bound)
    ways = [way for made in found.axes for way in made.ways]
    if not ways:
        yield f"{name} has no window of its own"
        return
    strides, paddings = (
        max(way.stride for way in ways),
        max((max(way.padding) for way in ways if way.padding), default=0),
    )
    capped = f", each up to {MOST_TRIED}" if MOST_TRIED in (strides, paddings) else ""
    layer: Any = found.entry.layer
    rounding = "" if layer.ceil_mode is False else f", with its ceil_mode {str(layer.ceil_mode).lower()}"
    tried = f"with strides up to the kernel size and paddings up to half of it{capped}, and with its own"
    yield f"tried: its {dims(layer.kernel_size)} window{rounding}, {tried}"


def _inputs(name: str, noun: str, made: AxisOutput, output: str, bound: int | None) -> str:
    """Return the network's inputs that make an output, and what becomes of them."""
    within = "" if bound is None else f" up to {bound}"
    if not made.inputs:
        return f"no {noun}{within} make {output} at {name}"
    said = f"{noun}{within} that make {output} at {name}: {in_words(made.inputs)}, {_exact(name, made)}"
    if made.passing == made.inputs:
        return said
    passing = f"only {in_words(made.passing)} pass" if made.passing else "none passes"
    return f"{said}; {passing} the whole network"


def _exact(name: str, made: AxisOutput) -> str:
    """Return which of the inputs leave nothing over at any window on the way."""
    windows = f"at every window up to {name}"
    if made.exact == made.inputs:
        return f"dividing exactly {windows}"
    if not made.exact:
        return f"none of which divides exactly {windows}"
    divide = "divides" if count(made.exact) == 1 else "divide"
    return f"of which {in_words(made.exact)} {divide} exactly {windows}"


def data(found: LayerOutput) -> dict[str, Any]:
    """Return how a layer comes to make an output, as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network, as in `table`.
    - `layer`, `op`: the layer, and its op.
    - `kernel_size`: null where it has no window.
    - `output`: the output that it is to make, `[height, width]`.
    - `height`, `width`: each with

      - `inputs`: `[first, last]` of each run of network inputs that lead to this output.
      - `exact`: those of them that divide exactly up to the layer.
      - `passing`: those of them that pass the whole network, if other layers are made again for them.
      - `up_to`: the largest size that was looked at for `passing`; null where there was no limit.
      - `reads_now`: the size that the layer reads with the spec's own input; null where that input does not get so far.
      - `ways`: the strides and paddings that make this output. With this `stride` and `padding` (before and after; null
        for `same`) the layer makes it of sizes `from` to `to`. `exact` is the size among these that divides exactly, or
        null; `in_spec` marks the spec's own stride and padding.
    """
    axes: Sequence[tuple[str, AxisOutput, int | None]] = list(zip(AXES, found.axes, found.bounds, strict=True))
    layer: Any = found.entry.layer
    return stamped(
        {
            **identity(found.spec),
            "layer": found.entry.name,
            "op": layer.op,
            "kernel_size": list(layer.kernel_size) if found.axes[0].ways or found.axes[1].ways else None,
            "output": list(found.output),
        }
        | {axis: _axis_data(made, bound) for axis, made, bound in axes}
    )


def _axis_data(made: AxisOutput, bound: int | None) -> dict[str, Any]:
    return {
        "inputs": bounds(made.inputs),
        "exact": bounds(made.exact),
        "passing": bounds(made.passing),
        "up_to": bound,
        "reads_now": made.reads_now,
        "ways": [
            {
                "stride": way.stride,
                "padding": list(way.padding) if way.padding else None,
                "from": way.reads.start,
                "to": way.reads.stop - 1,
                "exact": way.exact,
                "in_spec": way.in_spec,
            }
            for way in made.ways
        ],
    }
