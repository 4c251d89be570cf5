"""Files of ONNX: ours, checked by onnx and run by onnxruntime, read back; those that torch exports; broken ones."""

import sys
import tracemalloc
from collections.abc import Mapping, Sequence
from cProfile import Profile
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torchvision
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from torch import nn
from torchvision.models import get_model_weights

import archcalc
from archcalc.errors import ArchError, Mark, MissingError
from archcalc.exchange.onnx import model_of, source
from archcalc.graph import Graph, link
from archcalc.layers import Shape
from archcalc.pytorch.build import Built, build
from archcalc.spec.model import Entry, Spec
from archcalc.table import Row, measure
from archcalc.twins import place
from tests.cases import CASES, Case
from tests.conftest import BUNDLED
from tests.exchange.readers import FOLDER, fault_of, is_refused_or_sound, network, text_of
from tests.sizes import by_size
from tests.spec.test_towers import SPEC as TOWERS

FILES = FOLDER / "onnx"

AT_ONCE = ("alexnet_half", "alexnet_tf_benchmark", "resnet18", "squeezenet1_1", "shufflenet_v2_x1_0", "unet", "segnet")

REFUSED = {
    "cuda_convnet_11pct": "layer local3: ONNX has no convolution with other filters at each place",
    "cuda_convnet_13pct": "layer local3: ONNX has no convolution with other filters at each place",
    "lenet5": "layer C3: ONNX has no convolution whose maps read some of the maps before, as a table says",
}


def shapes_of(model: onnx.ModelProto) -> dict[str, list[int | str]]:
    """The sizes of all values that a file tells, by name; a size without a number by its word."""
    values = [*model.graph.value_info, *model.graph.output]
    sizes = {value.name: value.type.tensor_type.shape.dim for value in values}
    return {name: [size.dim_value or size.dim_param for size in of] for name, of in sizes.items()}


def without_data(model: onnx.ModelProto) -> onnx.ModelProto:
    """A file with the shapes of its weights, but not their numbers: those of axes and sizes stay."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.ClearField("raw_data")
    return model


def without_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    return bare


def weighted(rows: Sequence[Row]) -> list[tuple[Shape, int, int]]:
    return [(row.output_shape, row.params, row.macs) for row in rows if row.params]


@pytest.mark.parametrize("spec", by_size(sorted({*BUNDLED} - {*REFUSED}), AT_ONCE))
def test_what_is_written_has_our_shapes_by_the_rules_of_onnx_and_is_read_as_the_same(spec: str, tmp_path: Path) -> None:
    ours = archcalc.load(spec)
    model = model_of(ours.graph)
    onnx.checker.check_model(model)
    without_data(model)
    told = shapes_of(model)
    if spec != "segnet":  # of a MaxUnpool that is told its size onnx knows nothing
        inferred = shapes_of(onnx.shape_inference.infer_shapes(without_shapes(model), strict_mode=True, data_prop=True))
        assert {name: inferred[name] for name in told} == told
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    has_towers = any(entry.tower for entry in ours.spec.layers)
    for row in ours.table(per_device=has_towers).rows:
        name = f"{row.devices[0]}/{row.name}" if row.devices and f"{row.devices[0]}/{row.name}" in told else row.name
        assert told[name] == ["batch", *row.output_shape]

    path = tmp_path / f"{spec}.onnx"
    onnx.save(model, path)
    theirs = network(path)
    totals, again = ours.table().totals, theirs.table().totals
    assert (again.params, again.macs) == (totals.params, totals.macs)
    assert weighted(theirs.table().rows) == weighted(ours.table(per_device=has_towers).rows)
    assert theirs.table().output_shapes == ours.table().output_shapes


@pytest.mark.parametrize("spec", REFUSED)
def test_what_onnx_cannot_say_is_refused_with_the_layer(spec: str) -> None:
    with pytest.raises(ArchError) as caught:
        source(archcalc.load(spec).graph)
    assert str(caught.value) == REFUSED[spec]


def tensors_of(graph: Graph, module: Built) -> dict[str, Any]:
    """The tensors of a module by their names in a file: those of torch, on each device."""
    state = {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}
    found = {}
    for layer in place(graph):
        node = layer.node
        for copy, path in enumerate(layer.paths):
            prefix = f"{node.devices[copy]}/{node.name}" if node.copies > 1 else node.name
            found |= {f"{prefix}.{name}": state[f"{path}.{name}"] for name in node.tensors if f"{path}.{name}" in state}
    return found


@torch.no_grad()
def at_random(module: nn.Module) -> None:
    """Give tensors numbers of which each matters, where torch makes zeros and ones."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point() and tensor.dim() <= 1 and not name.endswith("filt"):
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.5 + 0.5)


def run(model: onnx.ModelProto, inputs: Mapping[str, torch.Tensor]) -> list[np.ndarray[Any, Any]]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    made: list[np.ndarray[Any, Any]] = session.run(None, {name: x.numpy() for name, x in inputs.items()})
    return made


def assert_runs_as_torch(graph: Graph, inputs: Mapping[str, torch.Tensor]) -> None:
    module = build(graph).eval()
    at_random(module)
    model = model_of(graph, tensors_of(graph, module))
    onnx.checker.check_model(model)
    with torch.no_grad():
        expected = module(*inputs.values())
    several = expected if isinstance(expected, tuple) else (expected,)
    for made, wanted in zip(run(model, inputs), several, strict=True):
        scale = max(1.0, float(wanted.abs().max()))
        np.testing.assert_allclose(made / scale, wanted.numpy() / scale, atol=1e-5, rtol=0)


