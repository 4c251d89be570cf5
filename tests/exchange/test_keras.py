"""Models of Keras: what it counts itself, its layers one by one, what is refused, and what is written for it."""

import json
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchError, Mark
from archcalc.exchange.keras import is_keras, source
from archcalc.graph import Graph, link
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT, Inputs
from archcalc.spec.model import Entry, Spec
from archcalc.table import Table
from tests.cases import CASES, Case
from tests.commands import run
from tests.conftest import BUNDLED
from tests.exchange.readers import FOLDER, fault_of, is_refused_or_sound, network, spoilt, text_of
from tests.random_networks import chain, layer
from tests.sizes import FEW, by_size

MODELS = FOLDER / "keras"

COUNTED: dict[str, tuple[int, int, list[Shape]]] = {
    "small_alexnet": (72_938, 72_938, [(10,)]),
    "small_mobilenet": (6_082, 6_370, [(10,)]),
    "small_resnet": (11_294, 11_502, [(10,)]),
    "siamese": (5_523, 5_523, [(1,), (8,)]),
    "autoencoder": (3_686, 3_692, [(137, 3)]),
    "volume": (347, 355, [(5,)]),
    "channels_first": (257, 269, [(5,)]),
}
"""What Keras 3.15.1 says of these models: trainable parameters, count_params(), and the shapes that they hand on."""


def counted(table: Table) -> tuple[int, int]:
    """Parameters that are learnt, and those with the two statistics that Keras has for each channel of a norm."""
    learnt = table.totals.params
    return learnt, learnt + sum(2 * row.output_shape[0] for row in table.rows if row.op.startswith("batch_norm"))


def channels_last(shape: Shape) -> Shape:
    return (*shape[1:], shape[0])


@pytest.mark.parametrize("name", COUNTED)
def test_parameters_and_outputs_are_those_of_keras(name: str) -> None:
    table = network(MODELS / f"{name}.json").table()
    *counts, outputs = COUNTED[name]
    assert counted(table) == tuple(counts)
    assert [channels_last(shape) for shape in table.output_shapes] == outputs


def test_every_model_there_is_counted() -> None:
    assert {path.stem for path in MODELS.glob("*.json")} == {*COUNTED}


def said(class_name: str, /, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def sequential(folder: Path, *layers: dict[str, Any], shape: object = (8, 8, 4), **more: Any) -> Path:
    """A file with a Sequential model, whose layers are called l1, l2 and so on."""
    sizes = None if shape is None else [None, *shape]  # type: ignore[misc]
    named = [{**one, "config": {**one["config"], "name": f"l{n}"}} for n, one in enumerate(layers, start=1)]
    start = {"class_name": "InputLayer", "config": {"batch_shape": sizes, "name": "images"}}
    model = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "net", "layers": [start, *named]},
        **more,
    }
    path = folder / "net.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def lines(path: Path, input_shape: Shape | None = None) -> list[str]:
    text = text_of(path, input_shape).partition("layers:\n")[2].partition("outputs:")[0]
    return [line.removeprefix("  - {").removesuffix("}") for line in text.splitlines()]


CONV: dict[str, Any] = {"filters": 6, "kernel_size": [3, 3]}

