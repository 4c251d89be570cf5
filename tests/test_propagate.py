"""The one walk with arrays: every variant is what its integers make, and illegal where its integers are refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.layers import KINDS, Layer
from archcalc.layers.fields import Axis, Factors, Integer, NewSizes, Order, PaddingType, PerAxis, Sides, SomeAxes, Table
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Entry, Mark, Spec
from archcalc.table import measure
from tests.conftest import BUNDLED
from tests.layers.test_random_layers import layers
from tests.sizes import by_size

VARIANTS = 6


def spec_of(layer: Layer, shape: tuple[Any, ...]) -> Spec:
    inputs = (INPUT,) * (2 if layer.merges else 1)
    entry = Entry("layer", layer, inputs, None, False, Mark("net.yaml", 1, 1))
    return Spec(name="net", input_shape=shape, layers=(entry,))


def stacked(several: list[Layer]) -> Layer:
    """One layer whose integers are arrays of those of several, which differ in them alone."""
    values = {}
    for name, field in several[0].fields.items():
        own = [getattr(layer, name) for layer in several]
        if isinstance(getattr(field.type, "inner", None), Factors) and own[0] is not None:
            continue
        if isinstance(field.type, Axis | NewSizes | Order | SomeAxes | Table):
            continue
        if isinstance(field.type, Integer):
            values[name] = np.array(own)
        elif isinstance(own[0], Sides):
            values[name] = Sides(*map(np.array, zip(*own, strict=True)))
        elif isinstance(own[0], tuple):
            values[name] = tuple(None if None in sizes else np.array(sizes) for sizes in zip(*own, strict=True))
    return several[0].with_stand_ins(**values)


def varied(draw: st.DrawFn, layer: Layer) -> list[Layer]:
    """Layers with other integers; which axes there are, and words, stay."""
    several = [layer]
    for _ in range(VARIANTS - 1):
        values = {name: getattr(layer, name) for name in layer.fields}
        for name, field in layer.fields.items():
            match field.type:
                case Integer() if not isinstance(field.type, Axis):
                    values[name] = draw(st.integers(field.type.least, field.type.least + 6))
                case PerAxis():
                    one = st.integers(field.type.least, field.type.least + 5)
                    values[name] = tuple(None if size is None else draw(one) for size in values[name])
                case PaddingType() if isinstance(values[name], Sides):
                    values[name] = Sides(*(draw(st.integers(0, 3)) for _ in values[name]))
        several.append(type(layer)(**values))
    return several


def alone(layer: Layer, shape: tuple[int, ...]) -> Graph | None:
    try:
        return link(spec_of(layer, shape))
    except ArchError:
        return None


@pytest.mark.parametrize("op", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_arrays_are_what_their_integers_are(op: str, data: st.DataObject) -> None:
    several = varied(data.draw, KINDS[op](**data.draw(layers(KINDS[op]))))
    rank = data.draw(st.sampled_from((1, 3)))
    shapes = [tuple(data.draw(st.integers(1, 9)) for _ in range(rank)) for _ in several]
    one_by_one = [alone(layer, shape) for layer, shape in zip(several, shapes, strict=True)]
    try:
        together = link(spec_of(stacked(several), tuple(map(np.array, zip(*shapes, strict=True)))))
    except ArchError:
        assert one_by_one == [None] * VARIANTS
        return
    legal = np.broadcast_to(together.legal, VARIANTS)
    assert [graph is not None for graph in one_by_one] == legal.tolist()
    (node,) = together.nodes
    row = measure(together).rows[0]
    for place, graph in enumerate(one_by_one):
        if graph is not None:
            ours = measure(graph).rows[0]
            assert [int(np.broadcast_to(size, VARIANTS)[place]) for size in node.output_shape] == [*ours.output_shape]
            for name in ("params", "buffers", "macs", "flops", "activations", "units"):
                assert int(np.broadcast_to(getattr(row, name), VARIANTS)[place]) == getattr(ours, name), name


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_a_whole_network_is_walked_for_many_inputs_at_once(name: str) -> None:
    spec = archcalc.load(name).spec
    if len(spec.input_shape) != 3:
        pytest.fail("bundled networks read maps")
    sizes = np.arange(1, 300)
    graph = link(replace(spec, input_shape=(spec.input_shape[0], sizes, sizes + 3)))
    legal = np.broadcast_to(graph.legal, sizes.shape)
    totals = measure(graph).totals
    for place in (0, 10, 60, 61, 62, 63, 99, 150, 222, 223, 226, 298):
        size = int(sizes[place])
        try:
            alone = measure(link(replace(spec, input_shape=(spec.input_shape[0], size, size + 3)))).totals
        except ArchError:
            assert not legal[place]
            continue
        assert legal[place]
        assert (int(totals.macs[place]), int(totals.activations[place])) == (alone.macs, alone.activations)


def test_what_is_illegal_says_where_and_why() -> None:
    spec = archcalc.load("torchvision").spec
    graph = link(replace(spec, input_shape=(3, np.array([224, 20, 62]), 224)))
    assert graph.legal.tolist() == [True, False, False]
    (first, *_) = graph.illegal
    assert first.entry.name == "pool2"
    assert first.requirement.holds.tolist() == [True, False, True]
