"""Darknet's .cfg files: what its own parser and its pages say of them, and what becomes of broken ones."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.commands import run
from tests.exchange.readers import FOLDER, fault_of, is_refused_or_sound, network, spoilt, text_of

CFG = FOLDER / "darknet"

OPERATIONS = {
    "alexnet": 2.27,  # https://pjreddie.com/darknet/tiny-darknet/: "AlexNet ... 2.27 Bn ... 238 MB"
    "tiny": 0.98,  # the same table: "Tiny Darknet ... 0.98 Bn ... 4.0 MB"
    "darknet19": 7.29,  # https://pjreddie.com/darknet/imagenet/: "Darknet19 ... 7.29 Bn"
    "resnet50": 9.74,  # the same table: "Resnet 50 ... 9.74 Bn"
    "yolov3-tiny": 5.56,  # https://pjreddie.com/darknet/yolo/: "YOLOv3-tiny ... 5.56 Bn"
}
"""Billions of operations that Darknet's pages print for these files: two for each multiply-accumulate."""


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_those_that_its_pages_print(name: str) -> None:
    assert 2 * network(CFG / f"{name}.cfg").table().totals.macs / 1e9 == pytest.approx(OPERATIONS[name], abs=0.0055)


WEIGHTS = {"yolov3-tiny": (35_434_956, 0), "alexnet": (238 * 2**20, 0.001), "tiny": (4.0 * 2**20, 0.01)}
"""Bytes of .weights files: yolov3-tiny.weights to the byte, the others as the table of tiny-darknet rounds them."""


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_as_many_as_its_files_hold(name: str) -> None:
    table = network(CFG / f"{name}.cfg").table()
    statistics = sum(2 * row.output_shape[0] for row in table.rows if row.op == "batch_norm2d")
    header = 20  # three integers of 4 bytes and one of 8
    size, near = WEIGHTS[name]
    assert 4 * (table.totals.params + statistics) + header == pytest.approx(size, rel=near)


def test_each_layer_of_darknet19_is_as_it_prints_it() -> None:
    # https://pjreddie.com/darknet/imagenet/: "4 conv 128 3 x 3 / 1 64 x 64 x 64 -> 64 x 64 x 128 0.604 BFLOPs"
    rows = {row.name: row for row in network(CFG / "darknet19.cfg").table().rows}
    printed = {0: 0.113, 2: 0.604, 4: 0.604, 5: 0.067, 6: 0.604, 8: 0.604, 9: 0.067, 12: 0.604, 13: 0.067, 18: 0.604}
    assert {number: round(2 * rows[f"conv{number}"].macs / 1e9, 3) for number in printed} == printed
    assert rows["conv4"].output_shape == (128, 64, 64)
    assert rows["max17"].output_shape == (512, 8, 8)


def cfg(folder: Path, *sections: str, net: str = "height=8\nwidth=8\nchannels=4") -> Path:
    path = folder / "net.cfg"
    path.write_text("\n\n".join([f"[net]\n{net}", *sections]), encoding="utf-8")
    return path


def lines(path: Path) -> list[str]:
    return text_of(path).partition("layers:\n")[2].splitlines()


def test_pad_is_a_flag_and_the_norm_takes_the_bias(tmp_path: Path) -> None:
    path = cfg(tmp_path, "[conv]\nbatch_normalize = 1\nfilters=6\nsize=5\nstride=2\npad=1\nactivation=relu")
    assert lines(path) == [
        "  - {name: conv0, op: conv2d, out_channels: 6, kernel_size: 5, stride: 2, padding: 2, bias: false}",
        "  - {name: bn0, op: batch_norm2d, activation: relu}",
    ]


def test_an_activation_that_is_not_said_is_the_logistic_one(tmp_path: Path) -> None:
    path = cfg(tmp_path, "[convolutional]\npadding=1", "[connected]\noutput=3\nactivation=linear", "[softmax]")
    assert lines(path) == [
        "  - {name: conv0, op: conv2d, out_channels: 1, kernel_size: 1, padding: 1, activation: sigmoid}",
        "  - {name: flatten, op: flatten}",
        "  - {name: connected1, op: linear, out_features: 3}",
        "  - {name: softmax2, op: softmax}",
    ]


@pytest.mark.parametrize(
    ("size", "stride", "padding", "out"),
    [  # (w + padding - size) / stride + 1 of maxpool_layer.c, padding being size - 1 where it is not said
        (2, 2, None, 4),
        (2, 1, None, 8),
        (3, 2, None, 4),
        (3, 2, 0, 3),
        (5, 1, None, 8),
        (3, 3, 1, 3),
    ],
)
def test_pools_are_padded_to_their_size(tmp_path: Path, size: int, stride: int, padding: int | None, out: int) -> None:
    said = "" if padding is None else f"\npadding={padding}"
    (row,) = network(cfg(tmp_path, f"[maxpool]\nsize={size}\nstride={stride}{said}")).table().rows
    assert row.output_shape == (4, out, out)


CONV = "[conv]\nfilters=4\nactivation=linear"


def test_a_shortcut_adds_what_both_have(tmp_path: Path) -> None:
    wide = "[conv]\nfilters=6\nstride=2\nactivation=linear"
    rows = network(cfg(tmp_path, "[conv]\nfilters=4\nactivation=linear", wide, "[shortcut]\nfrom=-2")).table().rows
    assert [(row.name, row.op, row.output_shape) for row in rows[2:]] == [
        ("sampled2", "max_pool2d", (4, 4, 4)),
        ("first2", "slice", (4, 4, 4)),
        ("rest2", "slice", (2, 4, 4)),
        ("added2", "add", (4, 4, 4)),
        ("shortcut2", "concat", (6, 4, 4)),
    ]


