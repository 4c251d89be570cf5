"""Every row of a sweep is the table of its variant, to the digit, and every fault is that of its variant."""

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.sweep.bounds import SAFE
from archcalc.errors import ArchError
from archcalc.layers import KINDS
from archcalc.layers.declared import Field
from archcalc.layers.fields import Axis, Integer, PaddingType, PerAxis
from tests.analysis.sweep.one_by_one import expect_same
from tests.conftest import BUNDLED
from tests.layers.test_random_layers import layers
from tests.sizes import by_size


def single(op: str, fields: dict[str, Any], shape: tuple[int, ...]) -> archcalc.Network:
    """A network of one layer, which reads its input twice where it reads two."""
    kind = KINDS[op]
    written = {name: kind.fields[name].type.write(kind.fields[name].type.read(value)) for name, value in fields.items()}
    reads = {"from": ["input", "input"]} if kind.merges else {}
    statement = {"name": "layer", "op": op, **reads, **written}
    return archcalc.load({"archcalc": 1, "name": "net", "input": [*shape], "layers": [statement]})


def numbers(field: Field) -> st.SearchStrategy[list[int]] | None:
    """A few values of a field, some of which it may refuse; None for a field that takes no single number."""
    match field.type:
        case Axis():
            return st.lists(st.integers(1, 4), min_size=2, max_size=3, unique=True)
        case Integer() | PerAxis():
            return st.lists(st.integers(0, field.type.least + 5), min_size=2, max_size=3, unique=True)
        case PaddingType():
            return st.lists(st.integers(0, 3), min_size=2, max_size=3, unique=True)
    return None


@pytest.mark.parametrize("op", KINDS)
@seed(20260114)
@settings(max_examples=20, deadline=None, database=None)
@given(data=st.data())
def test_variants_of_a_layer_are_what_each_is(op: str, data: st.DataObject) -> None:
    kind = KINDS[op]
    fields = data.draw(layers(kind))
    rank = data.draw(st.sampled_from((1, 1 + kind.axes, 1 + kind.axes)))
    shapes = data.draw(st.lists(st.tuples(*[st.integers(1, 9)] * rank), min_size=1, max_size=3, unique=True))
    several = {name: numbers(field) for name, field in kind.fields.items()}
    able = [name for name, values in several.items() if values is not None]
    chosen = data.draw(st.lists(st.sampled_from(able), max_size=3, unique=True)) if able else []
    try:
        network = single(op, fields, shapes[0])
    except ArchError:
        assume(False)
    vary = {f"layer.{name}": data.draw(values) for name in chosen if (values := several[name]) is not None}
    safe = data.draw(st.sampled_from((SAFE, 0)))  # at 0 all arrays are of Python integers
    with patch("archcalc.analysis.sweep.evaluation.SAFE", safe):
        expect_same(network, vary, inputs=shapes, batch=[1, 3])


NET = """
archcalc: 1
name: net
input: {left: [3, 12, 12], right: [2, 9, 9]}
blocks:
  stage:
    params: {width: 4}
    layers:
      - {name: conv, op: conv2d, out_channels: $width, kernel_size: [3, 2], padding: {top: 1, left: 1}}
      - {name: pool, op: max_pool2d, kernel_size: 2, stride: 1}
layers:
  - {name: body, op: use, block: stage, from: left, repeat: 2}
  - {name: head, op: use, block: stage, from: right, with: {width: 3}}
  - {name: left_end, op: adaptive_avg_pool2d, output_size: 1, from: body}
  - {name: right_end, op: adaptive_avg_pool2d, output_size: 1, from: head}
  - {name: both, op: concat, from: [left_end, right_end]}
"""


@pytest.mark.parametrize(
    ("vary", "inputs"),
    [
        ({"body.repeat": [0, 1, 3], "body.width": [1, 5], "head.width": [2, 0]}, None),
        ({"head.conv.kernel_size.height": [0, 1, 5], "head.conv.padding.bottom": [0, 2]}, {"right": [1, 3, 9]}),
        (
            {"head.pool.kernel_size.width": [1, 2], "head.pool.kernel_size": [2, 3], "head.pool.stride.height": [1, 2]},
            None,
        ),
        ({"body.0.conv.kernel_size.width": [1, 4]}, {"left": "4..6", "right": ["2x8x5", "4x3x3"]}),
    ],
)
def test_parts_of_fields_structures_and_inputs_vary(vary: dict[str, Any], inputs: Any) -> None:
    sweep = expect_same(archcalc.load(NET), vary, inputs=inputs, batch=[1, 2])
    assert len([*sweep.found.rows()]) > 4


SPACES: dict[str, dict[str, Any]] = {
    "alexnet_paper": {"conv1.stride": "3..5", "conv2.out_channels": "127,128", "inputs": "63,224,227"},
    "lenet5": {"inputs": "20,32,33"},
}


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_variants_of_a_network_are_what_each_is(name: str) -> None:
    network = archcalc.load(name)
    spec = network.spec
    if name in SPACES:
        own = dict(SPACES[name])
        expect_same(network, {key: own[key] for key in own if key != "inputs"}, inputs=own["inputs"], batch="1,2")
        return
    windows = [entry for entry in spec.layers if "kernel_size" in entry.layer.fields and entry.again is None]
    first, last = windows[0], windows[-1]
    params = {name: [value, value + 1] for name, value in spec.params.items() if type(value) is int}
    vary: dict[str, Any] = dict([*params.items()][:3])
    vary[f"{first.name}.kernel_size"] = [2, 3]
    if "out_channels" in last.layer.fields:
        vary[f"{last.name}.out_channels"] = [7, last.layer.out_channels]  # type: ignore[attr-defined]
    side = spec.input_shape[-1]
    expect_same(network, vary, inputs=[9, side, side + 1])
