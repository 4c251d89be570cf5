"""A spec next to somebody's model, as a sheet and as JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from archcalc.analysis.check.against import Against, Beside, Output
from archcalc.calls import Call, names_of_inputs
from archcalc.errors import printable
from archcalc.layers import Shape
from archcalc.layers.sizes import dims
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number


def _size(shape: Shape) -> str:
    return dims(shape) or "?"


_COLUMNS: Final = (
    Column("layer", "layer"),
    Column("op", "type", leaves=3),
    Column("output", "output", _size, leaves=1, sizes=True),
    Column("params", "params", number, right=True, leaves=2),
    Column("theirs", "in the model", printable),
    Column("their_op", "type", printable, leaves=3),
    Column("their_output", "output", _size, leaves=1, sizes=True),
    Column("their_params", "params", number, right=True, leaves=2),
    Column("verdict", "verdict", prose=True),
)


_FEW: Final = 3
"""How many modules are named of those that did not run."""


def against_sheet(against: Against) -> Sheet:
    """Return a line for each layer and for each module or function of the model, side by side."""
    rows = tuple((*_cells(pair.ours), *_cells(pair.theirs), _verdict(pair)) for pair in against.layers)
    title = f"{against.name} and {printable(against.model)}, on {against.device}"
    return Sheet(against.name, title, _COLUMNS, rows, footer=(_total(against),), notes=tuple(_notes(against)))


def _total(against: Against) -> tuple[Any, ...]:
    ours, theirs = (_sum(against, side) for side in ("ours", "theirs"))
    return ("total", None, None, ours, None, None, None, theirs, None)


def _sum(against: Against, side: str) -> int:
    """Return the parameters of the spec, or of what ran in the model."""
    calls = (getattr(pair, side) for pair in against.layers)
    return sum(call.own_params for call in calls if call)


def _cells(call: Call | None) -> tuple[Any, ...]:
    return (call.name, call.op, call.output_shape, call.own_params) if call else (None, None, None, None)


def _verdict(pair: Beside) -> str:
    if pair.differences:
        return "; ".join(pair.differences)
    return "agrees" if pair.theirs and pair.theirs.is_known else "agrees in output and params; its work is not known"


def _notes(against: Against) -> Iterator[str]:
    if against.why_no_outputs:
        yield f"outputs are not compared: {against.why_no_outputs}"
    if against.idle:
        few = [printable(path or "the model itself") for path in islice(against.idle, _FEW)]
        more = f" and {len(against.idle) - len(few)} more" if len(against.idle) > len(few) else ""
        yield f"the model has {sum(against.idle.values()):,} more params, which did not run: {', '.join(few)}{more}"
    for output in against.outputs:
        if not output.largest:
            yield output.difference
            continue
        verdict = "agrees" if output.agrees else "differs"
        apart = "no finite number" if output.furthest is None else f"{output.furthest:.3g}"
        yield (
            f"output {output.name} {verdict} under random weights: {apart} apart at most, "
            f"of {output.largest:.3g} ({output.dtype}, one random input)"
        )


def against_data(against: Against) -> dict[str, Any]:
    """Return a spec next to somebody's model, as JSON.

    - `name`: the name of the spec.
    - `model`: the model, as it was named.
    - `device`: where it ran.
    - `agrees`: whether nothing differs.
    - `differences`: every difference, in words; also for each layer.
    - `outputs`: how far the outputs of both are apart under the same random weights, or null: `furthest` is the largest
      difference, `largest` the largest magnitude, either null where it is no finite number; `dtype` is the type of the
      numbers, and `agree` says whether this is rounding at most, and the magnitude is not 0. `each` has these four and
      the `name` of each output.
    - `why_no_outputs`: why there are no outputs, or null.
    - `params`: how many parameters there are in `archcalc`, and in what ran of the `model`; those that are shared are
      counted once, where they are first, here and for each layer.
    - `idle`: how many parameters of each module of the model nothing read as it ran, by its path.
    - `layers`: in the order in which they run. `archcalc` is the layer of the spec, `model` is what does its work in
      the model; either may be null. Both have `name`, `type`, `output_shape`, `params`, and `fields`, as torch calls
      them, and `reads`, the names of what they read.
    """
    here = _names(against, (pair.ours for pair in against.layers))
    there = _names(against, (pair.theirs for pair in against.layers))
    return stamped(
        {
            "name": against.name,
            "model": against.model,
            "device": against.device,
            "agrees": not against.differences,
            "differences": against.differences,
            "outputs": _outputs(against.outputs),
            "why_no_outputs": against.why_no_outputs or None,
            "params": {"archcalc": _sum(against, "ours"), "model": _sum(against, "theirs")},
            "idle": dict(against.idle),
            "layers": [
                {
                    "archcalc": _call(pair.ours, here),
                    "model": _call(pair.theirs, there),
                    "differences": pair.differences,
                }
                for pair in against.layers
            ],
        }
    )


def _outputs(outputs: Sequence[Output]) -> dict[str, Any] | None:
    """Return how far the outputs lie apart: of several the largest numbers, and each."""
    if not outputs:
        return None
    return {
        "furthest": _largest([output.furthest for output in outputs]),
        "largest": _largest([output.largest for output in outputs]),
        "dtype": outputs[0].dtype,
        "agree": all(output.agrees for output in outputs),
        "each": [{"name": output.name, **_output(output)} for output in outputs],
    }


def _output(output: Output) -> dict[str, Any]:
    return {"furthest": output.furthest, "largest": output.largest, "dtype": output.dtype, "agree": output.agrees}


def _largest(numbers: Sequence[float | None]) -> float | None:
    finite = [number for number in numbers if number is not None]
    return max(finite) if len(finite) == len(numbers) else None


def _names(against: Against, calls: Iterable[Call | None]) -> dict[int, str]:
    """Return the names of inputs and calls by their numbers."""
    return names_of_inputs(against.inputs) | {call.number: call.name for call in calls if call}


def _call(call: Call | None, names: Mapping[int, str]) -> dict[str, Any] | None:
    if call is None:
        return None
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in call.fields.items()}
    return {
        "name": call.name,
        "type": call.op,
        "output_shape": list(call.output_shape),
        "params": call.own_params,
        "fields": fields,
        "reads": [names[number] for number in call.reads],
    }
