"""Blocks with params that name layers, `$input`, and layers that a `when` leaves out."""

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError
from tests.commands import run

JOIN = """archcalc: 1
name: net
input: [3, 32, 32]
params: {tap: conv}
blocks:
  inner:
    params: {skip: null, others: null, own: conv}
    layers:
      - {name: conv, op: conv2d, out_channels: 7, kernel_size: 1}
      - {name: both, op: concat, from: [$skip, $own, $others]}
  outer:
    params: {skip: null}
    layers:
      - {name: conv, op: conv2d, out_channels: 6, kernel_size: 1}
      - {name: i, op: use, block: inner, with: {skip: $skip, others: [conv, $input]}}
      - {name: tapped, op: concat, from: [$tap, i, $input]}
layers:
  - {name: conv, op: conv2d, out_channels: 5, kernel_size: 1}
  - {name: act, op: tanh}
  - {name: o, op: use, block: outer, repeat: 2, with: {skip: conv}}
"""


def reads(network: archcalc.Network) -> dict[str, list[str]]:
    return {row.name: [*row.inputs] for row in network.table().rows if len(row.inputs) > 1}


def test_a_name_means_the_layer_of_where_it_is_written() -> None:
    """There is a `conv` in the file and in both blocks."""
    assert reads(archcalc.load(JOIN)) == {
        # skip: written in the file; own: a default of inner; others: written in outer, and what outer reads
        "o.0.i.both": ["conv", "o.0.i.conv", "o.0.conv", "act"],
        "o.0.tapped": ["conv", "o.0.i.both", "act"],
        "o.1.i.both": ["conv", "o.1.i.conv", "o.1.conv", "o.0.tapped"],
        "o.1.tapped": ["conv", "o.1.i.both", "o.0.tapped"],
    }


def test_a_param_of_the_file_that_names_a_layer_may_be_set() -> None:
    assert reads(archcalc.load(JOIN, tap="act"))["o.1.tapped"] == ["act", "o.1.i.both", "o.0.tapped"]
    with pytest.raises(ArchError, match="layer tapped: from: there is no layer 'akt' before it; did you mean 'act'"):
        archcalc.load(JOIN, tap="akt")


def test_what_is_shown_is_a_fixed_point() -> None:
    shown = run("show", "-", stdin=JOIN).stdout
    assert "from: [conv, o.0.i.conv, o.0.conv, act]" in shown
    assert run("show", "-", stdin=shown).stdout == shown


def test_words_of_params_stay_words_where_no_layer_is_meant() -> None:
    text = """archcalc: 1
input: [3, 9, 9]
params: {how: same}
blocks:
  unit:
    params: {act: null, pads: null}
    layers:
      - {name: conv, op: conv2d, out_channels: 3, kernel_size: 3, padding: $pads, activation: $act}
layers:
  - {name: one, op: use, block: unit, with: {act: relu, pads: $how}}
  - {name: two, op: use, block: unit, with: {act: null, pads: valid}}
"""
    network = archcalc.load(text)
    assert [(row.name, row.output_shape) for row in network.table().rows] == [
        ("one.conv", (3, 9, 9)),
        ("one.conv.relu", (3, 9, 9)),
        ("two.conv", (3, 7, 7)),
    ]
    assert type(network.spec.layers[0].layer.padding) is str  # type: ignore[attr-defined]


NOTHING_HANDED_ON = """archcalc: 1
input: [3, 9, 9]
blocks:
  conv:
    params: {act: null}
    layers: [{name: conv, op: conv2d, out_channels: 2, kernel_size: 1, activation: $act}]
  two:
    params: {act: null}
    layers:
      - {name: a, op: use, block: conv, with: {act: $act}}
      - {name: b, op: use, block: conv, with: {act: $act}}
layers:
  - {name: one, op: use, block: two, with: {act: %s}}
"""


def test_null_that_is_given_is_handed_on_to_a_block_inside() -> None:
    rows = archcalc.load(NOTHING_HANDED_ON % "null").table().rows
    assert [row.op for row in rows] == ["conv2d", "conv2d"]
    assert [row.op for row in archcalc.load(NOTHING_HANDED_ON % "relu").table().rows] == ["conv2d", "relu"] * 2


RESIDUAL = """archcalc: 1
name: net
input: [16, 8, 8]
params: {deep: 1}
blocks:
  residual:
    params: {channels: null, stride: 1, same: $((stride == 1) * (in_channels == channels))}
    layers:
      - {name: conv, op: conv2d, out_channels: $channels, kernel_size: 3, stride: $stride, padding: 1}
      - {name: sum, op: add, from: [conv, $input], when: $same}
layers:
  - {name: one, op: use, block: residual, with: {channels: 16}}
  - {name: two, op: use, block: residual, with: {channels: 16, stride: 2}}
  - {name: three, op: use, block: residual, repeat: 2, with: {channels: 24}}
  - {name: act, op: relu, when: $(deep != 1)}
  - {name: act, op: tanh, when: $(deep == 1)}
  - {name: aux, op: branches, merge: add, when: $(deep > 1), paths: [[], [{name: b, op: relu}]]}
  - {name: last, op: relu, from: act}
sources: {page: {title: A page}}
claims:
  - {what: output, of: three.1.sum, value: [24, 4, 4], source: page}
"""


def test_a_layer_that_is_left_out_is_passed_over() -> None:
    rows = archcalc.load(RESIDUAL).table().rows
    assert [(row.name, row.op, row.inputs) for row in rows] == [
        ("one.conv", "conv2d", ("input",)),
        ("one.sum", "add", ("one.conv", "input")),
        ("two.conv", "conv2d", ("one.sum",)),  # its stride is 2
        ("three.0.conv", "conv2d", ("two.conv",)),  # it reads 16 channels, and makes 24
        ("three.1.conv", "conv2d", ("three.0.conv",)),
        ("three.1.sum", "add", ("three.1.conv", "three.0.conv")),
        ("act", "tanh", ("three.1.sum",)),
        ("last", "relu", ("act",)),
    ]


