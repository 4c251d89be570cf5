"""A spec next to somebody's model, as a sheet and as JSON."""

from typing import Any, Final

from archcalc.analysis.check.against import Against, Beside, Call
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


def against_sheet(against: Against) -> Sheet:
    """Return a line for each layer and for each module or function of the model, side by side."""
    rows = tuple((*_cells(pair.ours), *_cells(pair.theirs), _verdict(pair)) for pair in against.layers)
    title = f"{against.name} and {printable(against.model)}, on {against.device}"
    return Sheet(against.name, title, _COLUMNS, rows, notes=(_outputs(against),))


def _cells(call: Call | None) -> tuple[Any, ...]:
    return (call.name, call.op, call.output_shape, call.params) if call else (None, None, None, None)


def _verdict(pair: Beside) -> str:
    if pair.differences:
        return "; ".join(pair.differences)
    return "agrees" if pair.theirs and pair.theirs.is_known else "agrees in output and params; its work is not known"


def _outputs(against: Against) -> str:
    outputs = against.outputs
    if outputs is None:
        return f"outputs are not compared: {against.why_no_outputs}"
    verdict = "agree" if outputs.are_equal else "differ"
    return (
        f"outputs {verdict} with the model's weights: at most {outputs.furthest:.3g} apart, "
        f"where the largest is {outputs.largest:.3g} ({outputs.dtype}, one random input)"
    )


def against_data(against: Against) -> dict[str, Any]:
    """Return a spec next to somebody's model, as JSON.

    - `name`: the name of the spec.
    - `model`: the model, as it was named.
    - `device`: where it ran.
    - `agrees`: whether nothing differs.
    - `differences`: every difference, in words; also for each layer.
    - `outputs`: how far the outputs of both are apart, or null: `furthest` is the largest difference, `largest` the
      largest magnitude, `dtype` the type of the numbers, and `agree` says whether this is rounding at most.
    - `why_no_outputs`: why there are no outputs, or null.
    - `layers`: in the order in which they run. `archcalc` is the layer of the spec, `model` is what does its work in
      the model; either may be null. Both have `name`, `type`, `output_shape`, `params`, and `fields`, as torch calls
      them.
    """
    outputs = against.outputs
    return stamped(
        {
            "name": against.name,
            "model": against.model,
            "device": against.device,
            "agrees": not against.differences,
            "differences": against.differences,
            "outputs": outputs and {**outputs._asdict(), "agree": outputs.are_equal},
            "why_no_outputs": against.why_no_outputs or None,
            "layers": [
                {"archcalc": _call(pair.ours), "model": _call(pair.theirs), "differences": pair.differences}
                for pair in against.layers
            ],
        }
    )


def _call(call: Call | None) -> dict[str, Any] | None:
    if call is None:
        return None
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in call.fields.items()}
    shape = list(call.output_shape)
    return {"name": call.name, "type": call.op, "output_shape": shape, "params": call.params, "fields": fields}
