"""Caffe's .prototxt files: BVLC's own, with the totals that are known of them, and the grammar in small."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange import caffe
from archcalc.exchange.caffe.prototext import parse
from archcalc.exchange.yaml import written
from tests.commands import run
from tests.conftest import BUNDLED
from tests.exchange.readers import FOLDER, fault_of, is_refused_or_sound, network, spoilt, text_of
from tests.sizes import by_size

PROTOTXT = FOLDER / "caffe"


@pytest.mark.parametrize(
    ("name", "shape", "params", "macs"),
    [
        # bvlc_alexnet.caffemodel has 243,862,414 bytes: 60,965,224 numbers of 4, and 1,518 of names and shapes
        ("alexnet_train_val", None, 60_965_224, 724_406_816),
        ("caffenet_deploy", None, 60_965_224, 724_406_816),
        # 6,998,552 numbers of the paper's network without its auxiliary heads: specs/googlenet_paper.yaml
        ("googlenet_deploy", None, 6_998_552, 1_582_671_872),
        # https://github.com/BVLC/caffe/blob/master/examples/01-learning-lenet.ipynb shows the shapes of its blobs
        ("lenet_train_test", (1, 28, 28), 431_080, 2_293_000),
        # 32*75 + 32, 32*800 + 32, 64*800 + 64, 10*1024 + 10; by 32*32, 16*16 and 8*8 places
        ("cifar10_full", None, 89_578, 12_298_240),
    ],
)
def test_networks_of_bvlc_have_their_totals(name: str, shape: tuple[int, ...] | None, params: int, macs: int) -> None:
    totals = network(PROTOTXT / f"{name}.prototxt", shape).table().totals
    assert (totals.params, totals.macs) == (params, macs)


@pytest.mark.parametrize(
    ("file", "spec"),
    [("alexnet_train_val", "alexnet_caffe"), ("caffenet_deploy", "caffenet"), ("googlenet_deploy", "googlenet_paper")],
)
def test_they_are_the_specs_that_are_written_by_hand(file: str, spec: str) -> None:
    ours, theirs = archcalc.load(spec), network(PROTOTXT / f"{file}.prototxt")
    assert [(row.op, row.output_shape, row.params, row.macs) for row in theirs.table().rows if row.params] == [
        (row.op, row.output_shape, row.params, row.macs) for row in ours.table().rows if row.params
    ]
    assert [row.output_shape for row in theirs.table().rows if "pool" in row.op] == [
        row.output_shape for row in ours.table().rows if "pool" in row.op
    ]


def test_layers_that_share_their_weights_count_them_once() -> None:
    table = network(PROTOTXT / "mnist_siamese_train_test.prototxt", (2, 28, 28)).table()
    assert (table.totals.params, table.totals.macs) == (431_102, 2 * 2_293_020)
    assert [row.params for row in table.rows if row.name.startswith("conv")] == [520, 25_050, 0, 0]


def test_rounding_up_is_said_where_it_matters() -> None:
    done = run("table", str(PROTOTXT / "googlenet_deploy.prototxt"))
    assert done.returncode == 0
    assert "pool1.3x3_s2 makes 56x56, since Caffe rounds up; rounded down it is 55x55." in done.stderr
    assert "since Caffe" not in run("table", str(PROTOTXT / "alexnet_train_val.prototxt")).stderr


def prototxt(folder: Path, text: str) -> Path:
    path = folder / "net.prototxt"
    path.write_text(text, encoding="utf-8")
    return path


def lines(path: Path) -> list[str]:
    return text_of(path).partition("layers:\n")[2].splitlines()


INPUT = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 16 input_dim: 16\n'
FIRST = f"""name: "old" {INPUT}
layers {{ layer {{ name: "pad1" type: "padding" pad: 2 }} bottom: "data" top: "pad1" }}
layers {{ layer {{ name: "conv1" type: "conv" num_output: 8 kernelsize: 5 stride: 2 biasterm: false }}
  bottom: "pad1" top: "conv1" }}
