"""Why a number of places is rounded as it is, and what it would be the other way."""

from typing import Final

from archcalc.analysis.explain.traced import Expression, inexact
from archcalc.graph import Node
from archcalc.layers.fields import SAME, spell
from archcalc.layers.window import ROUNDERS

_ODD: Final = {
    "before": "the odd element goes after (TensorFlow)",
    "after": "the odd element goes before (ONNX)",
}
"""What becomes of an element of padding that is left over where both sides get half, by the side that is halved."""


def because(node: Node, axis: int, name: str, how: Expression) -> str:
    """Return why `how`, on the way to an axis of a layer's output, is what it is; empty if nothing needs a reason.

    `name` is what the rule calls it, empty for the size of the axis itself.
    """
    if _clip(how) is not None:
        where = (
            "past the input and the padding before it" if _clip(how) else "within the input or the padding before it"
        )
        return f"the last place {'would start' if _clip(how) else 'starts'} {where}"
    if inexact(how) is None:
        return ""
    if name in _ODD:
        return _ODD[name]
    window = node.layer.slides()
    if window is None:
        return ""
    if name == "places" and isinstance(window.padding, str):
        return f"padding {window.padding} rounds up ({'TensorFlow' if window.padding == SAME else 'ONNX'})"
    return _by_ceil_mode(node, window.ceil_mode, axis)


def _clip(how: Expression) -> int | None:
    """Return whether a last place is taken away, if the rule asks."""
    asked = [term.parts[0] for term in how.parts if term.op == "negative" and term.parts[0].op == ">="]
    return asked[0].value if how.op == "sum" and asked else None


def _by_ceil_mode(node: Node, mode: bool | str, axis: int) -> str:
    other, word = ("unclipped", "ceil") if mode is False else (False, "floor")
    other_way = node.layer.with_stand_ins(ceil_mode=other).output_shape(*node.device_inputs)[axis]
    shown = spell(mode) if isinstance(mode, bool) else mode
    return f"ceil_mode is {shown} ({ROUNDERS[mode][0]}); {word} would give {other_way:,}"
