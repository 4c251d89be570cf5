"""Which inputs a network takes, as a sheet and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.solve.constraints import only_input
from archcalc.analysis.solve.functions import AXES
from archcalc.analysis.solve.solution import Remainder, Sizes, Solution, Stage
from archcalc.errors import Fault, listing
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.solve.runs import bounds, briefly, count, in_words, nearest, sizes
from archcalc.render.words import pair
from archcalc.render.words import sides as padding_text


def _padding(value: Sides | str) -> str:
    return value if isinstance(value, str) else padding_text(value)


_COLUMNS: Final = (
    Column("layer", "layer", heads=True),
    Column("type", "type", leaves=1),
    Column("kernel", "kernel", dims, leaves=4, sizes=True),
    Column("stride", "stride", pair, leaves=3, sizes=True),
    Column("padding", "padding", _padding, leaves=2, sizes=True),
    Column("ceil_mode", "ceil_mode", lambda value: str(value).lower(), leaves=1),
    Column("reads_least", "reads at least", dims, leaves=5, sizes=True),
    Column("smallest_input", "smallest input", dims, sizes=True),
    Column("exact_inputs", "exact inputs", prose=True),
)

_MOST_NAMED: Final = 4


def sheet(solution: Solution) -> Sheet:
    """Return a line for each layer that needs more than those before it; the last one's inputs are the network's."""
    spec, stages = solution.spec, solution.stages
    whole = Sheet(
        name=spec.name,
        title=f"{spec.label}: which inputs it takes (up to {solution.up_to})",
        columns=_COLUMNS,
        rows=tuple(_cells(stage, solution.up_to) for stage in stages),
        notes=tuple(_notes(solution)),
    )
    rounds = any(getattr(stage.entry.layer, "ceil_mode", False) is not False for stage in stages)
    return whole.pick([column.key for column in _COLUMNS if rounds or column.key != "ceil_mode"])


def _cells(stage: Stage, up_to: int) -> tuple[Any, ...]:
    height, width = stage.sizes
    smallest = (height.smallest, width.smallest)
    fields = vars(stage.entry.layer)
    return (
        stage.entry.name,
        stage.entry.layer.op,
        *(fields.get(name) for name in ("kernel_size", "stride", "padding", "ceil_mode")),
        stage.reads_least,
        None if None in smallest else smallest,
        both(briefly(height.exact, up_to), briefly(width.exact, up_to)),
    )


def both(height: str, width: str) -> str:
    """Return the words for both axes, once where they are the same."""
    return height if height == width else f"{height} high; {width} wide"


def _notes(solution: Solution) -> Iterator[str]:
    """Yield the answers in words."""
    own = only_input(solution.spec)
    if solution.sizes is None:
        yield f"its input is {dims(own)} features: it has neither height nor width to solve for"
        return
    yield _smallest(solution) + _with_weights(solution)
    if any(solution.same_weights):
        yield _same_weights(solution)
    for size, fault in solution.too_small:
        yield f"{dims(size)} fails {_at(fault)}"
    if solution.smallest and solution.stages:
        yield _exact(solution, solution.sizes)
    if solution.own_fault:
        yield f"its input {dims(own[1:])} fails {_at(solution.own_fault)}"
    elif solution.own_remainder:
        yield f"its input {dims(own[1:])} passes, but {_remainder(solution.own_remainder)}{_near(solution)}"
    else:
        yield f"its input {dims(own[1:])} passes, and every division is exact"
    words = {vars(stage.entry.layer).get("padding") for stage in solution.stages}
    for word in sorted(word for word in words if isinstance(word, str)):
        yield f"with padding {word}, the stride must divide the size itself: it makes ceil(size / stride) places"


def _smallest(solution: Solution) -> str:
    if solution.sizes is None or solution.smallest is None:
        return _nothing_passes(solution)
    said = f"{dims(solution.smallest)} is the smallest input that passes"
    if not solution.stages:
        return f"no layer needs a larger size: {said}, all larger ones pass too, and every division is exact"
    if all(axis.and_larger for axis in solution.sizes):
        return f"{said}, and all larger ones pass too"
    height, width = (
        f"{in_words(axis.passing)} and more" if axis.and_larger else in_words(axis.passing) for axis in solution.sizes
    )
    passing = f"{height}, high and wide" if height == width else f"{height} high, and {width} wide"
    return f"{said}; up to {solution.up_to}, the inputs that pass are {passing}"


def _with_weights(solution: Solution) -> str:
    """Return whether what passes leaves the weights as they are."""
    if solution.smallest is None:
        return ""
    if not solution.made_anew:
        return ", with the same weights"
    return f", if {_made_anew(solution)} {'is' if len(solution.made_anew) == 1 else 'are'} made again for them"


def _made_anew(solution: Solution) -> str:
    named, more = solution.made_anew[:_MOST_NAMED], len(solution.made_anew) - _MOST_NAMED
    return listing([*named, f"{more} more"] if more > 0 else named, "and")


def _same_weights(solution: Solution) -> str:
    """Return the inputs that fit the weights that are there."""
    own = dims(only_input(solution.spec)[1:])
    height, width = (in_words(runs) if runs is not None else "" for runs in solution.same_weights)
    apart = " and ".join(f"{said} {of}" for said, of in ((height, "high"), (width, "wide")) if said)
    sizes = f"{height} high and wide" if height == width else apart
    has = "has" if len(solution.made_anew) == 1 else "have"
    return f"the weights that {_made_anew(solution)} {has} at {own} fit only inputs {sizes}"


def _nothing_passes(solution: Solution) -> str:
    """Return which layer leaves no height, or no width."""
    for stage in solution.stages:
        for axis, left in zip(AXES, stage.sizes, strict=True):
            if not left.passing:
                return f"no {axis} up to {solution.up_to:,} passes layer {stage.entry.name} and those before it"
    return "no input passes"


def _exact(solution: Solution, axes: tuple[Sizes, Sizes]) -> str:
    height, width = (in_words(axis.exact) for axis in axes)
    many = tuple(count(axis.exact) for axis in axes)
    if not (axes[0].exact and axes[1].exact):
        return f"up to {solution.up_to}, no input divides exactly at every window"
    sizes = f"{many[0]} size{'s' * (many[0] != 1)}" if many[0] == many[1] else f"{many[0]} heights and {many[1]} widths"
    return f"up to {solution.up_to}, every division is exact for {sizes}: {both(height, width)}"


def _near(solution: Solution) -> str:
    """Return the exact inputs on either side of the spec's own, if that is square and its axes are alike."""
    _, height, width = only_input(solution.spec)
    if solution.sizes is None or solution.sizes[0] != solution.sizes[1] or height != width:
        return ""
    near = [dims((size, size)) + _anew_at(size, solution) for size in nearest(solution.sizes[0].exact, height)]
    return f"; {' and '.join(near)} would be exact" if near else ""