ONE_BY_ONE: list[tuple[dict[str, Any], list[str]]] = [
    (said("Conv2D", **CONV), ["name: l1, op: conv2d, out_channels: 6, kernel_size: 3"]),
    (
        said("Conv2D", **CONV, padding="same", strides=[2, 2], activation="relu"),
        ["name: l1, op: conv2d, out_channels: 6, kernel_size: 3, stride: 2, padding: same, activation: relu"],
    ),
    (
        said("Conv2D", **CONV, activation={"module": "builtins", "class_name": "function", "config": "relu6"}),
        ["name: l1, op: conv2d, out_channels: 6, kernel_size: 3, activation: relu6"],
    ),
    (
        said("DepthwiseConv2D", kernel_size=[3, 3], depth_multiplier=2),
        ["name: l1, op: conv2d, out_channels: 8, kernel_size: 3, groups: 4"],
    ),
    (
        said("SeparableConv2D", **CONV, depth_multiplier=2, dilation_rate=2),
        [
            "name: l1.depthwise, op: conv2d, out_channels: 8, kernel_size: 3, dilation: 2, groups: 4, bias: false",
            "name: l1.pointwise, op: conv2d, out_channels: 6, kernel_size: 1",
        ],
    ),
    (said("Dense", units=5), ["name: l1, op: conv2d, out_channels: 5, kernel_size: 1"]),
    (said("LocallyConnected2D", **CONV), ["name: l1, op: local2d, out_channels: 6, kernel_size: 3"]),
    (said("MaxPooling2D", pool_size=[3, 2]), ["name: l1, op: max_pool2d, kernel_size: [3, 2]"]),
    (
        said("AveragePooling2D", pool_size=3, strides=2, padding="same"),
        ["name: l1, op: avg_pool2d, kernel_size: 3, stride: 2, padding: same, count_include_pad: false"],
    ),
    (said("GlobalMaxPooling2D", keepdims=True), ["name: l1, op: adaptive_max_pool2d, output_size: 1"]),
    (
        said("BatchNormalization", axis=-1, epsilon=1e-5, momentum=0.9),
        ["name: l1, op: batch_norm2d"],
    ),
    (
        said("BatchNormalization", axis=[3], center=False),
        ["name: l1, op: batch_norm2d, eps: 0.001, momentum: 0.01, affine: false", "name: l1.scale, op: scale"],
    ),
    (
        said("BatchNormalization", scale=False),
        [
            "name: l1, op: batch_norm2d, eps: 0.001, momentum: 0.01, affine: false",
            "name: l1.scale, op: scale, weight: false, bias: true",
        ],
    ),
    (said("LayerNormalization", axis=[1, 2, 3]), ["name: l1, op: layer_norm, normalized_shape: [4, 8, 8], eps: 0.001"]),
    (said("GroupNormalization", groups=-1), ["name: l1, op: group_norm, num_groups: 4, eps: 0.001"]),
    (said("ReLU", max_value=6.0), ["name: l1, op: relu6"]),
    (said("ReLU", max_value=1), ["name: l1, op: hardtanh, min_val: 0"]),
    (said("ReLU", negative_slope=0.5), ["name: l1, op: leaky_relu, negative_slope: 0.5"]),
    (said("LeakyReLU", alpha=0.3), ["name: l1, op: leaky_relu, negative_slope: 0.3"]),
    (said("PReLU", shared_axes=[1, 2, 3]), ["name: l1, op: prelu"]),
    (said("Softmax"), ["name: l1, op: softmax"]),
    (said("Softmax", axis=2), ["name: l1, op: softmax, dim: 3"]),
    (
        said("Activation", activation="selu"),
        ["name: l1_elu, op: elu, alpha: 1.6732632423543772", "name: l1, op: times, number: 1.0507009873554805"],
    ),
    (said("Dropout", rate=0.2), ["name: l1, op: dropout, p: 0.2"]),
    (said("Dropout", rate=0.2, noise_shape=[None, 1, 1, 1]), ["name: l1, op: stochastic_depth, p: 0.2"]),
    (
        said("Reshape", target_shape=[4, -1, 8]),
        [
            "name: l1.last, op: permute, dims: [2, 3, 1]",
            "name: l1, op: reshape, shape: [4, 8, 8]",
            "name: l1.first, op: permute, dims: [3, 1, 2]",
        ],
    ),
    (said("Permute", dims=[3, 1, 2]), ["name: l1, op: permute, dims: [3, 1, 2]"]),
    (said("ZeroPadding2D", padding=[[0, 1], [2, 0]]), ["name: l1, op: zero_pad2d, padding: {bottom: 1, left: 2}"]),
    (said("Cropping2D", cropping=[[0, 0], [1, 2]]), ["name: l1, op: slice, start: 1, length: 5, dim: 3"]),
    (said("UpSampling2D", size=[2, 3]), ["name: l1, op: upsample, scale_factor: [2, 3]"]),
    (said("Resizing", height=9, width=7), ["name: l1, op: upsample, size: [9, 7], mode: bilinear"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "expected"), ONE_BY_ONE, ids=lambda one: one["class_name"] if isinstance(one, dict) else ""
)
def test_a_layer_is_said_as_ours(tmp_path: Path, one: dict[str, Any], expected: list[str]) -> None:
    assert lines(sequential(tmp_path, one)) == expected


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "more", "out"),
    [  # Keras 3.15.1: with same 7 * stride, or 6 * stride + kernel % 2 + more; with valid 6 * stride + kernel + more
        (3, 2, "same", None, 14),
        (4, 2, "same", None, 14),
        (2, 3, "same", None, 21),
        (5, 1, "same", None, 7),
        (2, 1, "same", None, 7),
        (3, 2, "same", 0, 13),
        (3, 2, "valid", None, 15),
        (2, 3, "valid", None, 21),
        (3, 2, "valid", 1, 16),
    ],
)
def test_transposed_convolutions_make_what_keras_says(
    tmp_path: Path, kernel: int, stride: int, padding: str, more: int | None, out: int
) -> None:
    config = {"filters": 2, "kernel_size": kernel, "strides": stride, "padding": padding, "output_padding": more}
    rows = network(sequential(tmp_path, said("Conv2DTranspose", **config), shape=(7, 7, 3))).table().rows
    assert rows[-1].output_shape == (2, out, out)
    assert rows[0].macs == 7 * 7 * 3 * 2 * kernel**2


