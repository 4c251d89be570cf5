"""Every layer kind against its rows, and what must be true of all kinds."""

import inspect
import re
from math import prod

import numpy as np
import pytest

from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import kind
from archcalc.layers.conv import Conv2d
from archcalc.layers.pool import MaxPool2d
from tests.cases import CASES, Case


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_a_layer_is_as_its_row_says(row: Case) -> None:
    layer, inputs = row.layer, row.inputs
    layer.check(*inputs)
    out = layer.output_shape(*inputs)
    window = layer.window(*inputs)

    assert out == row.out
    assert sum(map(prod, layer.param_shapes(*inputs).values())) == row.params
    assert sum(map(prod, layer.buffer_shapes(*inputs).values())) == row.buffers
    assert layer.macs(*inputs, out) == row.macs
    has_neurons = re.fullmatch(
        "(conv|(standardized|weight_norm)_conv|conv_transpose|local|table_conv)[123]d|linear", layer.op
    )
    assert layer.units(out) == (prod(out) if has_neurons else 0)
    if row.padding is not None:
        assert window is not None
        assert window.padding == row.padding


@pytest.mark.parametrize("op", KINDS)
def test_every_kind_and_every_field_off_its_default_has_a_row(op: str) -> None:
    made = [row.layer for row in CASES if row.layer.op == op]
    assert made, f"tests/cases.py has no row for {op}"
    for name, field in KINDS[op].fields.items():
        changed = [
            layer
            for layer in made
            if getattr(layer, name) != (getattr(layer, field.follows) if field.follows else field.default)
        ]
        assert changed, f"no row of {op} takes {name} off its default"


@pytest.mark.parametrize("op", KINDS)
def test_every_kind_says_what_it_is(op: str) -> None:
    kind = KINDS[op]
    assert kind.__doc__
    assert kind.__doc__.strip().splitlines()[0].endswith(".")
    assert not inspect.isabstract(kind), "a kind leaves no rule out"
    assert all(base not in KINDS.values() for base in kind.__mro__[1:]), "no kind inherits from another"


@pytest.mark.parametrize("op", KINDS)
def test_a_field_is_written_as_it_is_read(op: str) -> None:
    for layer in (row.layer for row in CASES if row.layer.op == op):
        for name, field in layer.fields.items():
            value = getattr(layer, name)
            assert field.type.read(field.type.write(value)) == value


@pytest.mark.parametrize("row", [row for row in CASES if row.layer.window(*row.inputs)], ids=lambda row: row.id)
def test_shape_rules_are_arithmetic_that_arrays_can_do(row: Case) -> None:
    ((channels, first, *others),) = row.inputs
    sizes = first + np.arange(20)
    layer = row.layer
    shapes = [(channels, int(size), *others) for size in sizes]

    out = layer.output_shape((channels, sizes, *others))
    macs = layer.macs((channels, sizes, *others), out)

    assert [int(size) for size in out[1]] == [layer.output_shape(x)[1] for x in shapes]
    assert np.all(np.asarray(macs) == [layer.macs(x, layer.output_shape(x)) for x in shapes])


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="two layer kinds are called conv2d"):
        kind("conv2d")(MaxPool2d)


def test_layers_are_values() -> None:
    one = Conv2d(out_channels=8, kernel_size=3)
    assert one == Conv2d(out_channels=8, kernel_size=(3, 3))
    assert hash(one) == hash(Conv2d(out_channels=8, kernel_size=[3, 3]))
    assert one != Conv2d(out_channels=8, kernel_size=3, bias=False)
    with pytest.raises(AttributeError, match="Conv2d is frozen"):
        one.out_channels = 9  # type: ignore[misc]


