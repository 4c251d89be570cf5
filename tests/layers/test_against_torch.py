"""The core against torch on the meta device, which allocates nothing: every kind, random fields, whole networks.

They share the fields and nothing else: shapes are what torch's modules make, parameters what they hold, and
multiply-accumulates half of what torch's own counter counts.
"""

from math import prod
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer, Shape
from archcalc.layers.conv import Conv2d
from archcalc.layers.pool import AvgPool2d, MaxPool2d
from tests.cases import CASES, Case
from tests.conftest import BUNDLED
from tests.sizes import by_size
from tests.twins import Called, buffer_elements, elements, on_meta


def counted_flops(module: torch.nn.Module, *inputs: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return int(counter.get_total_flops())


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_torch_agrees_with_every_row(row: Case) -> None:
    with torch.device("meta"):
        module = Called(row.layer.twin(*row.inputs)).eval()
    inputs = [on_meta(shape, batch=2) for shape in row.inputs]

    assert tuple(module(*inputs).shape[1:]) == row.out
    assert elements(module) == row.params
    assert buffer_elements(module) == row.buffers
    assert counted_flops(module, *inputs) == 2 * 2 * row.macs


@pytest.mark.parametrize("op", KINDS)
def test_no_field_is_forgotten_in_the_twin(op: str) -> None:
    """A field off its default makes another twin: torch is not held against a layer that it does not build."""
    for name, field in KINDS[op].fields.items():
        if field.required:
            continue
        twins = [
            (row.layer.twin(*row.inputs), _without(row.layer, name).twin(*row.inputs))
            for row in CASES
            if row.layer.op == op
        ]
        assert any(twin != default for twin, default in twins), f"the twin of {op} does not tell its {name}"


def _without(layer: Layer, name: str) -> Layer:
    """The layer with one field at its default."""
    kept = {field: value for field, value in vars(layer).items() if field != name}
    return type(layer)(**kept)


sizes = st.integers(1, 12)
pairs = st.one_of(st.integers(1, 5), st.tuples(st.integers(1, 5), st.integers(1, 5)))
symmetric = st.one_of(st.integers(0, 4), st.tuples(st.integers(0, 4), st.integers(0, 4)))
channels = st.integers(1, 6)


@settings(max_examples=400, deadline=None)
@given(
    x=st.tuples(channels, sizes, sizes),
    fields=st.fixed_dictionaries(
        {
            "out_channels": channels,
            "kernel_size": pairs,
            "stride": pairs,
            "padding": symmetric,
            "dilation": st.integers(1, 3),
            "groups": st.sampled_from([1, 1, 2, 3]),
            "bias": st.booleans(),
        }
    ),
)
def test_random_convolutions_agree_or_both_refuse(x: Shape, fields: dict[str, Any]) -> None:
    torch_says = _torch_says(lambda: torch.nn.Conv2d(in_channels=x[0], **fields), x)
    assert _core_says(Conv2d(**fields), x) == torch_says


@settings(max_examples=400, deadline=None)
@given(
    x=st.tuples(channels, sizes, sizes),
    fields=st.fixed_dictionaries(
        {
            "kernel_size": pairs,
            "padding": symmetric,
            "dilation": st.integers(1, 3),
            "ceil_mode": st.booleans(),
        },
        optional={"stride": pairs},
    ),
)
def test_random_max_pools_agree_or_both_refuse(x: Shape, fields: dict[str, Any]) -> None:
    torch_says = _torch_says(lambda: torch.nn.MaxPool2d(**fields), x)
    assert _core_says(MaxPool2d(**fields), x) == torch_says


@settings(max_examples=400, deadline=None)
@given(
    x=st.tuples(channels, sizes, sizes),
    fields=st.fixed_dictionaries(
        {"kernel_size": pairs, "padding": symmetric, "ceil_mode": st.booleans(), "count_include_pad": st.booleans()},
        optional={"stride": pairs},
    ),
)
def test_random_average_pools_agree_or_both_refuse(x: Shape, fields: dict[str, Any]) -> None:
    torch_says = _torch_says(lambda: torch.nn.AvgPool2d(**fields), x)
    assert _core_says(AvgPool2d(**fields), x) == torch_says


def _torch_says(make: Any, x: Shape) -> tuple[Shape, int, int] | None:
    """Output shape, parameters and FLOPs, or None where torch refuses."""
    try:
        with torch.device("meta"):
            module = make()
        example = on_meta(x, batch=1)
        return tuple(module(example).shape[1:]), elements(module), counted_flops(module, example)
    except (RuntimeError, ValueError):
        return None


def _core_says(layer: Layer, x: Shape) -> tuple[Shape, int, int] | None:
    try:
        layer.check(x)
    except ArchError:
        return None
    out = layer.output_shape(x)
    return out, sum(map(prod, layer.param_shapes(x).values())), 2 * layer.macs(x, out)


padding_forms = st.one_of(
    st.integers(0, 2),
    st.just("same"),
    st.just("valid"),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "bottom", "left", "right"), st.integers(0, 2))).filter(
        bool
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    x=st.tuples(channels, sizes, sizes),
    kernel_size=pairs,
    stride=pairs,
    padding=padding_forms,
    ceil_mode=st.sampled_from([False, True, "caffe", "unclipped"]),
    is_conv=st.booleans(),
)
def test_padding_that_torch_lacks_reads_what_the_window_says(
    x: Shape, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, is_conv: bool
) -> None:
    fields = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    layer: Layer = Conv2d(out_channels=2, **fields) if is_conv else MaxPool2d(**fields)
    try:
        layer.check(x)
    except ArchError:
        return
    with torch.device("meta"):
        module = Called(layer.twin(x))
    assert tuple(module(on_meta(x)).shape[1:]) == layer.output_shape(x)


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_torch_agrees_with_every_layer_of_every_bundled_spec(name: str) -> None:
    network = archcalc.load(name)
    table = network.table()
    built = network.module(device="meta").eval()
    outputs = built.outputs(on_meta(network.spec.input_shape, batch=1))

    for row in table.rows:
        modules = torch.nn.ModuleList(built.modules_of(row.name))
        assert tuple(outputs[row.name].shape[1:]) == row.output_shape
        assert elements(modules) == row.params
        assert buffer_elements(modules) == row.buffers
    assert elements(built) == table.totals.params
    assert counted_flops(built, on_meta(network.spec.input_shape, batch=1)) == table.totals.flops


