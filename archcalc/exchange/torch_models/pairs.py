"""Calls of a model that together do the work of one layer: a padding before a pool, a shift after a scale."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from math import inf, prod
from typing import Final

from archcalc.calls import Call
from archcalc.exchange.torch_models.functions import REDUCTIONS
from archcalc.layers import KINDS, Shape

_POOLS: Final = frozenset(KINDS[f"max_pool{axes}d"].torch_call.rpartition(".")[2] for axes in (1, 2, 3))
PADS: Final = frozenset(KINDS[f"constant_pad{axes}d"].torch_call.rpartition(".")[2] for axes in (1, 2, 3))
"""The classes that pad with a number."""
_SCALE: Final = KINDS["scale"].torch_call
_ADD: Final = "(add)"


def with_pairs_joined(calls: Sequence[Call], kept: Container[int], tensors: Mapping[str, Shape]) -> list[Call]:
    """Return calls in which two that do one layer's work are one, where nothing else reads what the first makes.

    Calls whose outputs are `kept` stay. `tensors` are the shapes of the model's own, by their paths.
    """
    times_read = Counter(number for call in calls for number in call.reads)
    by_number = {call.number: call for call in calls}
    joined: dict[int, Call] = {}
    gone = set[int]()
    for call in calls:
        first = by_number.get(call.reads[0]) if len(call.reads) == 1 else None
        if first is None or times_read[first.number] > 1 or first.number in kept:
            continue
        one = _padded(first, call) or _shifted(first, call, tensors)
        if one is not None:
            joined[call.number] = one
            gone.add(first.number)
    return [joined.get(call.number, call) for call in calls if call.number not in gone]


def _padded(pad: Call, pool: Call) -> Call | None:
    """Return the pool that has the padding before it as its own, which is of what never wins; None for other calls."""
    if pool.op not in _POOLS or pad.op not in PADS or pad.fields.get("value") != -inf:
        return None
    sides, fields = pad.fields["padding"], pool.fields
    padding = sides[::2][::-1]
    is_even = sides[::2] == sides[1::2]
    window = fields.get("kernel_size", ())
    fits = len(window) == len(padding) and all(2 * size <= kernel for size, kernel in zip(padding, window, strict=True))
    if not (is_even and fits) or any(fields.get("padding", ())) or fields.get("ceil_mode"):
        return None
    return replace(pool, fields={**fields, "padding": padding}, reads=pad.reads)


def _shifted(scale: Call, add: Call, tensors: Mapping[str, Shape]) -> Call | None:
    """Return the scale that a parameter is added to, as its bias; None for other calls."""
    path = add.beside[0] if len(add.beside) == 1 else ""
    if add.name != _ADD or scale.op != _SCALE or "bias" in scale.tensors or path not in tensors:
        return None
    weight, bias = scale.tensors["weight"], tensors[path]
    if prod(bias) != prod(weight) or add.output_shape != scale.output_shape:
        return None
    return replace(
        scale,
        number=add.number,
        fields={**scale.fields, "bias": True},
        tensors={**scale.tensors, "bias": weight},
        state={**scale.state, "bias": path},
        params=scale.params + prod(bias),
    )


def are_one_mean(inner: Call, outer: Call) -> bool:
    """Whether two calls are a mean, or a maximum, over one axis of places and then over the other."""
    return inner.name.strip("()") in REDUCTIONS and (inner.name, inner.op) == (outer.name, outer.op)