REFUSED = [
    (Conv2d, {"kernel_size": 3}, "out_channels is missing"),
    (Conv2d, {"out_channels": 8, "kernel_size": 3, "size": 1}, "Conv2d has no field 'size'"),
    (Conv2d, {"out_channels": 0, "kernel_size": 3}, "out_channels must be an integer >= 1, got 0"),
    (Conv2d, {"out_channels": True, "kernel_size": 3}, "out_channels must be an integer >= 1, got true"),
    (
        Conv2d,
        {"out_channels": 8, "kernel_size": (3, 3, 3)},
        "kernel_size must be an integer >= 1 or [height, width], got [3, 3, 3]",
    ),
    (
        Conv2d,
        {"out_channels": 8, "kernel_size": 3, "padding": [1, 2, 1, 2]},
        "padding must name its four sides, {top:, bottom:, left:, right:}: frameworks order a list of four "
        "differently, got [1, 2, 1, 2]",
    ),
    (
        Conv2d,
        {"out_channels": 8, "kernel_size": 3, "padding": {"up": 1}},
        "padding has no side 'up'",
    ),
    (
        Conv2d,
        {"out_channels": 8, "kernel_size": 3, "ceil_mode": "up"},
        "ceil_mode must be false, true, caffe or unclipped, got text 'up'",
    ),
    (KINDS["dropout"], {"p": 1.5}, "p must be a number from 0 to 1, got 1.5"),
    (KINDS["dropout"], {"p": float("nan")}, "p must be finite, got nan"),
    (KINDS["local_response_norm"], {"size": 5}, "alpha_per is missing"),
]


@pytest.mark.parametrize(("made", "fields", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_field_that_cannot_be_read_is_named(made: type[Layer], fields: dict[str, object], message: str) -> None:
    with pytest.raises(ArchError) as refused:
        made(**fields)
    assert str(refused.value) == message


DO_NOT_FIT = [
    (Conv2d(out_channels=4, kernel_size=9), [(3, 5, 5)], "a 9x9 window does not fit 5x5"),
    (MaxPool2d(kernel_size=3, stride=2), [(64, 2, 2)], "a 3x3 window at stride 2 does not fit 2x2"),
    (
        Conv2d(out_channels=4, kernel_size=(7, 3), stride=(2, 1), padding=1),
        [(3, 4, 4)],
        "a 7x3 window at stride 2x1 does not fit 4x4 padded to 6x6",
    ),
    (
        Conv2d(out_channels=4, kernel_size=3, dilation=4),
        [(3, 8, 9)],
        "a 3x3 window (spanning 9x9 with its dilation) does not fit 8x9",
    ),
    (
        Conv2d(out_channels=4, kernel_size=1, groups=3),
        [(8, 5, 5)],
        "in_channels 8 cannot be divided into 3 groups: 8 = 2 * 3 + 2",
    ),
    (
        Conv2d(out_channels=4, kernel_size=1, groups=3),
        [(9, 5, 5)],
        "out_channels 4 cannot be divided into 3 groups: 4 = 1 * 3 + 1",
    ),
    (Conv2d(out_channels=4, kernel_size=1), [(9216,)], "reads channels x height x width, not 9216 features"),
    (KINDS["batch_norm1d"](), [(4, 6, 6)], "reads features, or channels x length, not 4x6x6: batch_norm2d reads that"),
    (
        Conv2d(out_channels=4, kernel_size=1, padding="same", ceil_mode=True),
        [(3, 5, 5)],
        "padding same fixes the output size, so ceil_mode must be false",
    ),
    (MaxPool2d(kernel_size=3, padding=2), [(4, 6, 6)], "padding 2 is more than half its window: 3 // 2 = 1"),
    (KINDS["add"](), [(4, 6, 6), (4, 5, 6)], "adds equal shapes only, not 4x6x6 and 4x5x6"),
    (
        KINDS["concat"](),
        [(4, 6, 6), (4, 5, 6)],
        "joins shapes that differ in axis 1 only, not 4x6x6 and 4x5x6",
    ),
    (KINDS["concat"](dim=2), [(4,), (4,)], "dim 2 is past the last axis of batch x 4"),
    (KINDS["softmax"](dim=2), [(4,)], "dim 2 is past the last axis of batch x 4"),
    (KINDS["flatten"](start_dim=2), [(4,)], "start_dim 2 to end_dim -1 is not a range of axes of batch x 4"),
]


@pytest.mark.parametrize(("layer", "inputs", "message"), DO_NOT_FIT, ids=lambda value: str(value)[:60])
def test_what_does_not_fit_is_said_with_the_arithmetic(
    layer: Layer, inputs: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(ArchError) as refused:
        layer.check(*inputs)
    assert str(refused.value) == message