def test_dense_layers_of_features_are_linear(tmp_path: Path) -> None:
    path = sequential(tmp_path, said("Flatten"), said("Dense", units=5, activation="softmax"))
    assert lines(path) == [
        "name: l1, op: flatten",
        "name: l2, op: linear, out_features: 5",
        "name: l2_softmax, op: softmax",
    ]
    assert "Keras' features of a flattened map are in another order" in text_of(path)


def test_what_prepares_images_is_left_out_with_a_note(tmp_path: Path) -> None:
    path = sequential(tmp_path, said("Rescaling", scale=0.5, offset=-1), said("RandomFlip"), said("Conv2D", **CONV))
    assert len(lines(path)) == 1
    assert "Rescaling prepares the images that are the input, and is left out." in text_of(path)
    later = sequential(tmp_path, said("ReLU"), said("Rescaling", scale=0.5, offset=0))
    assert lines(later)[1] == "name: l2, op: times, number: 0.5"


def test_channels_that_come_first_stay_where_they_are(tmp_path: Path) -> None:
    first = {"data_format": "channels_first"}
    path = sequential(tmp_path, said("Conv2D", **CONV, **first), said("Dense", units=5), shape=(4, 8, 9))
    assert [row.output_shape for row in network(path).table().rows] == [(6, 6, 7), (6, 6, 5)]
    last = {"data_format": "channels_last"}
    mixed = sequential(tmp_path, said("Conv2D", **CONV, **last), said("Conv2D", **CONV, **first))
    assert fault_of(mixed) == f"{mixed}: layer l2: Conv2D is channels_first, and layers before it are not"


OF_KERAS_1 = {
    "class_name": "Model",
    "keras_version": "1.2.2",
    "config": {
        "name": "model_1",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 3, 32, 24], "input_dtype": "float32", "name": "in"},
                "inbound_nodes": [],
                "name": "in",
            },
            {
                "class_name": "Convolution2D",
                "config": {
                    "name": "conv",
                    "nb_filter": 8,
                    "nb_row": 5,
                    "nb_col": 3,
                    "subsample": [2, 1],
                    "border_mode": "same",
                    "dim_ordering": "th",
                    "bias": False,
                    "activation": "relu",
                },
                "inbound_nodes": [[["in", 0, 0]]],
                "name": "conv",
            },
            {
                "class_name": "Merge",
                "config": {"mode": "concat", "concat_axis": 1, "name": "both"},
                "inbound_nodes": [[["conv", 0, 0], ["conv", 0, 0]]],
                "name": "both",
            },
            {"class_name": "Flatten", "config": {"name": "flat"}, "inbound_nodes": [[["both", 0, 0]]], "name": "flat"},
            {
                "class_name": "Dense",
                "config": {"output_dim": 7, "activation": "linear", "name": "fc"},
                "inbound_nodes": [[["flat", 0, 0]]],
                "name": "fc",
            },
        ],
        "input_layers": [["in", 0, 0]],
        "output_layers": [["fc", 0, 0]],
    },
}