def test_torchvision_alexnet_is_ours() -> None:
    table = archcalc.load("torchvision").table()
    with torch.device("meta"):
        theirs = torchvision.models.alexnet().eval()
    shapes: list[tuple[str, Shape, int]] = []

    def note(module: torch.nn.Module, _: Any, out: torch.Tensor) -> None:
        shapes.append((type(module).__name__, tuple(out.shape[1:]), elements(module)))

    for module in theirs.modules():
        if not list(module.children()):
            module.register_forward_hook(note)
    flops = counted_flops(theirs, on_meta((3, 224, 224), batch=1))

    # torchvision flattens by a function, which no hook sees; it runs each ReLU and each dropout once
    ours = [(row.output_shape, row.params) for row in table.rows if row.op != "flatten"]
    assert [(shape, params) for _, shape, params in shapes] == ours
    assert flops == table.totals.flops == 2 * 714_188_480


def test_torchvision_publishes_the_same_totals() -> None:
    meta = torchvision.models.AlexNet_Weights.IMAGENET1K_V1.meta
    totals = archcalc.load("torchvision").table().totals
    assert meta["num_params"] == totals.params
    assert meta["_ops"] == round(totals.macs / 1e9, 3)
    assert meta["min_size"] == (63, 63)
    archcalc.load("torchvision", input_shape=(3, 63, 63)).table()
    with pytest.raises(ArchError, match="pool5"):
        archcalc.load("torchvision", input_shape=(3, 62, 62)).table()