def test_params_that_are_set_decide_what_is_there() -> None:
    assert [row.op for row in archcalc.load(RESIDUAL, deep=0).table().rows][-2:] == ["relu", "relu"]
    deep = archcalc.load(RESIDUAL, deep=2).table().rows
    assert [(row.name, row.inputs) for row in deep][-4:] == [
        ("act", ("three.1.sum",)),
        ("aux.b", ("act",)),
        ("aux", ("act", "aux.b")),
        ("last", ("act",)),
    ]


def test_claims_about_what_is_left_out_are_no_claims_of_a_network_that_is_set() -> None:
    text = RESIDUAL.replace("of: three.1.sum, value: [24, 4, 4]", "of: aux, value: [24, 4, 4]")
    assert len(archcalc.load(text, deep=2).spec.claims) == 1
    assert archcalc.load(text, deep=0).spec.claims == ()
    with pytest.raises(ArchError, match="claim: of: there is no layer 'aux'; its when leaves it out"):
        archcalc.load(text)


def test_what_is_left_out_may_be_all_of_a_path() -> None:
    text = """archcalc: 1
input: [4, 8, 8]
layers:
  - {name: sum, op: branches, merge: add, paths: [[{name: a, op: relu}], [{name: b, op: conv2d, out_channels: 8,
     kernel_size: 1, when: false}]]}
"""
    (_, total) = archcalc.load(text).table().rows
    assert total.inputs == ("sum.a", "input")


def test_an_override_may_leave_a_layer_in_or_out() -> None:
    parent = RESIDUAL.replace("sources: {page: {title: A page}}\n", "").partition("claims:")[0]
    text = parent.replace("with: {channels: 24}}", "with: {channels: 24}, override: {sum: {when: false}}}")
    assert "three.1.sum" not in [row.name for row in archcalc.load(text).table().rows]


def cautions(text: str) -> list[str]:
    return archcalc.load(f"archcalc: 1\ninput: [3, 8, 8]\n{text}").graph.cautions


BLOCK = "blocks: {b: {params: {kernel: 1, stride: 1}, layers: [{name: c, op: max_pool2d, kernel_size: $kernel}]}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("params: {used: 2, more: $used}\nlayers: [{name: c, op: max_pool2d, kernel_size: $used}]", ["more"]),
        ("params: {clases: 2, classes: 3}\nlayers: [{name: c, op: max_pool2d, kernel_size: $classes}]", ["clases?"]),
        ("params: {shape: [1, 4]}\nlayers: [{name: c, op: adaptive_avg_pool2d, output_size: $shape}]", []),
        (BLOCK + "layers: [{name: u, op: use, block: b}]", ["block stride"]),
        (BLOCK + "layers: [{name: u, op: use, block: b, override: {c: {stride: $stride}}}]", []),
        (BLOCK.replace("kernel_size: $kernel", "kernel_size: $kernel, stride: $stride") + "layers: [{name: u, op: use, "
         "block: b}]", []),
        ("blocks: {b: {params: {kernel: 1}, layers: []}}\nlayers: [{name: u, op: use, block: b}, {name: r, op: relu}]",
         []),
    ],
)  # fmt: skip
def test_params_that_nothing_uses_are_a_caution(text: str, said: list[str]) -> None:
    words = {
        "more": "param more: nothing uses it",
        "clases?": "param clases: nothing uses it; did you mean 'classes'?",
        "block stride": "block b: param stride: nothing uses it",
    }
    assert cautions(text) == [words[one] for one in said]


def test_a_misspelt_param_of_a_variant_is_a_caution_and_its_parents_are_none(tmp_path: Path) -> None:
    parent = "params: {classes: 2, idle: 1}\nlayers: [{name: c, op: conv2d, out_channels: $classes, kernel_size: 1}]\n"
    (tmp_path / "parent.yaml").write_text(f"archcalc: 1\nname: parent\ninput: [3, 8, 8]\n{parent}", encoding="utf-8")
    child = tmp_path / "child.yaml"
    child.write_text("archcalc: 1\nname: child\nextends: parent\nparams: {clases: 5}\n", encoding="utf-8")
    done = run("validate", str(child))
    assert done.returncode == 0
    assert done.stderr == f"archcalc: {child}: param clases: nothing uses it; did you mean 'classes'?\n"
    assert "param idle: nothing uses it" in run("validate", str(tmp_path / "parent.yaml")).stderr


def test_none_is_no_activation_so_that_a_default_can_say_it() -> None:
    unit = "{params: {act: none}, layers: [{name: c, op: conv2d, out_channels: 3, kernel_size: 1, activation: $act}]}"
    uses = "[{name: a, op: use, block: unit}, {name: b, op: use, block: unit, with: {act: relu}}]"
    rows = archcalc.load(f"archcalc: 1\ninput: [3, 8, 8]\nblocks: {{unit: {unit}}}\nlayers: {uses}\n").table().rows
    assert [row.op for row in rows] == ["conv2d", "conv2d", "relu"]


def test_validate_sets_params_and_inputs(tmp_path: Path) -> None:
    done = run("validate", "lenet5", "--input", "1x4x4")
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not fit" in done.stderr
    # 20 rows of the last layer's 84 weights and a bias, in the place of 10
    params = [run("validate", "lenet_d2l", *more).stdout.split()[-2] for more in ([], ["--set", "num_classes=20"])]
    assert [int(number.replace(",", "")) for number in params] == [61_706, 61_706 + 10 * 85]