def test_a_shortcut_adds_several_layers(tmp_path: Path) -> None:
    (row,) = network(cfg(tmp_path, CONV, CONV, CONV, "[shortcut]\nfrom=-3, -2")).table().rows[3:]
    assert (row.op, row.inputs, row.output_shape) == ("add", ("conv2", "conv0", "conv1"), (4, 8, 8))


def test_routes_take_parts_and_numbers(tmp_path: Path) -> None:
    one = "[conv]\nfilters=6\nactivation=linear"
    rows = (
        network(cfg(tmp_path, one, one, "[route]\nlayers=-1, 0", "[route]\nlayers=1\ngroups=2\ngroup_id=1"))
        .table()
        .rows
    )
    assert [(row.name, row.output_shape) for row in rows[2:]] == [("route2", (12, 8, 8)), ("part3", (3, 8, 8))]
    assert rows[3].inputs == ("conv1",)


def test_a_crop_is_the_input(tmp_path: Path) -> None:
    path = cfg(tmp_path, "[crop]\ncrop_height=6\ncrop_width=5", "[conv]\nfilters=2\nactivation=ramp")
    found = network(path)
    assert found.spec.input_shape == (4, 6, 5)
    assert [row.op for row in found.table().rows] == ["conv2d", "leaky_relu", "times"]
    assert found.spec.notes == "[crop] cuts images of 6 x 5 out, which are the input here."


def test_boxes_are_left_out_and_said() -> None:
    done = run("table", str(CFG / "yolov3-tiny.cfg"))
    assert done.returncode == 0
    assert done.stderr.count("[yolo] makes boxes of what it reads, without weights, and is left out.") == 1  # of two
    assert "2 outputs: conv15 255x13x13, conv22 255x26x26" in done.stdout


@pytest.mark.parametrize(
    ("sections", "fault"),
    [
        (["[conv]\nfilters=x"], "net.cfg:7:1: filters must be an integer >= 1, got text 'x'"),
        (["[conv]\nfilters=0"], "net.cfg:7:1: filters must be an integer >= 1, got text '0'"),
        (["[conv]\nsize=11\nactivation=relu"], "net.cfg:6:1: layer conv0: a 11x11 window does not fit 8x8"),
        (["[conv]\nactivation=leeky"], "no layer kind does what the activation leeky does; did you mean 'leaky'?"),
        (
            ["[local]\nsize=2\npad=1"],
            "net.cfg:7:1: no layer kind pads windows of 2 places as [local] does",
        ),
        (["[gru]"], "net.cfg:6:1: no layer kind does what [gru] does"),
        (["[route]\nlayers=3"], "layers=3: there is no such layer before layer 0"),
        (["[shortcut]"], "net.cfg:6:1: [shortcut] needs from="),
        ([CONV, CONV, "[shortcut]\nfrom=-2,x"], "from must be integers >= -10000, with commas, got text '-2,x'"),
        ([CONV, CONV, "[shortcut]\nfrom=-2\nweights_type=per_channel"], "no layer kind learns the weights of a sum"),
        ([CONV, CONV, "[shortcut]\nfrom=-2\nbeta=0.5"], "no layer kind does what [shortcut] does with beta"),
        (
            [CONV, "[conv]\nfilters=6\nactivation=linear", CONV, "[shortcut]\nfrom=-3,-2"],
            "no layer kind adds 6x8x8 to 4x8x8",
        ),
        (["[conv]\nfilters"], "net.cfg:7:1: here is neither a [section] nor key=value: text 'filters'"),
        ([], "net.cfg computes nothing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, sections: list[str], fault: str) -> None:
    assert fault in fault_of(cfg(tmp_path, *sections))


def test_an_option_that_is_misspelt_is_told(tmp_path: Path) -> None:
    found = network(cfg(tmp_path, "[conv]\nfilters=2\nsize=3\nstrid=2\nactivation=relu"))
    assert found.spec.notes == "[conv] has strid at line 9, which means nothing to it; did you mean 'stride'?"


def test_what_is_not_of_darknet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.cfg"
    path.write_text("[metadata]\nname = x\n")
    assert "is neither Darknet's, whose first section is [net], nor cuda-convnet's" in fault_of(path)
    path.write_text("[net]\nheight=3\n")
    assert "the network does not say its input" in fault_of(path)


def test_the_layers_up_to_what_cannot_be_said_are_shown() -> None:
    done = run("table", str(CFG / "go.cfg"))
    assert done.returncode == 2
    assert "conv2d (14)" in done.stdout
    assert "go.cfg:128:1: no layer kind does what [reorg] does with extra" in done.stderr
    done = run("import", str(CFG / "go.cfg"))
    assert (done.returncode, done.stdout) == (2, "")


def test_an_input_may_be_given_and_params_are_none() -> None:
    path = str(CFG / "tiny.cfg")
    assert "(input 3x160x160)" in run("table", path, "--input", "3x160x160").stdout
    done = run("table", path, "--set", "num_classes=3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no params to set" in done.stderr


@settings(max_examples=60, deadline=None)
@given(text=spoilt((CFG / "yolov3-tiny.cfg").read_text(encoding="utf-8")))
def test_what_is_spoilt_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("spoilt") / "net.cfg"
    path.write_text(text, encoding="utf-8")
    is_refused_or_sound(path, None)