def written_to(folder: Path, model: object, name: str = "net.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def test_the_words_of_keras_1_are_read(tmp_path: Path) -> None:
    rows = network(written_to(tmp_path, OF_KERAS_1)).table().rows
    assert [(row.name, row.output_shape, row.params) for row in rows] == [
        ("conv", (8, 16, 24), 8 * 3 * 5 * 3),
        ("conv.relu", (8, 16, 24), 0),
        ("both", (16, 16, 24), 0),
        ("flat", (6144,), 0),
        ("fc", (7,), 7 * 6144 + 7),
    ]


def test_a_list_of_layers_is_the_sequential_model_of_keras_1(tmp_path: Path) -> None:
    dense = {"batch_input_shape": [None, 784], "output_dim": 10, "name": "d", "activation": "hard_sigmoid"}
    model = {"class_name": "Sequential", "keras_version": "1.1.1", "config": [{"class_name": "Dense", "config": dense}]}
    path = written_to(tmp_path, model)
    assert lines(path) == ["name: d, op: linear, out_features: 10, activation: hardsigmoid"]
    assert "rises by 1/5" in text_of(path)


def of_keras_2(*layers: tuple[dict[str, Any], list[list[Any]]], out: str) -> dict[str, Any]:
    """A Functional model of Keras 2, of layers, each with what its calls read."""
    entries = [{**one, "name": one["config"]["name"], "inbound_nodes": calls} for one, calls in layers]
    start = {
        "class_name": "InputLayer",
        "name": "in",
        "config": {"batch_input_shape": [None, 8, 8, 3], "name": "in"},
        "inbound_nodes": [],
    }
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[out, 0, 0]]}
    config = {"name": "model", "layers": [start, *entries], **ends}
    return {"class_name": "Functional", "config": config, "keras_version": "2.9.0", "backend": "tensorflow"}


def test_functions_of_tensorflow_take_numbers(tmp_path: Path) -> None:
    add = {"class_name": "TFOpLambda", "config": {"name": "a", "function": "__operators__.add"}}
    mul = {"class_name": "TFOpLambda", "config": {"name": "m", "function": "math.multiply"}}
    relu = {"class_name": "ReLU", "config": {"name": "r", "max_value": 6.0}}
    model = of_keras_2(
        (add, [["in", 0, 0, {"y": 3.0, "name": None}]]),
        (relu, [[["a", 0, 0, {}]]]),
        (mul, [["r", 0, 0, {"y": 1 / 6, "name": None}]]),
        out="m",
    )
    assert lines(written_to(tmp_path, model)) == ["name: m, op: hardsigmoid"]
    model["config"]["output_layers"] = [["a", 0, 0]]
    assert "no layer kind adds a number" in fault_of(written_to(tmp_path, model))


def test_an_output_that_is_an_input_or_another_output_is_an_identity(tmp_path: Path) -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 4, "kernel_size": 1}}
    model = of_keras_2((conv, [[["in", 0, 0, {}]]]), out="c")
    model["config"]["output_layers"] = [["c", 0, 0], ["in", 0, 0], ["c", 0, 0]]
    found = network(written_to(tmp_path, model))
    assert found.table().output_shapes == ((4, 8, 8), (3, 8, 8), (4, 8, 8))
    assert [node.inputs for node in found.graph.nodes] == [("input",), ("input",), ("c",)]


