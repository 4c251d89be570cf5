"""How a layer comes to an output, as a sheet and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from archcalc.analysis.solve.constraints import padding_along
from archcalc.analysis.solve.functions import AXES
from archcalc.analysis.solve.layer_output import MOST_TRIED, Reach, Reached, Way
from archcalc.layers.fields import SAME
from archcalc.layers.sizes import dims
from archcalc.layers.window import Sliding
from archcalc.render.envelope import stamped
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


def sheet(reach: Reach, most: int | None = None) -> Sheet:
    """A line for each stride and padding, with the sizes from which they make the output, what is nearest to the spec
    first; along each axis `most` of them, or all.
    """
    alike = _are_alike(reach)
    axes = [(None, reach.axes[0])] if alike else list(zip(AXES, reach.axes, strict=True))
    rows = [
        _cells(axis, way, reached)
        for place, (axis, reached) in enumerate(axes)
        for way in _nearest_first(reach, place)[:most]
    ]
    layer = reach.entry.layer
    left_out = sum(len(reached.ways) for _, reached in axes) - len(rows)
    whole = Sheet(
        name=reach.spec.name,
        title=f"{reach.spec.name}: how {reach.entry.name} ({layer.op}) makes {dims(reach.output)}",
        columns=_COLUMNS,
        rows=tuple(rows),
        notes=(*_notes(reach, alike), *([_more(left_out)] if left_out else [])),
    )
    return whole.pick([column.key for column in _COLUMNS if not (alike and column.key == "axis")])


def _more(count: int) -> str:
    ways = "ways are" if count > 1 else "way is"
    return f"{count} more {ways} further from the spec: --format csv or json has all"


def _are_alike(reach: Reach) -> bool:
    return reach.axes[0] == reach.axes[1] and reach.bounds[0] == reach.bounds[1]


def _nearest_first(reach: Reach, axis: int) -> list[Way]:
    """The spec's own way, those from the same size, then all others by how far stride and padding are from its own."""
    reached, layer = reach.axes[axis], cast(Sliding, reach.entry.layer)

    def distance(way: Way) -> tuple[bool, bool, int, bool, int]:
        own = padding_along(layer, axis)
        strides, paddings = abs(way.stride - layer.stride[axis]), abs(sum(way.padding or ()) - sum(own or ()))
        return not way.in_spec, reached.reads_now not in way.reads, strides, way.padding != own, paddings

    return sorted(reached.ways, key=distance)


def _cells(axis: str | None, way: Way, reached: Reached) -> tuple[Any, ...]:
    if way.in_spec:
        which = "as in the spec"
    elif reached.reads_now in way.reads:
        which = f"from its {reached.reads_now} too"
    else:
        which = None
    return (axis, way.stride, _padding(way), way.reads.start, way.reads.stop - 1, way.exact, which)


def _padding(way: Way) -> str:
    if way.padding is None:
        return SAME
    before, after = way.padding
    return str(before) if before == after else f"{before}/{after}"


def _notes(reach: Reach, alike: bool) -> Iterator[str]:
    name = reach.entry.name
    if alike:
        yield _inputs(name, "inputs", reach.axes[0], dims(reach.output), reach.bounds[0])
    else:
        for axis, reached, bound in zip(AXES, reach.axes, reach.bounds, strict=True):
            yield _inputs(name, f"input {axis}s", reached, f"{axis} {reached.output}", bound)
    ways = [way for reached in reach.axes for way in reached.ways]
    if not ways:
        yield f"{name} has no window of its own"
        return
    strides, paddings = (
        max(way.stride for way in ways),
        max((max(way.padding) for way in ways if way.padding), default=0),
    )
    capped = f", each up to {MOST_TRIED}" if MOST_TRIED in (strides, paddings) else ""
    layer: Any = reach.entry.layer
    rounding = "" if layer.ceil_mode is False else f", with its ceil_mode {str(layer.ceil_mode).lower()}"
    tried = f"at strides up to the kernel and paddings up to half of it{capped}, and at its own"
    yield f"its {dims(layer.kernel_size)} window{rounding}, {tried}"


def _inputs(name: str, noun: str, reached: Reached, output: str, bound: int | None) -> str:
    """The network's inputs that make an output, and what becomes of them."""
    within = "" if bound is None else f" up to {bound}"
    if not reached.inputs:
        return f"no {noun}{within} make {output} at {name}"
    said = f"{noun}{within} that make {output} at {name}: {in_words(reached.inputs)}, {_exact(name, reached)}"
    if reached.passing == reached.inputs:
        return said
    passing = f"only {in_words(reached.passing)} pass" if reached.passing else "none passes"
    return f"{said}; {passing} the whole network"


def _exact(name: str, reached: Reached) -> str:
    """Which of the inputs leave nothing over at any window on the way."""
    windows = f"at every window up to {name}"
    if reached.exact == reached.inputs:
        return f"dividing exactly {windows}"
    if not reached.exact:
        return f"none of which divides exactly {windows}"
    divide = "divides" if count(reached.exact) == 1 else "divide"
    return f"of which {in_words(reached.exact)} {divide} exactly {windows}"


def data(reach: Reach) -> dict[str, Any]:
    """Return how a layer comes to make an output, as JSON.

    - `name`, `input_shape`: the spec's.
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
    axes: Sequence[tuple[str, Reached, int | None]] = list(zip(AXES, reach.axes, reach.bounds, strict=True))
    layer: Any = reach.entry.layer
    return stamped(
        {
            "name": reach.spec.name,
            "input_shape": list(reach.spec.input_shape),
            "layer": reach.entry.name,
            "op": layer.op,
            "kernel_size": list(layer.kernel_size) if reach.axes[0].ways or reach.axes[1].ways else None,
            "output": list(reach.output),
        }
        | {axis: _axis_data(reached, bound) for axis, reached, bound in axes}
    )


def _axis_data(reached: Reached, bound: int | None) -> dict[str, Any]:
    return {
        "inputs": bounds(reached.inputs),
        "exact": bounds(reached.exact),
        "passing": bounds(reached.passing),
        "up_to": bound,
        "reads_now": reached.reads_now,
        "ways": [
            {
                "stride": way.stride,
                "padding": list(way.padding) if way.padding else None,
                "from": way.reads.start,
                "to": way.reads.stop - 1,
                "exact": way.exact,
                "in_spec": way.in_spec,
            }
            for way in reached.ways
        ],
    }