layers {{ layer {{ name: "relu1" type: "relu" }} bottom: "conv1" top: "conv1" }}
layers {{ layer {{ name: "pool1" type: "pool" pool: MAX kernelsize: 3 stride: 2 }} bottom: "conv1" top: "pool1" }}
layers {{ layer {{ name: "fc" type: "innerproduct" num_output: 4 }} bottom: "pool1" top: "fc" }}
layers {{ layer {{ name: "prob" type: "softmax" }} bottom: "fc" top: "prob" }}
"""
SECOND = f"""name: "old" {INPUT}
layers {{ name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" blobs_lr: 1 blobs_lr: 2
  convolution_param {{ num_output: 8 pad: 2 kernel_size: 5 stride: 2 bias_term: false }} }}
layers {{ name: "relu1" type: RELU bottom: "conv1" top: "conv1" }}
layers {{ name: "pool1" type: POOLING bottom: "conv1" top: "pool1"
  pooling_param {{ pool: MAX kernel_size: 3 stride: 2 }} }}
layers {{ name: "fc" type: INNER_PRODUCT bottom: "pool1" top: "fc" inner_product_param {{ num_output: 4 }} }}
layers {{ name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }}
"""
THIRD = """name: 'old'
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 16, 16] } } }
layer < name: "conv1", type: "Convolution"; bottom: "data" top: "conv1"  # comments, < > and separators
  convolution_param { num_output: 0x8 pad: 2 kernel_h: 5 kernel_w: 5 stride: 2 bias_term: false } >