def _anew_at(size: int, solution: Solution) -> str:
    """Return a note on a square input that does not fit the weights that are there."""
    fits = all(runs is None or any(size in run for run in runs) for runs in solution.same_weights)
    return "" if fits else f" (with {_made_anew(solution)} made again)"


def _remainder(left: Remainder) -> str:
    """Return the division at which a size leaves something over."""
    total, divided = left.size, str(left.size)
    if left.padding is not None:
        total += sum(left.padding) - left.span
        divided = f"({left.size} + {left.padding[0]} + {left.padding[1]} - {left.span})"
    whole, over = divmod(total, left.stride)
    return f"not exactly: at {left.layer}, {divided} / {left.stride} is {whole} with {over} left over"


def _at(fault: Fault) -> str:
    return f"at {fault.within.removeprefix('layer ')}: {fault.what}"


def data(solution: Solution) -> dict[str, Any]:
    """Return the inputs that a network takes, as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network, as in `table`.
    - `up_to`: the largest size that was looked at.
    - `smallest`: the smallest input that passes, `[height, width]`; null where none passes.
    - `height`, `width`: null where the input has none. Each has

      - `passing`: `[first, last]` of each run of sizes that pass.
      - `and_larger`: whether all sizes past these pass too.
      - `exact`: every size for which all divisions are exact.
      - `same_weights`: `[first, last]` of each run of sizes that pass with the weights that the spec's own input needs;
        null where all that pass do so, or where that input fails.

    - `made_anew`: the layers whose weights depend on the size of the input.
    - `too_small`: inputs that are smaller by one than the smallest: the `input`, the `layer` at which it fails, and
      `what` is wrong there.
    - `input_passes`, `input_exact`: whether the spec's own input passes, and whether all its divisions are exact.
    - `input_fault`: the `layer` at which the spec's own input fails and `what` is wrong there, or null.
    - `input_remainder`: the first division that is not exact, or null: its `layer`, its `axis`, and its `size`,
      `padding` (before and after; null for `same`), `span` and `stride`.
    - `layers`: those that need more than the ones before them, each with

      - `name`, `op`.
      - `reads_least`: the smallest map on which its window has a place.
      - `smallest`, `exact_count`: of the network up to this layer, the smallest input, and how many heights and widths
        divide exactly.
    """
    spec, axes = solution.spec, solution.sizes or (None, None)
    fault, left = solution.own_fault, solution.own_remainder
    return stamped(
        {
            **identity(spec),
            "up_to": solution.up_to,
            "smallest": list(solution.smallest) if solution.smallest else None,
            "height": _axis_data(axes[0], solution.same_weights[0], solution.up_to),
            "width": _axis_data(axes[1], solution.same_weights[1], solution.up_to),
            "made_anew": list(solution.made_anew),
            "too_small": [{"input": list(size)} | _fault_data(fault) for size, fault in solution.too_small],
            "input_passes": fault is None,
            "input_exact": fault is None and left is None,
            "input_fault": _fault_data(fault) if fault else None,
            "input_remainder": _remainder_data(left) if left else None,
            "layers": [_stage_data(stage) for stage in solution.stages],
        }
    )


def _axis_data(axis: Sizes | None, same_weights: Sequence[range] | None, up_to: int) -> dict[str, Any] | None:
    if axis is None:
        return None
    return {
        "passing": bounds(axis.passing),
        "and_larger": axis.and_larger,
        "exact": sizes(axis.exact, up_to),
        "same_weights": bounds(same_weights) if same_weights is not None else None,
    }


def _fault_data(fault: Fault) -> dict[str, str]:
    return {"layer": fault.within.removeprefix("layer "), "what": fault.what}


def _remainder_data(left: Remainder) -> dict[str, Any]:
    return left._asdict() | {"axis": AXES[left.axis], "padding": list(left.padding) if left.padding else None}


def _stage_data(stage: Stage) -> dict[str, Any]:
    smallest = [axis.smallest for axis in stage.sizes]
    return {
        "name": stage.entry.name,
        "op": stage.entry.layer.op,
        "reads_least": list(stage.reads_least) if stage.reads_least else None,
        "smallest": None if None in smallest else smallest,
        "exact_count": [count(axis.exact) for axis in stage.sizes],
    }