@pytest.mark.parametrize("first", [0, 1])
def test_a_model_in_a_model_is_counted_from_0_or_1(tmp_path: Path, first: int) -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 3, "kernel_size": 1}}
    inner = {**of_keras_2((conv, [[["in", 0, 0, {}]]]), out="c")}
    inner["config"] = {**inner["config"], "name": "inner"}
    add = {"class_name": "Add", "config": {"name": "a"}}
    calls = [[["in", 0, 0, {}]], [["in", 0, 0, {}]]]
    reads = [["inner", first, 0, {}], ["inner", first + 1, 0, {}]]
    rows = network(written_to(tmp_path, of_keras_2((inner, calls), (add, [reads]), out="a"))).table().rows
    assert [(row.name, row.params) for row in rows] == [("inner.c", 12), ("inner.c_2", 0), ("a", 0)]


def test_an_archive_is_read_and_its_weights_are_not(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.write(MODELS / "small_resnet.json", "config.json")
        archive.writestr("model.weights.h5", b"no weights")
    assert counted(network(path).table()) == COUNTED["small_resnet"][:2]


def test_archives_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(b"PK no archive")
    assert "is not a .keras archive, or is damaged or cut off" in fault_of(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.json", "{}")
    assert "it has no config.json among 1 records" in fault_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 33_000_000)
    assert path.stat().st_size < 100_000
    assert "would unpack to 33,000,000 bytes" in fault_of(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "is not a .keras archive, or is damaged or cut off" in fault_of(path)


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (said("Lambda", function=["4wAA"]), "layer l2: Lambda is code of the model's author, which is never run"),
        ({**said("MyLayer"), "module": "my_code"}, "layer l2: MyLayer is code of the model's author"),
        ({**said("Conv2D", **CONV), "registered_name": "my>Conv2D"}, "layer l2: Conv2D is code of the model's author"),
        (said("LSTM", units=3), "layer l2: no layer kind does what Keras' LSTM does"),
        (said("Conv2d", **CONV), "layer l2: no layer kind does what Keras' Conv2d does; did you mean 'Conv2D'?"),
        (said("Activation", activation="reul"), "the activation reul of Activation does; did you mean 'relu'?"),
        (said("Conv2D", filters=0, kernel_size=3), "filters of Conv2D must be an integer >= 1, got 0"),
        (said("Conv2D", **CONV, padding="causal"), "padding of Conv2D must be valid or same, got text 'causal'"),
        (said("Conv2D", filters=6, kernel_size=99), "a 99x99 window does not fit 8x8"),
        (said("LayerNormalization", scale=False), "does without scale: a shift alone"),
        (said("BatchNormalization", axis=1), "BatchNormalization does along axis 1 of 4: only for each channel"),
        (said("PReLU"), "PReLU does with a slope for each place"),
        (said("Reshape", target_shape=[7, 7]), "Reshape does to [7, 7]: it reads 256 elements"),
        (said("Softmax", axis=7), "there is no axis 7 in a tensor of 3 axes after the batch"),
        (said("Add"), "Add does with one layer"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_named_and_the_rest_is_kept(tmp_path: Path, one: dict[str, Any], fault: str) -> None:
    path = sequential(tmp_path, said("ReLU"), one)
    assert fault in fault_of(path)
    assert fault_of(path).startswith(f"{path}: layer l2: ")
    part, _ = network(path).up_to_a_fault()
    assert part.graph.nodes[0].layer.op == "relu"


def test_an_input_that_is_not_known_is_asked_for(tmp_path: Path) -> None:
    path = sequential(tmp_path, said("Conv2D", **CONV), shape=(None, None, 3))
    asked = "the shape of its input is ?x?x3, without the batch: give it, channels first, as in --input 3x224x224"
    assert fault_of(path) == f"{path}: {asked}"
    assert network(path, (3, 32, 24)).table().output_shapes == ((6, 30, 22),)
    unsaid = sequential(tmp_path, said("Dense", units=2), shape=None)
    assert "the shape of its input is not said, without the batch: give it" in fault_of(unsaid)
    assert network(unsaid, (5,)).table().totals.params == 12


def test_json_is_ours_where_it_is_not_keras(tmp_path: Path) -> None:
    ours = tmp_path / "ours.json"
    ours.write_text(run("show", "lenet5", "--format", "json").stdout, encoding="utf-8")
    assert not is_keras(str(ours))
    assert archcalc.load(ours).table().totals.params == archcalc.load("lenet5").table().totals.params
    for text in ("[]", "", "{", '{"archcalc": 1, "notes": "class_name", "class_name": 1, "config": 2}'):
        ours.write_text(text, encoding="utf-8")
        assert not is_keras(str(ours))
    assert not is_keras(str(tmp_path))
    assert not is_keras(str(tmp_path / "none.json"))
    ours.write_text('{"class_name": "Sequential", "config"', encoding="utf-8")
    assert fault_of(ours) == f"{ours}:1:38: not JSON: expecting ':' delimiter"


def round_trip(graph: Graph, folder: Path) -> archcalc.Network:
    path = folder / "written.json"
    path.write_text(source(graph), encoding="utf-8")
    return network(path)


def refusal_of(graph: Graph) -> str:
    """Why Keras cannot have a network; empty where it can."""
    try:
        source(graph)
    except ArchError as error:
        return str(error)
    return ""


def weighty(table: Table) -> list[tuple[str, Shape, int, int]]:
    """The layers that have parameters, with their numbers."""
    return [(row.op, row.output_shape, row.params, row.macs) for row in table.rows if row.params]


TOWERS = "Keras has no layers that exist once for each device"
NO_LAYER = {
    **dict.fromkeys(("alexnet_ccv", "alexnet_paper", "alexnet_torch7"), TOWERS),
    "lenet5": "Keras has no layer that does what scale does with a bias or one factor for all",
    "segnet": "Keras has no layer that does what max_unpool2d does",
    "cuda_convnet_13pct": "Keras has no layer that does what local2d does",
}  # fmt: skip
LRN = "Keras has no layer that does what local_response_norm does"
SAID_OTHERWISE = ("convnext_tiny",)
"""Specs whose linear layers of maps with channels last are convolutions once they are read again."""


@pytest.mark.parametrize("name", by_size(BUNDLED, FEW))
def test_a_network_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    ours = archcalc.load(name)
    refusal = refusal_of(ours.graph)
    if refusal:
        assert refusal.partition(": ")[2] in (LRN, NO_LAYER.get(name))
        return
    theirs, table = round_trip(ours.graph, tmp_path).table(), ours.table()
    assert name not in NO_LAYER
    assert (theirs.totals.params, theirs.totals.macs) == (table.totals.params, table.totals.macs)
    assert theirs.output_shapes == table.output_shapes
    if name not in SAID_OTHERWISE:
        assert weighty(theirs) == weighty(table)


def alone(row: Case) -> Spec:
    """A network of one layer."""
    names = [f"x{place}" for place in range(len(row.inputs))] if len(row.inputs) > 1 else [INPUT]
    shapes: Inputs = dict(zip(names, row.inputs, strict=True)) if len(row.inputs) > 1 else row.inputs[0]
    entry = Entry("l", row.layer, tuple(names), None, False, Mark("made.yaml", 1, 1))
    return Spec(name="one", input_shape=shapes, layers=(entry,))


ALONE = [row for row in CASES if max(map(len, row.inputs)) <= 4 and row.layer.op != "times"]
"""All cases but inputs of more axes than a spec has, and factors, which are left out where they read the input."""


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.id)
def test_a_layer_comes_back_with_its_numbers_or_is_refused(row: Case, tmp_path: Path) -> None:
    graph = link(alone(row))
    refusal = refusal_of(graph)
    if refusal:
        assert refusal.startswith(("layer l: Keras has no layer that does what", "layer l: Keras repeats places by"))
    elif json.loads(source(graph))["config"]["layers"][1:]:  # a permutation alone is no layer there
        table = round_trip(graph, tmp_path).table()
        assert (table.totals.params, table.totals.macs) == (row.params, row.macs)
        assert table.output_shapes[-1] == row.out


def test_zeros_around_a_pool_need_what_is_never_negative(tmp_path: Path) -> None:
    pool = layer("max_pool2d", kernel_size=3, stride=2, padding=1)
    with pytest.raises(
        ArchError, match="layer l0: Keras has no layer that does what max_pool2d does with this padding"
    ):
        source(link(chain(pool, input_shape=(4, 8, 8))))
    rows = round_trip(link(chain(layer("relu"), pool, input_shape=(4, 8, 8))), tmp_path).table().rows
    assert [(row.op, row.output_shape) for row in rows[1:]] == [("zero_pad2d", (4, 10, 10)), ("max_pool2d", (4, 4, 4))]


def test_what_permutes_costs_keras_no_layer_where_its_channels_are_last_anyway(tmp_path: Path) -> None:
    there, back = layer("permute", dims=[2, 3, 1]), layer("permute", dims=[3, 1, 2])
    text = source(link(chain(there, layer("linear", out_features=5), back, input_shape=(4, 8, 9))))
    assert [entry["class_name"] for entry in json.loads(text)["config"]["layers"]] == ["InputLayer", "Dense"]


def test_a_model_is_written_by_the_command(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    run("export", "lenet_d2l", "--to", "keras", "--output", str(path))
    assert counted(network(path).table())[0] == archcalc.load("lenet_d2l").table().totals.params
    first = json.loads(path.read_text(encoding="utf-8"))["config"]["layers"][0]
    assert first["config"]["batch_shape"] == [None, 28, 28, 1]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(COUNTED)), data=st.data())
def test_a_text_that_is_spoilt_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    text = data.draw(spoilt((MODELS / f"{name}.json").read_text(encoding="utf-8")))
    path = tmp_path_factory.mktemp("spoilt") / "net.json"
    path.write_text(text, encoding="utf-8")
    is_refused_or_sound(path, None)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    (
        None,
        True,
        False,
        0,
        -1,
        1,
        3,
        10**12,
        10**30,
        1.5,
        "",
        "same",
        "l0",
        "\0",
        [],
        [[]],
        [1, 2],
        [None, 1],
        {},
        {"a": 1},
    )
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a value, each as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, one in inner for place in places(one, (*way, key)))]