layer { name: "relu1" type: "Re" "LU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "drop" type: "Dropout" bottom: "pool1" top: "pool1" include { phase: TRAIN } }
layer { name: "fc" type: "InnerProduct" bottom: "pool1" top: "fc" inner_product_param { num_output: 4 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" include { phase: TEST } }
"""


def test_three_generations_say_the_same(tmp_path: Path) -> None:
    texts = {text_of(prototxt(tmp_path, text)) for text in (FIRST, SECOND, THIRD)}
    assert [text.partition("layers:\n")[2].splitlines() for text in texts] == [
        [
            "  - {name: conv1, op: conv2d, out_channels: 8, kernel_size: 5, stride: 2, padding: 2, bias: false, "
            "activation: relu}",
            "  - {name: pool1, op: max_pool2d, kernel_size: 3, stride: 2, ceil_mode: caffe}",
            "  - {name: flatten, op: flatten}",
            "  - {name: fc, op: linear, out_features: 4}",
            "  - {name: prob, op: softmax}",
        ]
    ]


def layer(kind: str, *parts: str, bottom: str = "data", name: str = "x", top: str = "x") -> str:
    bottoms = " ".join(f'bottom: "{one}"' for one in bottom.split())
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{top}" {" ".join(parts)} }}\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (layer("Deconvolution", "convolution_param { num_output: 3 kernel_size: 4 stride: 2 pad: 1 group: 3 }"),
         "op: conv_transpose2d, out_channels: 3, kernel_size: 4, stride: 2, padding: 1, groups: 3}"),
        (layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 kernel_size: 5 dilation: 2 }"),
         "op: conv2d, out_channels: 4, kernel_size: [3, 5], dilation: 2}"),
        (layer("DepthwiseConvolution", "convolution_param { num_output: 3 kernel_size: 3 }"),
         "op: conv2d, out_channels: 3, kernel_size: 3, groups: 3}"),
        (layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
         "op: adaptive_avg_pool2d, output_size: 1}"),
        (layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 round_mode: FLOOR }"),
         "op: avg_pool2d, kernel_size: 2}"),
        (layer("Pooling", "pooling_param { kernel_size: 3 ceil_mode: false stride: 2 }"),
         "op: max_pool2d, kernel_size: 3, stride: 2}"),
        (layer("LRN"), "op: local_response_norm, size: 5, alpha_per: mean, alpha: 1}"),
        (layer("LRN", "lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 alpha: 5e-05 k: 2 }"),
         "op: local_response_norm2d, size: 3, alpha_per: mean, alpha: 5e-05}"),
        (layer("ReLU", "relu_param { negative_slope: 0.1 }"), "op: leaky_relu, negative_slope: 0.1}"),
        (layer("PReLU"), "op: prelu, num_parameters: 3}"),
        (layer("PReLU", "prelu_param { channel_shared: true }"), "op: prelu}"),
        (layer("Power", "power_param { scale: 0.5 }"), "op: times, number: 0.5}"),
        (layer("AbsVal"), "op: abs}"),
        (layer("Dropout", "dropout_param { dropout_ratio: 0.2 }"), "op: dropout, p: 0.2}"),
        (layer("BatchNorm"), "op: batch_norm2d, affine: false}"),
        (layer("BatchNorm") + layer("Scale", "scale_param { bias_term: true }", bottom="x"), "op: batch_norm2d}"),
        (layer("Scale"), "op: scale}"),
        (layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }"), "op: flatten}"),
        (layer("Reshape", "reshape_param { shape { dim: 0 dim: 0 dim: 64 dim: -1 } }"),
         "op: reshape, shape: [3, 64, -1]}"),
        (layer("Reduction", "reduction_param { operation: MEAN axis: 2 }"), "op: mean, dim: [2, 3]}"),
        (layer("ShuffleChannel", "shuffle_channel_param { group: 3 }"), "op: channel_shuffle, groups: 3}"),
        (layer("ReLU", top="a") + layer("Eltwise", "eltwise_param { coeff: 1 coeff: -1 }", bottom="data a"),
         "op: sub, from: [input, x]}"),
        (layer("ReLU", top="a") + layer("Eltwise", "eltwise_param { operation: PROD }", bottom="data a"),
         "op: mul, from: [input, x]}"),
        (layer("ReLU", top="a") + layer("Concat", bottom="data a"), "op: concat, from: [input, x]}"),
        (layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", top="a") + layer("Crop", bottom="data a"),
         "op: slice, length: 8, dim: 3}"),
        (layer("ReLU", top="a") + layer("Concat", "concat_param { axis: -3 }", bottom="data a"),
         "op: concat, from: [input, x]}"),
        (layer("ReLU", top="a") + layer("Concat", "concat_param { axis: -1 }", bottom="data a"),
         "op: concat, from: [input, x], dim: 3}"),
        (layer("Softmax", "softmax_param { axis: -2 }"), "op: softmax, dim: 2}"),
        (layer("Flatten", "flatten_param { axis: -2 end_axis: -1 }"), "op: flatten, start_dim: 2}"),
        (layer("Flatten", "flatten_param { axis: 1 end_axis: -2 }"), "op: flatten, end_dim: 2}"),
        (layer("Slice", "slice_param { axis: -1 }"), "op: slice, length: 16, dim: 3}"),
        (layer("Reduction", "reduction_param { operation: MEAN axis: -1 }"), "op: mean, dim: 3}"),
        (layer("Scale", "scale_param { axis: -3 }"), "op: scale}"),
        (layer("Convolution", "convolution_param { axis: -3 num_output: 4 kernel_size: 3 }"),
         "op: conv2d, out_channels: 4, kernel_size: 3}"),
        (layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", top="a")
         + layer("Crop", "crop_param { offset: 4 }", bottom="data a"), "op: center_crop_like, from: [input, x]}"),
        (layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", top="a")
         + layer("Crop", "crop_param { offset: 3 }", bottom="data a"), "op: slice, start: 3, length: 8, dim: 3}"),
    ],
)  # fmt: skip
def test_a_layer_is_this_line(tmp_path: Path, text: str, line: str) -> None:
    assert [one for one in lines(prototxt(tmp_path, INPUT + text)) if "outputs:" not in one][-1].endswith(line)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("layer { name: 'a'\n layer {", "net.prototxt:3:8: the text ends before '{' is closed, which is opened here"),
        ("layer { name: 'a' >", "here '>' closes, which is not what opens at line 2"),
        ("}", "net.prototxt:2:1: here '}' closes, which nothing opens"),
        ("layer { name 'a' }", "after name must be ': value' or '{ ... }'"),
        ("layer: 3", "net.prototxt:2:8: layer must be { ... }, got text '3'"),
        ("layer { x { " + "a { " * 80, "nested more than 64 levels deep"),
        (layer("Convolution", "convolution_param { num_output: 4 }"), "layer x: kernel_size is missing"),
        (layer("Convolution", "convolution_param { num_output: 0 kernel_size: 1 }"),
         "layer x: out_channels must be an integer >= 1, got 0"),
        (layer("Convolution", "convolution_param { num_output: 4 kernel_size: 99 }"),
         "layer x: a 99x99 window does not fit 16x16"),
        (layer("Convolution", "convolution_param { num_output: 4.5 kernel_size: 1 }"),
         "num_output must be an integer >= 0, got text '4.5'"),
        (layer("ROIPooling"), "layer x: no layer kind does what ROIPooling does; did you mean 'Pooling'?"),
        (layer("ReLU", bottom="nothing"), "layer x: it reads the blob 'nothing', which nothing before it makes"),
        (layer("LRN", "lrn_param { norm_region: BELOW }"), "layer x: no layer kind normalizes BELOW"),
        ("layers { type: RELU bottom: 'data' }" + layer("ReLU"), "a network has either layer { } or layers { }"),
        ("", "this is not a network of Caffe: it has no layers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in fault_of(prototxt(tmp_path, INPUT + text))


def test_a_size_that_the_file_does_not_say_is_asked_for() -> None:
    done = run("table", str(PROTOTXT / "lenet_train_test.prototxt"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "data has no shape in the file: give it, channels first, as in --input 3x224x224" in done.stderr


def test_inputs_whose_names_a_spec_cannot_tell_apart_stay_two(tmp_path: Path) -> None:
    blobs = {"image-left": 3, "image_left": 5}
    inputs = "".join(
        f'input: "{blob}" input_shape {{ dim: 1 dim: {size} dim: 8 dim: 8 }}\n' for blob, size in blobs.items()
    )
    both = 'layer { name: "both" type: "Concat" bottom: "image-left" bottom: "image_left" top: "both" }'
    net = network(prototxt(tmp_path, f"{inputs}{both}"))
    assert dict(net.graph.spec.inputs) == {"image_left": (3, 8, 8), "image_left_2": (5, 8, 8)}
    assert net.graph.nodes[-1].output_shape == (3 + 5, 8, 8)


def test_numbers_are_those_of_the_text_form() -> None:
    message = parse("a: -1e-4 b: 1.5f c: inf d: 010 e: 0x1F f: [1, 2,] f: 3 g: 'a\\'b' \"c\"", "net")
    assert (message.number("a", 0), message.number("b", 0), message.number("c", 0)) == (-1e-4, 1.5, float("inf"))
    assert (message.integer("d", 0), message.integer("e", 0), message.integers("f")) == (8, 31, [1, 2, 3])
    assert message.word("g") == "a'bc"
    with pytest.raises(ArchError, match="net:1:4: a must be an integer >= 0"):
        message.integer("a", 0)


@settings(max_examples=60, deadline=None)
@given(text=spoilt((PROTOTXT / "caffenet_deploy.prototxt").read_text(encoding="utf-8")))
def test_what_is_spoilt_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("spoilt") / "net.prototxt"
    path.write_text(text, encoding="utf-8")
    is_refused_or_sound(path, None)


NOT_OF_CAFFE = {
    **dict.fromkeys(
        ("alexnet_ccv", "alexnet_paper", "alexnet_torch7"), "conv1: Caffe has no layers that are on several"
    ),
    "alexnet_cuda_convnet2": "conv1: Caffe rounds convolutions down",
    "alexnet_tf_benchmark": "conv1: Caffe pads both sides alike, not 3x3 before and 4x4 after",
    "convnext_tiny": "stem_norm: Caffe has no layer that does what layer_norm2d does",
    **dict.fromkeys(
        ("cuda_convnet_11pct", "cuda_convnet_13pct"), "local3: Caffe has no layer that does what local2d does"
    ),
    "efficientnet_b0": "bn0.silu: Caffe has no layer that does what silu does",
    "googlenet_aux": "aux2.pool: Caffe's pools cannot make 4x4 of 14x14: their windows are all alike",
    "lenet5": "C3: Caffe has no layer that does what table_conv2d does",
    "mobilenet_v1": "conv0: Caffe pads both sides alike, not 0x0 before and 1x1 after",
    "mobilenet_v2": "bn0.relu6: Caffe has no layer that does what relu6 does",
    **dict.fromkeys(("mobilenet_v3_large", "mobilenet_v3_small"), "bn0.hardswish: Caffe has no layer that does"),
    "regnet_y_400mf": "block1.first.sum.f.se.scaled: Caffe puts equal shapes together, not 48x1x1 and 48x56x56",
    "segnet": "unpool5: Caffe has no layer that does what max_unpool2d does",
    "shufflenet_v2_x1_0": "stage2.first.shuffle: Caffe has no layer that does what channel_shuffle does",
    "yolo_v2_tiny_voc": "pool6: Caffe makes other windows than these 13x13: it pads both sides alike, and rounds up",
}


@pytest.mark.parametrize("spec", by_size(BUNDLED))
def test_what_is_written_is_the_same_when_it_is_read(spec: str) -> None:
    ours = archcalc.load(spec)
    if spec in NOT_OF_CAFFE:
        with pytest.raises(ArchError, match=f"^layer {re.escape(NOT_OF_CAFFE[spec])}"):
            ours.export("caffe")
        return
    found = caffe.read_text(ours.export("caffe"), "net.prototxt", "net")
    assert found.fault is None
    theirs = archcalc.load(written(found.document))
    assert theirs.table().totals == ours.table().totals
    assert [(row.output_shape, row.params, row.macs) for row in theirs.table().rows if row.params or row.macs] == [
        (row.output_shape, row.params, row.macs) for row in ours.table().rows if row.params or row.macs
    ]


@pytest.mark.parametrize(
    ("axis", "shape", "params"),
    [
        (1, (5,), 3 * 16 * 16 * 5 + 5),
        (-3, (5,), 3 * 16 * 16 * 5 + 5),
        (2, (3, 5), 16 * 16 * 5 + 5),  # for each of 3 channels
        (-1, (3, 16, 5), 16 * 5 + 5),  # for each row
    ],
)
def test_an_inner_product_reads_its_axis_and_those_after_it(
    tmp_path: Path, axis: int, shape: tuple[int, ...], params: int
) -> None:
    text = INPUT + layer("InnerProduct", f"inner_product_param {{ num_output: 5 axis: {axis} }}")
    table = network(prototxt(tmp_path, text)).table()
    assert (table.output_shapes, table.totals.params) == ((shape,), params)


def test_an_input_that_no_layer_reads_is_handed_on_as_caffe_does(tmp_path: Path) -> None:
    more = "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ dim: 1 dim: {size} }} }} }}\n'
        for name, size in (("labels", 1), ("weights", 1), ("scores", 7))
    )
    ends = layer("ReLU", top="a") + layer("SoftmaxWithLoss", bottom="a labels weights", name="loss", top="loss")
    found = network(prototxt(tmp_path, f"{INPUT}{more}{ends}"))
    assert found.table().output_shapes == ((7,), (3, 16, 16))  # not the labels and weights, which the loss reads
    assert found.graph.nodes[-1].inputs == ("scores",)


def test_two_blobs_of_one_layer_are_two_outputs(tmp_path: Path) -> None:
    split = 'layer { name: "s" type: "Split" bottom: "x" top: "p" top: "q" }'
    assert network(prototxt(tmp_path, INPUT + layer("ReLU") + split)).table().output_shapes == ((3, 16, 16),) * 2


PARTS = """archcalc: 1
name: parts
input: [6, 8, 8]
layers:
  - {name: halves, op: chunk, chunks: 2}
  - {name: conv, op: conv2d, from: halves.1, out_channels: 3, kernel_size: 1}
  - {name: both, op: concat, from: [halves.0, conv]}
  - {name: three, op: split, sizes: [1, 2, 3]}
  - {name: rows, op: slice, from: three.2, start: 2, length: 3, dim: 2}
  - {name: whole, op: slice, from: three.2, length: 3}
  - {name: middle, op: chunk, chunks: 3, index: 1, from: input}
outputs: [rows, whole, middle, three.0, both]
"""


def test_parts_are_slices_of_one_blob_and_what_is_no_layer_is_silent() -> None:
    ours = archcalc.load(PARTS)
    net = parse(ours.export("caffe"), "net.prototxt")
    said = {one.word("name"): one for one in net.messages("layer") if one.word("type") in ("Slice", "Silence")}
    cuts = {name: one.message("slice_param").integers("slice_point") for name, one in said.items() if one.words("top")}
    assert cuts == {"halves.0": [3], "three.0": [1, 3], "rows": [2, 5], "whole": [], "middle": [2, 4]}
    assert said["rows"].words("top") == ["rows/0", "rows", "rows/1"]
    assert said["rows/silence"].words("bottom") == ["rows/0", "rows/1"]
    assert said["silence"].words("bottom") == ["three.1"]


def test_parts_and_what_is_handed_on_are_read_as_they_were() -> None:
    ours = archcalc.load(PARTS)
    found = caffe.read_text(ours.export("caffe"), "net.prototxt", "net")
    theirs = archcalc.load(written(found.document)).table()
    shapes = {row.name: row.output_shape for row in ours.table().rows if row.name != "three.1"}
    assert {row.name: row.output_shape for row in theirs.rows if row.op != "identity"} == shapes
    assert sorted(theirs.output_shapes) == sorted(ours.table().output_shapes)


def test_a_file_of_caffe_is_written_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    assert run("export", "caffenet", "--output", str(path)).returncode == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith('name: "caffenet"\nlayer {\n  name: "input"\n  type: "Input"\n')
    assert "  lrn_param {\n    local_size: 5\n    alpha: 0.0001\n" in text
    assert run("table", str(path)).stdout.count("conv2d") == 6


CONV = layer(
    "Convolution", 'param { name: "w" } convolution_param { num_output: 4 kernel_size: 3 }', name="%s", top="%s"
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (layer("Softmax", "softmax_param { axis: -4 }"), "2:81: layer x: it works along the batch"),
        (layer("Softmax", "softmax_param { axis: 4 }"), "layer x: axis 4 is not among the 4 there are"),
        (layer("Concat", "concat_param { axis: -5 }", bottom="data data"), "axis -5 is not among the 4 there are"),
        (layer("Reduction", "reduction_param { operation: MEAN }"), "layer x: it works along the batch"),
        (CONV % ("a", "a") + CONV % ("b", "b"), "layer b: no layer kind shares some of its weights only"),
        (layer("Eltwise", "eltwise_param { coeff: 2 }", bottom="data data"), "coeff must be one number for each blob"),
        (
            'layer { name: "x" type: "Slice" bottom: "data" top: "a" top: "b" }',
            "layer x: 3 cannot be cut into 2 equal parts",
        ),
        (layer("Scale", "scale_param { bias_term: true }", bottom="data data"), "by another layer and adds a bias"),
    ],
)
def test_what_would_be_counted_wrongly_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in fault_of(prototxt(tmp_path, INPUT + text))