RUN = ("alexnet_half", "alexnet_tf_benchmark", "resnet18", "mobilenet_v3_small", "squeezenet1_1")
SLOWLY = (
    *("alexnet_caffe", "alexnet_cuda_convnet2", "alexnet_d2l", "alexnet_paper", "alexnet_torchvision", "caffenet"),
    *("convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "googlenet_aux", "googlenet_paper"),
    *("inception_v3", "nin_d2l", "shufflenet_v2_x1_0", "siamfc", "unet", "yolo_v2_tiny_voc"),
)
"""Without SegNet: where two elements are nearly equal rounding decides which is the largest, in torch's floats too."""


@pytest.mark.parametrize("spec", by_size([*RUN, *SLOWLY], RUN))
def test_what_is_written_computes_what_torch_does(spec: str) -> None:
    graph = archcalc.load(spec).graph
    generator = torch.Generator().manual_seed(0)
    inputs = {name: torch.rand(1, *shape, generator=generator) for name, shape in graph.spec.inputs.items()}
    assert_runs_as_torch(graph, inputs)


def test_towers_compute_what_torch_does() -> None:
    graph = archcalc.load(TOWERS).graph
    (shape,) = graph.spec.inputs.values()
    assert_runs_as_torch(graph, {"input": torch.rand(2, *shape)})


NOT_RUN = {
    "local_response_norm": {3},  # onnxruntime has it for maps alone
    "max_unpool2d": {4},  # undoes a pool that it must be given
}


def alone(case: Case) -> Graph:
    """The network of one layer."""
    names = ("input",) if len(case.inputs) == 1 else tuple(f"input_{place}" for place in range(len(case.inputs)))
    given = case.inputs[0] if len(names) == 1 else dict(zip(names, case.inputs, strict=True))
    entry = Entry("made", case.layer, names, None, False, Mark("made.yaml", 1, 1))
    return link(Spec(name="made", input_shape=given, layers=(entry,)))


def refusal(graph: Graph) -> str:
    """Why a graph is not written, or not built; empty where it is both."""
    try:
        model_of(graph)
        build(graph, "meta")
    except ArchError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_kind_is_refused_or_computes_what_torch_does(case: Case) -> None:
    graph = alone(case)
    if refusal(graph):
        assert "ONNX" in refusal(graph) or "torch" in refusal(graph)
        return
    if 1 + len(case.inputs[0]) in NOT_RUN.get(case.layer.op, ()):
        onnx.checker.check_model(model_of(graph), full_check=True)
        return
    assert_runs_as_torch(graph, {name: torch.randn(2, *shape) for name, shape in graph.spec.inputs.items()})


AS_OTHERS = {"frozen_batch_norm2d"}
"""Kinds whose operator says less: what is frozen is not said."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_kind_is_read_with_the_same_totals(case: Case, tmp_path: Path) -> None:
    graph = alone(case)
    try:
        (tmp_path / "made.onnx").write_bytes(source(graph))
    except ArchError:
        return
    is_nothing = case.layer.op == "flatten" and case.out == case.inputs[0]
    if case.layer.op in AS_OTHERS or is_nothing:
        return
    if getattr(case.layer, "padding_mode", "") == "circular":
        assert fault_of(tmp_path / "made.onnx").endswith("in the mode wrap")
        return
    ours, theirs = measure(graph), network(tmp_path / "made.onnx").table()
    assert (theirs.totals.params, theirs.totals.macs) == (ours.totals.params, ours.totals.macs)
    assert theirs.output_shapes == ours.output_shapes


def norms_of(name: str) -> int:
    """How many channels the batch norms of a model of torchvision have."""
    settings = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(**settings)
    return sum(module.num_features for module in model.modules() if isinstance(module, nn.BatchNorm2d))


EXPORTED = {
    "alexnet_dynamo": ("alexnet", 0),
    "convnext_tiny_opset20": ("convnext_tiny", 0),
    "efficientnet_b0_opset20": ("efficientnet_b0", 1),
    "googlenet_opset11": ("googlenet", 1),
    "mobilenet_v3_small_dynamo": ("mobilenet_v3_small", 1),
    "resnet18_folded": ("resnet18", 1),
    "resnet18_unfolded": ("resnet18", 0),
    "shufflenet_v2_x1_0_opset20": ("shufflenet_v2_x1_0", 1),
}
"""What torch 2.14 exported, without weights, and how many parameters of each channel of a batch norm are gone: where a
convolution has taken it in, a bias of two numbers is left."""


@pytest.mark.parametrize("file", EXPORTED)
def test_a_file_of_torch_has_what_torchvision_publishes(file: str) -> None:
    name, gone = EXPORTED[file]
    published = next(iter(get_model_weights(name))).meta
    found = network(FILES / f"{file}.onnx")
    totals = found.table().totals
    assert totals.params == published["num_params"] - gone * norms_of(name)
    assert round(totals.macs / 1e9, 3) == published["_ops"]
    assert ("batch norms part of the convolutions before them" in found.spec.notes) == (gone > 0)


def test_all_files_are_tested() -> None:
    assert {path.stem for path in FILES.glob("*.onnx")} == {*EXPORTED}


def test_layers_are_called_as_their_modules() -> None:
    named = [row.name for row in network(FILES / "resnet18_folded.onnx").table().rows]
    assert named[:9] == [
        *("conv1", "conv1.relu", "maxpool", "layer1.0.conv1", "layer1.0.conv1.relu", "layer1.0.conv2"),
        *("layer1.0.add", "layer1.0.add.relu", "layer1.1.conv1"),
    ]
    newer = [row.name for row in network(FILES / "alexnet_dynamo.onnx").table().rows]
    assert newer[:3] == ["features.0", "features.0.relu", "features.2"]


def node(op: str, reads: Sequence[str], makes: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, reads, [makes], name=f"the_{makes}", **attributes)


def value(name: str, *shape: int | str | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def weight(name: str, *shape: int) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.FLOAT, shape, bytes(4 * prod(shape)), raw=True)


def integers(name: str, *numbers: int) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)


def scalar(name: str, number: float) -> onnx.NodeProto:
    return node("Constant", [], name, value=helper.make_tensor("value", TensorProto.FLOAT, [], [number]))


def written(
    folder: Path,
    nodes: Sequence[onnx.NodeProto],
    tensors: Sequence[onnx.TensorProto] = (),
    shape: Sequence[int | str | None] = ("n", 4, 8, 8),
    opset: int = 13,
) -> Path:
    """A file that reads `x` and makes `y`."""
    graph = helper.make_graph(list(nodes), "made", [value("x", *shape)], [value("y")], list(tensors))
    path = folder / "made.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def lines(path: Path) -> list[str]:
    return [line.strip() for line in text_of(path).partition("layers:\n")[2].splitlines()]


GELU = [
    *(scalar("root", 1.4142135381698608), scalar("one", 1.0), scalar("half", 0.5)),
    *(node("Div", ["x", "root"], "a"), node("Erf", ["a"], "b"), node("Add", ["b", "one"], "c")),
    *(node("Mul", ["x", "c"], "d"), node("Mul", ["d", "half"], "y")),
]
HARDSWISH = [
    *(scalar("three", 3.0), scalar("none", 0.0), scalar("six", 6.0), node("Add", ["x", "three"], "a")),
    *(node("Clip", ["a", "none", "six"], "b"), node("Mul", ["x", "b"], "c"), node("Div", ["c", "six"], "y")),
]
MISH = [node("Softplus", ["x"], "a"), node("Tanh", ["a"], "b"), node("Mul", ["x", "b"], "y")]
SILU = [node("Sigmoid", ["x"], "a"), node("Mul", ["a", "x"], "y")]
NORM = [
    *(scalar("two", 2.0), scalar("eps", 1e-6), node("ReduceMean", ["x"], "mean", axes=[-1])),
    *(node("Sub", ["x", "mean"], "less"), node("Pow", ["less", "two"], "square")),
    *(node("ReduceMean", ["square"], "variance", axes=[-1]), node("Add", ["variance", "eps"], "safe")),
    *(node("Sqrt", ["safe"], "root"), node("Div", ["less", "root"], "normed")),
    *(node("Mul", ["normed", "norm.weight"], "scaled"), node("Add", ["scaled", "norm.bias"], "y")),
]
GROUPS = [
    *(node("Constant", [], "ones", value=weight("", 2)), node("Constant", [], "zeros", value=weight("", 2))),
    *(node("Reshape", ["x", "groups"], "a"), node("InstanceNormalization", ["a", "ones", "zeros"], "b")),
    *(node("Shape", ["x"], "sizes"), node("Reshape", ["b", "sizes"], "c")),
    *(node("Mul", ["c", "gn.weight"], "d"), node("Add", ["d", "gn.bias"], "y")),
]
SHUFFLE = [
    *(node("Shape", ["x"], "sizes"), node("Gather", ["sizes", "first"], "batch")),
    *(node("Concat", ["batch", "apart"], "to", axis=0), node("Reshape", ["x", "to"], "a")),
    *(node("Transpose", ["a"], "b", perm=[0, 2, 1, 3, 4]), node("Reshape", ["b", "sizes"], "y")),
]
POOLED = {"kernel_shape": [3, 3], "strides": [2, 2]}


@pytest.mark.parametrize(
    ("nodes", "tensors", "expected"),
    [
        (GELU, [], ["{name: the_a, op: gelu}"]),
        (HARDSWISH, [], ["{name: the_a, op: hardswish}"]),
        (MISH, [], ["{name: the_a, op: mish}"]),
        (SILU, [], ["{name: the_a, op: silu}"]),
        (
            NORM,
            [weight("norm.weight", 8), weight("norm.bias", 8)],
            ["{name: norm, op: layer_norm, normalized_shape: 8, eps: 1e-06}"],
        ),
        (
            GROUPS,
            [integers("groups", 0, 2, -1), weight("gn.weight", 4, 1, 1), weight("gn.bias", 4, 1, 1)],
            ["{name: gn, op: group_norm, num_groups: 2}"],
        ),
        (
            SHUFFLE,
            [integers("first", 0), integers("apart", 2, 2, 8, 8)],
            ["{name: channel_shuffle, op: channel_shuffle, groups: 2}"],
        ),
        (
            [node("MatMul", ["x", "fc.weight"], "a"), node("Add", ["fc.bias", "a"], "y")],
            [weight("fc.weight", 8, 5), weight("fc.bias", 5)],
            ["{name: fc, op: linear, out_features: 5}"],
        ),
        (
            [node("Conv", ["x", "c.weight"], "a", auto_pad="SAME_UPPER", strides=[2, 2]), node("Add", ["a", "b"], "y")],
            [weight("c.weight", 6, 2, 3, 3), weight("b", 6, 1, 1)],
            ["no layer kind"],
        ),
        (
            [
                node("Conv", ["x", "c.weight"], "a", auto_pad="SAME_UPPER", strides=[2, 2], group=2),
                node("Add", ["a", "b"], "y"),
            ],
            [weight("c.weight", 6, 2, 3, 3), weight("b", 1, 6, 1, 1)],
            ["{name: c, op: conv2d, out_channels: 6, kernel_size: 3, stride: 2, padding: same, groups: 2}"],
        ),
        (
            [node("AveragePool", ["x"], "y", pads=[1, 1, 1, 1], ceil_mode=1, **POOLED)],
            [],
            [
                "{name: the_y, op: avg_pool2d, kernel_size: 3, stride: 2, padding: 1, ceil_mode: true, "
                "count_include_pad: false}"
            ],
        ),
        (
            [node("LRN", ["x"], "y", size=3, alpha=0.5)],
            [],
            ["{name: the_y, op: local_response_norm, size: 3, alpha_per: mean, alpha: 0.5}"],
        ),
        (
            [node("Conv", ["x", "c.weight"], "a"), node("Conv", ["a", "c.weight"], "y")],
            [weight("c.weight", 4, 4, 1, 1)],
            [
                "{name: c, op: conv2d, out_channels: 4, kernel_size: 1, bias: false}",
                "{name: c_2, op: use, layer: c}",
            ],
        ),
        (
            [
                node("Identity", ["c.weight"], "d.weight"),
                node("Conv", ["x", "c.weight"], "a"),
                node("Conv", ["a", "d.weight"], "y"),
            ],
            [weight("c.weight", 4, 4, 1, 1)],
            [
                "{name: c, op: conv2d, out_channels: 4, kernel_size: 1, bias: false}",
                "{name: d, op: conv2d, out_channels: 4, kernel_size: 1, bias: false}",
            ],
        ),
        (
            [node("Mul", ["x", "gamma"], "a"), scalar("half", 0.5), node("Mul", ["half", "a"], "y")],
            [weight("gamma", 4, 1, 1)],
            ["{name: gamma, op: scale}", "{name: the_y, op: times, number: 0.5}"],
        ),
        (
            [node("Add", ["shift.bias", "x"], "y")],
            [weight("shift.bias", 4, 1, 1)],
            ["{name: shift, op: scale, weight: false, bias: true}"],
        ),
        (
            [
                node("Constant", [], "lowest", value=helper.make_tensor("", TensorProto.FLOAT, [], [-np.inf])),
                node("Pad", ["x", "pads", "lowest"], "a"),
                node("MaxPool", ["a"], "y", kernel_shape=[3, 3], strides=[2, 2]),
            ],
            [integers("pads", 0, 0, 0, 0, 0, 0, 1, 1)],
            ["{name: the_y, op: max_pool2d, kernel_size: 3, stride: 2, padding: {bottom: 1, right: 1}}"],
        ),
        (
            [node("Pad", ["x", "pads"], "y")],
            [integers("pads", 0, 0, -1, 0, 0, 0, 1, 0)],
            [
                "{name: the_y, op: slice, start: 1, length: 7, dim: 2}",
                "{name: the_y_2, op: zero_pad2d, padding: {bottom: 1}}",
            ],
        ),
        (
            [
                node("Constant", [], "filters", value=weight("", 4, 1, 3, 3)),
                node("Pad", ["x", "pads"], "a", mode="reflect"),
                node("Conv", ["a", "filters"], "y", strides=[2, 2], group=4),
            ],
            [integers("pads", 0, 0, 1, 1, 0, 0, 1, 1)],
            ["{name: the_y, op: blur_pool2d}"],
        ),
        (
            [node("Slice", ["x", "from", "to", "axes", "steps"], "y")],
            [integers("from", 1, 1), integers("to", 2**63 - 1, -1), integers("axes", 2, 1), integers("steps", 2, 1)],
            [
                "{name: the_y, op: slice, start: 1, length: 7, dim: 2}",
                "{name: every_other, op: max_pool2d, kernel_size: 1, stride: [2, 1]}",
                "{name: the_y_2, op: slice, start: 1, length: 2}",
            ],
        ),
        (
            [node("ConvTranspose", ["x", "up.weight"], "y", strides=[2, 2], auto_pad="SAME_UPPER")],
            [weight("up.weight", 4, 3, 3, 3)],
            [
                "{name: up, op: conv_transpose2d, out_channels: 3, kernel_size: 3, stride: 2, bias: false}",
                "{name: cut, op: slice, length: 16, dim: 2}",
                "{name: cut_2, op: slice, length: 16, dim: 3}",
            ],
        ),
        (
            [node("Resize", ["x", "", "scales"], "y", mode="linear", coordinate_transformation_mode="half_pixel")],
            [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, 2.0, 1.5])],
            ["{name: the_y, op: upsample, scale_factor: [2, 1.5], mode: bilinear}"],
        ),
        (
            [node("Clip", ["x", "least", "most"], "y"), scalar("least", -2.0), scalar("most", 3.0)][::-1],
            [],
            ["{name: the_y, op: hardtanh, min_val: -2, max_val: 3}"],
        ),
        (
            [node("HardSigmoid", ["x"], "y", alpha=1 / 6)],
            [],
            ["{name: the_y, op: hardsigmoid}"],
        ),
        (
            [node("Split", ["x", "sizes"], "a", axis=1), node("Relu", ["a"], "y")],
            [integers("sizes", 4)],
            ["{name: the_y, op: relu}"],
        ),
    ],
)
def test_nodes_are_the_layers_that_they_are(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], expected: list[str], tmp_path: Path
) -> None:
    path = written(tmp_path, nodes, tensors)
    if expected == ["no layer kind"]:
        assert fault_of(path).endswith("node the_a (Conv): weights for 2 * 1 channels cannot read 4")
    else:
        assert lines(path) == [f"- {line}" for line in expected]


@pytest.mark.parametrize(
    ("opset", "nodes", "expected"),
    [
        (7, [node("Upsample", ["x"], "y", scales=[1.0, 1.0, 2.0, 2.0])], "op: upsample, scale_factor: [2, 2]"),
        (9, [node("Clip", ["x"], "y", min=0.0, max=6.0)], "op: relu6"),
        (11, [node("Squeeze", ["a"], "y", axes=[2]), node("Unsqueeze", ["x"], "a", axes=[2])][::-1], "op: squeeze"),
        (11, [node("Softmax", ["a"], "y"), node("Flatten", ["x"], "a")][::-1], "op: softmax"),
    ],
)
def test_older_opsets_are_read(opset: int, nodes: list[onnx.NodeProto], expected: str, tmp_path: Path) -> None:
    assert expected in lines(written(tmp_path, nodes, opset=opset))[-1]


RELU = [node("Relu", ["x"], "y")]


@pytest.mark.parametrize(
    ("nodes", "shape", "fault"),
    [
        (
            RELU,
            ("n", 3, None, None),
            "leaves the shape of its input open (x, ?x3x?x?): give it, channels first, as in --input 3x224x224",
        ),
        (RELU, (1, "channels", 8, 8), "leaves the shape of its input open (x, 1x?x8x8)"),
        (RELU, (8,), "input x is 8, and not a batch of one to 4 sizes"),
        ([node("Det", ["x"], "y")], (1, 3, 8, 8), "node the_y (Det): no layer kind does what Det does"),
        ([node("Relu", ["z"], "y")], (1, 3, 8, 8), "node the_y (Relu): its input z is made by no node before"),
        ([node("Relu", [], "y")], (1, 3, 8, 8), "node the_y (Relu): it has no input 1"),
        (
            [node("Transpose", ["x"], "y", perm=[1, 0, 2, 3])],
            (1, 3, 8, 8),
            "node the_y (Transpose): perm [1, 0, 2, 3] is not an order of the axes of batch x 3x8x8, the batch first",
        ),
        ([node("MaxPool", ["x"], "y", kernel_shape=[9, 9])], (1, 3, 8, 8), "a 9x9 window does not fit 8x8"),
        ([node("Softmax", ["x"], "y", axis=0)], (1, 3, 8, 8), "node the_y (Softmax): it works along the batch"),
        ([node("Gather", ["x", "x"], "y")], (1, 3, 8, 8), "its input x is not known before the network runs"),
        ([node("LRN", ["x"], "y", size=10**18)], (1, 3, 8, 8), "size must be an integer >= 1"),
        (
            [node("Constant", [], "to", value=integers("", 1, 3, 8, 8)), node("Expand", ["x", "to"], "y")],
            (1, 3, 8, 1),
            "node the_y (Expand): no layer kind repeats 3x8x1 to 3x8x8",
        ),
        (
            [node("Constant", [], "axes", value=integers("", 2, -2)), node("Unsqueeze", ["x", "axes"], "y")],
            (1, 3),
            "node the_y (Unsqueeze): axes [2, -2] are not each given once",
        ),
        (
            [node("Constant", [], "at", value=integers("", 2, 3)), node("Gather", ["x", "at"], "y", axis=1)],
            (1, 3, 8, 8),
            "node the_y (Gather): there are no such elements among 3",
        ),
        (
            [
                node("Constant", [], "to", value=integers("", 1, 3, 16, 16)),
                node("Resize", ["x", "", "", "to"], "y", keep_aspect_ratio_policy="not_larger"),
            ],
            (1, 3, 8, 4),
            "no layer kind keeps the proportions of what it resizes, as the policy not_larger does",
        ),
        (
            [
                node("Constant", [], "by", value=helper.make_tensor("", TensorProto.FLOAT, [4], [1, 1, np.inf, 2])),
                node("Resize", ["x", "", "by"], "y"),
            ],
            (1, 3, 8, 8),
            "node the_y (Resize): its scales must be larger than 0",
        ),
        (
            [
                node("Constant", [], "sizes", value=integers("", 2, 2)),
                helper.make_node("Split", ["x", "sizes"], ["a", "y"], name="s", axis=1),
            ],
            (1, 6, 8, 8),
            "node s (Split): its parts are 4 together, not 6 as dim 1 is",
        ),
        (
            [helper.make_node("Split", ["x"], ["a", "y"], name="s", axis=1)],
            (1, 3, 8, 8),
            "node s (Split): 3 along dim 1 cannot be divided into 2 equal parts",
        ),
        (
            [node("Constant", [], "slope", value=weight("", 3)), node("PRelu", ["x", "slope"], "y")],
            (1, 3, 8, 3),  # along the last axis
            "node the_y (PRelu): a slope of 3 is neither one number nor one for each of 3 channels",
        ),
    ],
)
def test_what_cannot_be_said_is_said_with_its_node(
    nodes: list[onnx.NodeProto], shape: Sequence[int | str | None], fault: str, tmp_path: Path
) -> None:
    assert fault in fault_of(written(tmp_path, nodes, shape=shape))


def test_a_transposed_convolution_makes_no_more_than_its_windows_reach(tmp_path: Path) -> None:
    made = [node("ConvTranspose", ["x", "w"], "y", output_shape=[size, 10]) for size in (10, 11)]  # 8 - 1 + 3 = 10
    tensors = [weight("w", 4, 3, 3, 3)]
    assert network(written(tmp_path, made[:1], tensors)).table().output_shapes == ((3, 10, 10),)
    fault = "node the_y (ConvTranspose): no layer kind makes 11 places where windows reach 10"
    assert fault in fault_of(written(tmp_path, made[1:], tensors))


def test_a_network_is_kept_up_to_what_cannot_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, [node("Relu", ["x"], "a"), node("Det", ["a"], "y")])
    with pytest.raises(ArchError) as caught:
        _ = network(path).graph
    assert isinstance(caught.value.partial, Graph)
    assert [one.name for one in caught.value.partial.nodes] == ["the_a"]


def test_sizes_that_the_file_leaves_open_are_given(tmp_path: Path) -> None:
    path = written(tmp_path, RELU, shape=("n", 3, None, None))
    assert network(path, (3, 32, 48)).table().output_shapes == ((3, 32, 48),)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is not a file of ONNX: it has no graph with outputs"),
        (b"archcalc: 1\n", "is not a file of ONNX, or is damaged or cut off"),
        ((FILES / "alexnet_dynamo.onnx").read_bytes()[:5000], "is not a file of ONNX, or is damaged or cut off"),
    ],
)
def test_what_is_no_file_of_onnx_is_said(content: bytes, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    assert fault_of(path).endswith(fault)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingError, match=r"pip install 'archcalc\[onnx\]'"):
        network(FILES / "alexnet_dynamo.onnx")
    with pytest.raises(MissingError, match=r"pip install 'archcalc\[onnx\]'"):
        source(archcalc.load("lenet_d2l").graph)


def test_weights_that_no_file_holds_are_refused() -> None:
    text = "archcalc: 1\nname: wide\ninput: [30000]\nlayers: [{name: fc, op: linear, out_features: 30000}]\n"
    with pytest.raises(ArchError, match="are more than one file of ONNX holds, which is 2 GB"):
        source(archcalc.load(text).graph)


SMALL = [FILES / f"{name}.onnx" for name in ("alexnet_dynamo", "resnet18_folded", "resnet18_unfolded")]

slowly = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@slowly
@given(st.data())
def test_spoilt_bytes_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SMALL)).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "spoilt.onnx"
    path.write_bytes(content)
    is_refused_or_sound(path, None)


ODD = st.sampled_from([0, -1, 2, 3, 7, 2**31, 2**62, -(2**63)])
OPS = sorted({"Add", "Concat", "Conv", "Det", "Expand", "Gather", "Mul", "Pad", "Pow", "Reshape", "Shape", "Slice"})


def spoil(model: onnx.ModelProto, data: st.DataObject) -> None:
    """Change an operator, what it reads, one of its attributes, or a size of a tensor or of the input."""
    one = data.draw(st.sampled_from(list(model.graph.node)))
    names = [value for each in model.graph.node for value in each.output] + [
        tensor.name for tensor in model.graph.initializer
    ]
    match data.draw(st.sampled_from(("op", "input", "fewer", "attribute", "kind", "weight", "size", "node"))):
        case "op":
            one.op_type = data.draw(st.sampled_from(OPS) | st.sampled_from([each.op_type for each in model.graph.node]))
        case "input" if one.input:
            one.input[data.draw(st.integers(0, len(one.input) - 1))] = data.draw(st.sampled_from([*names, ""]))
        case "fewer" if one.input:
            del one.input[data.draw(st.integers(0, len(one.input) - 1)) :]
        case "attribute" if one.attribute:
            attribute = data.draw(st.sampled_from(list(one.attribute)))
            attribute.i = data.draw(ODD)
            attribute.f = data.draw(st.floats(width=32))
            if attribute.ints:
                attribute.ints[data.draw(st.integers(0, len(attribute.ints) - 1))] = data.draw(ODD)
        case "kind" if one.attribute:
            data.draw(st.sampled_from(list(one.attribute))).type = data.draw(st.integers(0, 14))
        case "weight" if model.graph.initializer:
            tensor = data.draw(st.sampled_from(list(model.graph.initializer)))
            if tensor.dims:
                tensor.dims[data.draw(st.integers(0, len(tensor.dims) - 1))] = data.draw(ODD)
        case "size":
            sizes = model.graph.input[0].type.tensor_type.shape.dim
            sizes[data.draw(st.integers(0, len(sizes) - 1))].dim_value = data.draw(ODD)
        case "node":
            model.graph.node.remove(one)


@slowly
@given(st.data())
def test_spoilt_graphs_are_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    model = onnx.load(data.draw(st.sampled_from(sorted(FILES.glob("*.onnx")))))
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(model, data)
    path = tmp_path / "spoilt.onnx"
    path.write_bytes(model.SerializeToString())
    is_refused_or_sound(path, None)


def matrix(*reads: str, makes: str, **attributes: Any) -> onnx.NodeProto:
    return node("Gemm", reads, makes, **attributes)


NORMED = [weight(name, 4) for name in ("g", "b", "m", "v", "m2")]


@pytest.mark.parametrize(
    ("nodes", "tensors", "fault"),
    [
        (
            [node("Conv", ["x", "w", "b1"], "a"), node("Conv", ["a", "w", "b2"], "y")],
            [weight("w", 4, 4, 1, 1), weight("b1", 4), weight("b2", 4)],
            "node the_y (Conv): w is shared with the_a (Conv), and b1 is not: no layer kind shares some of its tensors "
            "only",
        ),
        (
            [node("Conv", ["x", "w"], "a"), node("Conv", ["a", "w", "b"], "y")],
            [weight("w", 4, 4, 1, 1), weight("b", 4)],
            "node the_y (Conv): w is shared with the_a (Conv), and b is not: no layer kind shares some of its tensors "
            "only",
        ),
        (
            [node("Conv", ["x", "w", "b"], "a"), node("Conv", ["a", "w2", "b"], "y")],
            [weight("w", 4, 4, 1, 1), weight("w2", 4, 4, 1, 1), weight("b", 4)],
            "node the_y (Conv): b is shared with the_a (Conv), and w is not: no layer kind shares some of its tensors "
            "only",
        ),
        (
            [
                node("MatMul", ["x", "w"], "a"),
                node("Transpose", ["w"], "t", perm=[1, 0]),
                node("MatMul", ["a", "t"], "y"),
            ],
            [weight("w", 8, 5)],
            "node the_y (MatMul): w is shared with the_a (MatMul), which has it laid out in another way: no layer kind "
            "does so",
        ),
        (
            [
                node("Flatten", ["x"], "f"),
                matrix("f", "w", makes="a"),
                matrix("a", "w", makes="y", transB=1),
            ],
            [weight("w", 256, 256)],
            "node the_y (Gemm): w is shared with the_a (Gemm), which has it laid out in another way: no layer kind "
            "does so",
        ),
        (
            [
                node("Reshape", ["w", "other"], "r"),
                node("Conv", ["x", "w"], "a"),
                node("Conv", ["a", "r"], "y", kernel_shape=[1, 4]),
            ],
            [weight("w", 4, 4, 4, 1), integers("other", 4, 4, 1, 4)],
            None,  # the same order of elements, under another shape of a window: a use of other fields
        ),
        (
            [node("Conv", ["x", "w"], "a"), node("Conv", ["a", "w"], "y", strides=[2, 2])],
            [weight("w", 4, 4, 1, 1)],
            "node the_y (Conv): w is shared with the_a (Conv), which does something else with it: only equal layers "
            "share tensors",
        ),
        (
            [node("PRelu", ["x", "w"], "a"), node("Mul", ["a", "w"], "y")],
            [weight("w", 4, 1, 1)],
            "node the_y (Mul): w is shared with the_a (PRelu), which does something else with it: only equal layers "
            "share tensors",
        ),
        (
            [
                node("BatchNormalization", ["x", "g", "b", "m", "v"], "a"),
                node("BatchNormalization", ["a", "g", "b", "m2", "v"], "y"),
            ],
            NORMED,
            "node the_y (BatchNormalization): g is shared with the_a (BatchNormalization), and m is not: no layer kind "
            "shares some of its tensors only",
        ),
        (
            [
                node("BatchNormalization", ["x", "g", "b", "m", "v"], "a"),
                node("BatchNormalization", list("abgmv"), "y"),
            ],
            NORMED,
            "node the_y (BatchNormalization): g is shared with the_a (BatchNormalization) in another place: no layer "
            "kind shares some of its tensors only",
        ),
        (
            [node("BatchNormalization", ["x", "g", "g", "m", "v"], "y")],
            NORMED,
            "node the_y (BatchNormalization): no layer kind has one tensor in two places, as this node has g",
        ),
        (
            [node("Expand", ["w", "more"], "e"), node("Conv", ["x", "e"], "y")],
            [weight("w", 1, 4, 5, 5), integers("more", 6, 4, 5, 5)],
            "node the_e (Expand): it repeats weights, which no layer kind does",
        ),
    ],
)
def test_tensors_that_are_shared_in_part_are_refused(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], fault: str | None, tmp_path: Path
) -> None:
    path = written(tmp_path, nodes, tensors)
    if fault is None:
        assert "is shared with the_a (Conv)" in fault_of(path)
    else:
        assert fault_of(path) == f"{path}: {fault}"


@pytest.mark.parametrize(
    ("nodes", "tensors", "params"),
    [
        # MatMul by a transposed matrix and Gemm with transB are one linear layer: 256 * 256 weights
        (
            [
                *(node("Flatten", ["x"], "f"), node("Transpose", ["w"], "t", perm=[1, 0])),
                *(node("MatMul", ["f", "t"], "a"), matrix("a", "w", makes="y", transB=1)),
            ],
            [weight("w", 256, 256)],
            256 * 256,
        ),
        # transposed twice is as it was
        (
            [
                *(node("Transpose", ["w"], "t", perm=[1, 0]), node("Transpose", ["t"], "u", perm=[1, 0])),
                *(node("MatMul", ["x", "w"], "a"), node("MatMul", ["a", "u"], "y")),
            ],
            [weight("w", 8, 8)],
            64,
        ),
        # a row of numbers is one in any shape
        (
            [
                *(node("Reshape", ["s", "apart"], "t"), node("Mul", ["x", "t"], "a")),
                node("Mul", ["a", "s2"], "y"),
            ],
            [weight("s", 4), weight("s2", 4, 1, 1), integers("apart", 4, 1, 1)],
            8,
        ),
        # a weight and the running variance of an untrained norm: 2 * 4 are learnt
        ([node("BatchNormalization", ["x", "g", "b", "b", "g"], "y")], NORMED, 8),
    ],
)
def test_tensors_that_are_shared_wholly_are_counted_once(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], params: int, tmp_path: Path
) -> None:
    assert network(written(tmp_path, nodes, tensors)).table().totals.params == params


def within(module: str, one: onnx.NodeProto) -> onnx.NodeProto:
    """A node as torch's newer exporter writes it, with the module that it is in."""
    for key, words in (("name_scopes", ["", module, "norm"]), ("class_hierarchy", ["net.Net", "net.Norm", "op"])):
        one.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=str(words))
    return one