def changed(value: Any, data: st.DataObject) -> Any:
    """A value with one thing in it left out, or another in its place."""
    way = data.draw(st.sampled_from(places(value)[1:]))
    owner = value
    for key in way[:-1]:
        owner = owner[key]
    if data.draw(st.booleans()):
        del owner[way[-1]]
    else:
        owner[way[-1]] = deepcopy(data.draw(ODD))
    return value


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(COUNTED)), times=st.integers(1, 3), data=st.data())
def test_json_that_is_changed_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, times: int, data: st.DataObject
) -> None:
    model = json.loads((MODELS / f"{name}.json").read_text(encoding="utf-8"))
    for _ in range(times):
        if len(places(model)) > 1:
            model = changed(model, data)
    is_refused_or_sound(written_to(tmp_path_factory.mktemp("changed"), model), None)


def test_models_that_call_each_other_end(tmp_path: Path) -> None:
    """Each calls the one inside it twice: 2 ** 19 layers."""
    model = of_keras_2(({"class_name": "ReLU", "config": {"name": "r"}}, [[["in", 0, 0, {}]]]), out="r")
    for number in range(19):
        inner = {**model, "config": {**model["config"], "name": f"m{number}"}}
        twice = [[["in", 0, 0, {}]], [[f"m{number}", 0, 0, {}]]]
        model = of_keras_2((inner, twice), out=f"m{number}")
        model["config"]["output_layers"] = [[f"m{number}", 1, 0]]
    assert "the model calls layers over 20,000 times" in fault_of(written_to(tmp_path, model))


def test_a_layer_that_reads_itself_is_refused(tmp_path: Path) -> None:
    relu = {"class_name": "ReLU", "config": {"name": "r"}}
    model = of_keras_2((relu, [[["r", 0, 0, {}]]]), out="r")
    assert fault_of(written_to(tmp_path, model)).endswith("layer r: reads what is made of itself")
    model = of_keras_2((relu, [[["inn", 0, 0, {}]]]), out="r")
    assert fault_of(written_to(tmp_path, model)).endswith("there is no layer inn, which it reads; did you mean 'in'?")
