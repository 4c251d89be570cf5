"""Every layer kind with random fields on random shapes: torch makes the same of it, or one of them refuses."""

from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import Spatial
from archcalc.layers.fields import (
    SIDES,
    Boolean,
    Choice,
    Factors,
    FieldType,
    Integer,
    NewSizes,
    Number,
    OfAnyAxes,
    Optional,
    Order,
    PaddingType,
    PartSizes,
    PerAxis,
    Several,
    SomeAxes,
    Table,
)
from archcalc.layers.pool import MaxPool2d
from tests.twins import Called, buffer_elements, elements, on_meta

sizes = st.integers(1, 9)
sides = st.integers(0, 3)
shapes = st.one_of(*(st.tuples(*[sizes] * rank) for rank in (1, 2, 3, 3, 4)))


def shapes_for(kind: type[Layer]) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of which many are of the rank that a kind reads."""
    own = st.tuples(*[sizes] * (1 + kind.axes))
    return st.one_of(own, own, shapes) if issubclass(kind, Spatial) else shapes


def values(type_: FieldType) -> st.SearchStrategy[Any]:
    """Values that a field of this type takes."""
    match type_:
        case Integer():
            return st.integers(type_.least, type_.least + 6)
        case Number():
            least = type_.least if type_.least is not None else type_.above if type_.above is not None else -2.0
            return st.floats(least, type_.most if type_.most is not None else 2.0, exclude_min=type_.above is not None)
        case Boolean():
            return st.booleans()
        case Choice():
            return st.sampled_from(type_.options)
        case PerAxis():
            one = st.integers(type_.least, type_.least + 5)
            either = st.one_of(one, st.none()) if type_.takes_null else one
            return st.one_of(one, st.tuples(*[either] * type_.axes))
        case Optional():
            return st.one_of(st.none(), values(type_.inner))
        case Several():
            return st.one_of(sizes, st.lists(sizes, min_size=1, max_size=3))
        case Table():
            return st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True), min_size=1, max_size=3)
        case Factors():
            one = st.one_of(st.integers(1, 4), st.sampled_from((0.29, 0.5, 0.7, 1.1, 1.5, 2.3)))
            return st.one_of(one, st.lists(one, min_size=1, max_size=3))
        case OfAnyAxes():
            return st.one_of(sizes, st.lists(sizes, min_size=1, max_size=3))
        case SomeAxes():
            return st.one_of(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True))
        case NewSizes():
            known = st.lists(st.integers(1, 4), min_size=1, max_size=2)
            return st.builds(lambda ahead, behind: [*ahead, -1, *behind], known, known) | known
        case PartSizes():
            return st.lists(sizes, min_size=2, max_size=3)
        case Order():
            return st.integers(1, 3).map(lambda rank: range(1, rank + 1)).flatmap(st.permutations)
        case PaddingType():
            words = [st.sampled_from(type_.options)] if type_.options else []
            each, named = st.tuples(*[sides] * type_.axes), dict.fromkeys(SIDES[type_.axes], sides)
            return st.one_of(sides, each, st.fixed_dictionaries(named), *words)
    raise TypeError(f"no values are known for {type_}")


def layers(kind: type[Layer]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values(field.type) for name, field in kind.fields.items()}
    required = {name: made for name, made in fields.items() if kind.fields[name].required}
    optional = {name: made for name, made in fields.items() if not kind.fields[name].required}
    return st.fixed_dictionaries(required, optional=optional)


@pytest.mark.parametrize("op", KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_torch_makes_the_same_of_it(op: str, data: st.DataObject) -> None:
    layer = KINDS[op](**data.draw(layers(KINDS[op])))
    x = data.draw(shapes_for(KINDS[op]))
    inputs = [x] * (data.draw(st.integers(2, 3)) if layer.merges else 1)
    if op == "max_unpool2d":
        inputs = [MaxPool2d(**vars(layer)).output_shape(x), x] if len(x) == 3 else [x, x]
    if op == "center_crop_like":
        inputs = [x, (2, *(max(1, size - 1) for size in x[1:]))]
    if op == "layer_norm":
        layer = KINDS[op](**vars(layer) | {"normalized_shape": x[data.draw(st.integers(0, len(x) - 1)) :]})
    try:
        layer.check(*inputs)
        twin = layer.twin(*inputs)
    except ArchError:
        return
    out = layer.output_shape(*inputs)
    with torch.device("meta"):
        module = Called(twin).eval()
    tensors = [on_meta(shape, batch=2) for shape in inputs]
    with FlopCounterMode(display=False) as counter:
        made = module(*tensors)

    assert tuple(made.shape[1:]) == out
    assert elements(module) == sum(map(prod, layer.param_shapes(*inputs).values()))
    assert buffer_elements(module) == sum(map(prod, layer.buffer_shapes(*inputs).values()))
    assert counter.get_total_flops() == 2 * 2 * layer.macs(*inputs, out)
    names = {name for name, _ in module.named_parameters()} | {name for name, _ in module.named_buffers()}
    tensors_named = {*layer.param_shapes(*inputs), *layer.buffer_shapes(*inputs)}
    assert {name.rpartition(".")[2] for name in names} == tensors_named