def test_tensors_that_torch_writes_once_for_several_modules_are_counted_for_each(tmp_path: Path) -> None:
    nodes = [
        within(module, node("BatchNormalization", [source, "g", "b", "m", "v"], makes))
        for module, source, makes in (("bn1", "x", "a"), ("bn2", "a", "c"), ("bn2", "c", "y"))
    ]
    found = network(written(tmp_path, nodes, NORMED))
    assert found.spec.notes == (
        "1 layers have tensors that the file has once, since they are equal: each is counted with its own."
    )
    assert [(row.name, row.params) for row in found.table().rows] == [
        *(("bn1.batch_norm2d", 8), ("bn2.batch_norm2d", 8), ("bn2.batch_norm2d_2", 0))
    ]


def handing_on(folder: Path, nodes: Sequence[onnx.NodeProto], outputs: Sequence[str], *inputs: str) -> Path:
    """A file that reads `x` and others like it, and hands several values on."""
    given = [value(name, 1, 4, 8, 8) for name in inputs or ("x",)]
    graph = helper.make_graph(list(nodes), "made", given, [value(name) for name in outputs], [weight("w", 3)])
    path = folder / "made.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize(
    ("outputs", "inputs", "expected", "shapes"),
    [
        (["y", "x"], ["x"], ["{name: the_y, op: relu}", "{name: identity, op: identity, from: input}"], 2),
        (["x"], ["x"], ["{name: identity, op: identity}"], 1),
        (["z", "y"], ["x"], ["{name: the_y, op: relu}", "{name: identity, op: identity}"], 2),
        (
            ["other", "y"],
            ["x", "other"],
            ["{name: the_y, op: relu, from: x}", "{name: identity, op: identity, from: other}"],
            2,
        ),
    ],
)
def test_an_output_that_no_node_makes_alone_is_an_identity(
    outputs: list[str], inputs: list[str], expected: list[str], shapes: int, tmp_path: Path
) -> None:
    nodes = [node("Relu", ["x"], "y"), node("Cast", ["y"], "z", to=TensorProto.FLOAT)]
    path = handing_on(tmp_path, nodes, outputs, *inputs)
    found = lines(path)
    assert [line for line in found if "name" in line] == [f"- {line}" for line in expected]
    assert network(path).table().output_shapes == ((4, 8, 8),) * shapes


def test_an_output_that_no_layer_makes_is_refused_and_a_tensor_is_noted(tmp_path: Path) -> None:
    pool = helper.make_node("MaxPool", ["x"], ["y", "places"], name="pool", kernel_shape=[2, 2])
    path = handing_on(tmp_path, [pool], ["y", "places"])
    assert fault_of(path) == f"{path}: node pool (MaxPool): no layer kind makes places, which the file hands on"
    assert fault_of(handing_on(tmp_path, [pool], ["y", "z"])) == f"{path}: no node makes z, which the file hands on"
    pair = [node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")]
    assert fault_of(handing_on(tmp_path, pair, ["y"])) == f"{path}: y is made by two nodes"
    noted = network(handing_on(tmp_path, [pool], ["y", "w"])).spec.notes
    assert noted == "The file hands on w too, which does not depend on what it reads."


def doubled(first: str, times: int, op: str = "Concat") -> list[onnx.NodeProto]:
    """Nodes that each make a list of the one before and itself, and a Reshape to the last."""
    fields = {"axis": 0} if op == "Concat" else {}
    names = [first, *(f"d{number}" for number in range(times))]
    return [node(op, [one] * 2, other, **fields) for one, other in pairwise(names)]


FEW = "it makes a list of more than 65,536 numbers, which no shape is"
LONG = [*doubled("c", 15), node("Mul", ["d14", "one"], "e0")]
BOMBS: list[tuple[list[onnx.NodeProto], str]] = [
    ([*doubled("c", 32), node("Reshape", ["x", "d31"], "y")], f"node the_d15 (Concat): {FEW}"),
    (
        [*doubled("c", 40, "Mul"), node("Reshape", ["x", "d39"], "y")],
        "node the_d5 (Mul): it makes integers of more than 64 bits",  # 3 ** 2 ** 6 is over 2 ** 63, 3 ** 2 ** 5 is not
    ),
    (
        [*doubled("c", 15), node("ReduceProd", ["d14"], "p"), node("Reshape", ["x", "p"], "y")],
        "node the_p (ReduceProd): it makes integers of more than 64 bits",
    ),
    (
        [*doubled("c", 15), node("Reshape", ["x", "d14"], "y")],
        "node the_y (Reshape): it makes a tensor of 65536 axes; up to 16 are read",
    ),
    (
        [*doubled("c", 15), node("ConstantOfShape", ["d14"], "p"), node("Reshape", ["x", "p"], "y")],
        "node the_p (ConstantOfShape): it makes a tensor of 65536 axes; up to 16 are read",
    ),
    (
        [
            *(*doubled("c", 15), node("Reshape", ["d14", "apart"], "p"), node("Gather", ["p", "d14"], "q")),
            node("Reshape", ["x", "q"], "y"),
        ],
        f"node the_q (Gather): {FEW}",
    ),
    ([node("Range", ["from", "to", "by"], "p"), node("Reshape", ["x", "p"], "y")], f"node the_p (Range): {FEW}"),
    (
        [node("ConstantOfShape", ["most"], "p"), node("Reshape", ["x", "p"], "y")],
        "node the_y (Reshape): its new shape is not known before the network runs",
    ),
    (
        [
            *LONG,
            *(node("Add", [f"e{n}", "one"], f"e{n + 1}") for n in range(99)),
            node("Reshape", ["x", "e99"], "y"),
        ],
        "node the_e13 (Add): the file computes with more than 2,097,152 numbers, which no sizes need",
    ),
    (
        [node("Unsqueeze", ["x", "most_axes"], "y")],
        "node the_y (Unsqueeze): it makes a tensor of 4003 axes; up to 16 are read",
    ),
    (
        [
            helper.make_node("Split", ["x"], [f"s{n}" for n in range(1025)], name="the_s", axis=1),
            node("Relu", ["s3"], "y"),
        ],
        "node the_s (Split): it makes 1025 parts; up to 1,024 are read",
    ),
]


@pytest.mark.parametrize(("nodes", "fault"), BOMBS, ids=lambda found: found[-60:] if isinstance(found, str) else "")
def test_what_would_be_computed_without_end_is_refused(nodes: list[onnx.NodeProto], fault: str, tmp_path: Path) -> None:
    ends = {"from": 0, "to": 2**62, "by": 1}
    scalars = [helper.make_tensor(name, TensorProto.INT64, [], [number]) for name, number in ends.items()]
    tensors = [integers("c", 1, 3), integers("one", 1), integers("apart", 4, 16384), integers("most", 2**45)]
    path = written(tmp_path, nodes, [*tensors, *scalars, integers("most_axes", *range(2, 4001))])
    tracemalloc.start()
    try:
        assert fault_of(path) == f"{path}: {fault}"
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_places_that_are_not_in_the_file_are_not_made_up_for_a_comparison(tmp_path: Path) -> None:
    places = TensorProto(name="places", data_type=TensorProto.INT64, dims=[1, 4, 30000, 30000])
    nodes = [node("Reshape", ["x", "flat"], "a"), node("Gather", ["a", "places"], "y")]
    path = written(tmp_path, nodes, [integers("flat", -1), places], shape=(1, 4, 30000, 30000))
    assert fault_of(path).endswith("no layer kind lays batch x 4x30000x30000 out as -1: it moves the batch")


@pytest.mark.parametrize("op", ["Relu", "Sigmoid", "Conv"])
def test_four_times_as_many_nodes_take_about_four_times_as_long(op: str, tmp_path: Path) -> None:
    def steps(count: int) -> int:
        made = ["x", *(f"v{number}" for number in range(count - 1)), "y"]
        reads = ["w"] if op == "Conv" else []
        nodes = [helper.make_node(op, [one, *reads], [other]) for one, other in pairwise(made)]
        path = written(tmp_path, nodes, [weight("w", 4, 4, 1, 1)])
        profile = Profile()
        profile.runcall(text_of, path)
        return sum(entry.callcount for entry in profile.getstats())

    steps(2)  # which loads what is loaded once
    assert steps(2000) < 5 * steps(500)


def test_a_squeeze_of_a_batch_of_1_is_noted(tmp_path: Path) -> None:
    found = network(written(tmp_path, [node("Squeeze", ["x"], "y")], shape=(1, 4, 1, 1)))
    assert found.table().output_shapes == ((4,),)
    assert found.spec.notes == "Squeeze takes the batch away too where it is 1, which is kept here."
