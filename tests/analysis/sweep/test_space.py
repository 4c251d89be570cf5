"""What can be varied, what is part of the structure, and what is refused, word for word."""

from typing import Any

import pytest

import archcalc
from archcalc.analysis.sweep.bounds import SAFE
from archcalc.errors import ArchError
from tests.analysis.sweep.one_by_one import expect_same

NET = """
archcalc: 1
name: net
params: {w: 8, k: 3, n: 2, act: relu, bias: true, deep: 0, ratio: 0.5, pads: 1}
input: [3, 16, 16]
blocks:
  block:
    params: {out: null, stride: 1}
    layers:
      - {name: conv, op: conv2d, out_channels: $out, kernel_size: $k, stride: $stride, padding: $pads, activation: $act}
      - {name: same, op: conv2d, out_channels: $in_channels, kernel_size: 1, when: $deep}
layers:
  - {name: stem, op: conv2d, out_channels: $(w // 2), kernel_size: 3, padding: 1, bias: $bias, activation: relu}
  - {name: stage, op: use, block: block, repeat: $n, with: {out: $(w * 2)}}
  - {name: half, op: conv2d, out_channels: "$(max(1, floor(w * ratio)))", kernel_size: [1, $k], padding: {left: $pads}}
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: fc0, op: flatten}
  - {name: fc, op: linear, out_features: 10}
"""


@pytest.fixture(scope="module")
def net() -> archcalc.Network:
    return archcalc.load(NET)


@pytest.mark.parametrize(
    ("vary", "structures"),
    [
        ({"w": "1,2,8..16:4", "k": "1..5"}, 1),  # numbers of fields alone
        ({"w": "4,8", "ratio": [0.1, 0.25, 1.5]}, 1),  # fractions are rounded by the expression, exactly
        ({"n": "0..2", "w": "2,4"}, 3),  # repeat makes other networks
        ({"deep": "0,1", "w": "2,4,8"}, 2),  # when makes other networks, in which `$in_channels` is a number
        ({"bias": "true,false", "act": "relu,tanh,none", "k": "3,5"}, 6),  # words and truth values are read each
        ({"pads": "0..3", "k": "1,3"}, 4),  # a padding may be a word, which `$in_channels` cannot look behind
        ({"half.padding": "0..3", "k": "1,3"}, 1),
        ({"pool.kernel_size": "1..4", "fc.out_features": "1,7"}, 1),  # the stride of a pool follows its window
        ({"stage.1.conv.out_channels": "3,5", "w": "2,4"}, 1),  # a layer inside a structure
        ({"stem.out_channels": "0,2", "w": "0,1,2"}, 1),  # what a field refuses is a fault of its variants
        ({"half.padding": "1,same"}, 2),  # a word and a number
        ({"fc0.start_dim": "1,2"}, 2),  # an axis decides how many axes come out
        ({"n": "1,2", "stage.1.conv.stride": "1,2"}, 2),  # a layer that is there in some of the networks
    ],
)
def test_what_is_varied_is_exact(net: archcalc.Network, vary: dict[str, Any], structures: int) -> None:
    sweep = expect_same(net, vary, inputs="2,7,16")
    assert len(sweep.search.structures.each) == structures


def test_what_a_block_reads_follows_from_all_that_varies_before_it() -> None:
    text = """
archcalc: 1
name: net
params: {k: 3, s: 1}
input: [2, 9, 12]
blocks:
  half: {layers: [{name: fc, op: linear, out_features: $(in_channels // 2)}]}
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: [1, $k], stride: [$s, 2]}
  - {name: mix, op: conv2d, out_channels: 4, kernel_size: [1, $k]}
  - {name: again, op: use, layer: mix}
  - {name: flat, op: flatten}
  - {name: first, op: use, block: half, repeat: 2}
"""
    sweep = expect_same(archcalc.load(text), {"k": "1..13:4", "s": "1..3"}, inputs=[[2, 9, 12], [2, 3, 90]])
    assert len(sweep.search.structures.each) == 1


def test_no_number_is_too_large_for_its_array() -> None:
    huge = 10**14
    layers = [
        {"name": "a", "op": "linear", "out_features": huge},
        {"name": "b", "op": "linear", "out_features": huge},
    ]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [huge], "layers": layers})
    sweep = expect_same(network, {"a.out_features": [1, huge], "b.out_features": [1, huge]}, batch="1,7")
    (evaluator,) = sweep.search.evaluators
    assert not evaluator.fits_in_64_bits
    # a reads 10^14 and makes 10^14; b as many again; both have a bias
    assert max(row[0] for row in ((record["params"],) for record in sweep.records())) == 2 * (huge**2 + huge)
    small = network.sweep({"a.out_features": [1, 2], "b.out_features": [1, 2]})
    assert small.search.evaluators[0].fits_in_64_bits
    assert 2 * (huge**2 + huge) > SAFE > huge


@pytest.mark.parametrize("name", ["lenet_d2l", "alexnet_paper", "squeezenet1_1"])
def test_python_integers_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcalc.analysis.sweep.evaluation.SAFE", 0)
    network = archcalc.load(name)
    first = next(entry.name for entry in network.spec.layers if "kernel_size" in entry.layer.fields)
    sweep = expect_same(network, {f"{first}.kernel_size": "1..3", f"{first}.stride": "1,2"}, inputs="8,64,224")
    assert not any(one.fits_in_64_bits for one in sweep.search.evaluators)


def test_sizes_of_too_many_digits_are_a_fault() -> None:
    layers = [
        {"name": "up", "op": "upsample", "scale_factor": 10**9},
        {"name": "conv", "op": "conv2d", "out_channels": 1, "kernel_size": 1},
    ]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [1, 3, 3], "layers": layers})
    expect_same(network, {"conv.out_channels": "1,2"}, inputs=[3, 10**5, 2 * 10**6])


def test_bounds_are_looked_for_each_input_where_all_together_are_too_wide() -> None:
    conv = {"op": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": "same"}
    layers = [{"name": f"conv{place}", **conv} for place in range(150)]  # each widens bounds by half
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3, 96, 96], "layers": layers})
    (evaluator,) = network.sweep({}, inputs="96,128..224:32").search.evaluators
    assert evaluator.fits_in_64_bits


MISTAKES = [
    ({}, {}, "nothing is varied: give what, with --vary w=8..128:8, --input 96,128 or --batch 1,8"),
    ({"width": "1,2"}, {}, "net has no param 'width' (it declares w, k, n, act, bias, deep, ratio, pads)"),
    ({"ration": "1,2"}, {}, "net has no param 'ration'; did you mean 'ratio'?"),
    ({"stem": "1,2"}, {}, "net has no param 'stem'; did you mean 'stem.out_channels'?"),
    ({"stem.out_chanels": "1"}, {}, "stem is a conv2d, which has no field 'out_chanels'; did you mean 'out_channels'?"),
    ({"input": "96"}, {}, "input is varied by --input, not by --vary"),
    (
        {"w": ""},
        {},
        "w: '' has a value missing: write values with commas between them, and ranges, as in 8..128:8 or 3,5,7",
    ),
    ({"w": []}, {}, "w: has no values: write values with commas between them, and ranges, as in 8..128:8 or 3,5,7"),
    ({"w": "8..4"}, {}, "w: '8..4' is an empty range: it ends before it starts"),
    ({"w": "4..8:0"}, {}, "w: '4..8:0' is not a range: its step must be at least 1"),
    (
        {"w": "4..x"},
        {},
        "w: '4..x' is not a range: write values with commas between them, and ranges, as in 8..128:8 or 3,5,7",
    ),
    ({"w": "1..9999999"}, {}, "w: '1..9999999' has 9,999,999 values; at most 1,000,000 can be given"),
    ({"w": "8,4..8:2"}, {}, "w: has 8 twice"),
    ({}, {"inputs": "3x96"}, "input: 3x96 is not like 3x16x16, which the network reads"),
    ({}, {"inputs": "0"}, "input: 0 is not the length of a side: write 96, or 3x96x128"),
    ({}, {"inputs": [[3, 8]]}, "input: [3, 8] is not a shape like 3x16x16, which the network reads"),
    ({}, {"batch": "0,1"}, "batch must be an integer >= 1, got 0"),
    ({"w": "1,2"}, {"sample": 0.5}, "a sample is a number of variants, such as 1e6, got 0.5"),
    ({"w": "1,2"}, {"seed": -1}, "a seed is an integer >= 0, got -1"),
    ({"w": "1,2"}, {"sampling": "sobol"}, "a sample is drawn uniform or latin, got text 'sobol'"),
    ({"w": "1,2"}, {"top": 3}, "top goes with by: how many, and by which column, as in --top 20 --by macs"),
    ({"w": "1,2"}, {"top": 0, "by": "macs"}, "top must be an integer >= 1, got 0"),
    (
        {"w": "1,2"},
        {"top": 1, "by": "macs", "pareto": ["a", "b"]},
        "a front, and the first by one column, are two questions: ask one of them",
    ),
    (
        {"w": "1,2"},
        {"pareto": ["macs"]},
        "a front is of two or three columns, as in params,macs or params,macs,-conv5.height, got macs",
    ),
    ({"w": "1,2"}, {"columns": ["mac"]}, "there is no column 'mac'; did you mean 'macs'?"),
]


@pytest.mark.parametrize(("vary", "more", "message"), MISTAKES, ids=[row[2][:40] for row in MISTAKES])
def test_a_mistake_is_refused_at_once(net: archcalc.Network, vary: dict[str, Any], more: Any, message: str) -> None:
    with pytest.raises(ArchError) as found:
        net.sweep(vary, **more)
    assert str(found.value) == message


LATER = [
    ({"w": "1,2"}, {"columns": ["convv.macs"]}, "convv.macs: there is no layer 'convv'"),
    ({"w": "1,2"}, {"columns": ["stem.heigt"]}, "stem.heigt: a layer has no 'heigt'; did you mean 'height'?"),
    ({"w": "1,2"}, {"constraints": ["w == v"]}, "'w == v': there is no 'v' (there is w)"),
    (
        {"w": "1,2"},
        {"where": ["macs"]},
        "'macs' is a number, not a condition: write a condition such as params < 5e6 and macs < 300M",
    ),
    ({"w": "1,2"}, {"where": ["marcs < 3"]}, "'marcs < 3': there is no 'marcs'; did you mean 'macs'?"),
    (
        {"n": "1..1001"},
        {},
        "n (1,001 values) change more than numbers of layers: they make 1,001 networks, and at most 1,000 are read; "
        "give fewer values",
    ),
    (
        {"w": "1..1001", "ratio": [place / 7 for place in range(1, 1001)]},
        {},
        "half.out_channels depends on w and ratio together, which have 1,001,000 combinations; at most 1,000,000 are "
        "computed: give fewer values",
    ),
    (
        {"w": "1..100000", "stem.stride": "1..100000", "fc.out_features": "1..100000"},
        {},
        "the space has 1,000,000,000,000,000 variants, more than the 10,000,000,000 that are gone through: draw some "
        "of them with --sample 1e6, or give fewer values",
    ),
    (
        {"w": "1..1001", "fc.out_features": "1..1001"},
        {},
        "more than 1,000,000 variants are left, which is too many for one answer: give --top, --pareto, --where or "
        "--sample, or write them to a folder with --out",
    ),
]


@pytest.mark.parametrize(("vary", "more", "message"), LATER, ids=[row[2][:40] for row in LATER])
def test_a_mistake_is_refused_before_rows_are_made(
    net: archcalc.Network, vary: dict[str, Any], more: Any, message: str
) -> None:
    with pytest.raises(ArchError) as found:
        _ = net.sweep(vary, **more).found
    assert str(found.value) == message


def test_a_layer_that_is_never_there_is_a_mistake(net: archcalc.Network) -> None:
    with pytest.raises(ArchError) as found:
        _ = net.sweep({"stem9.stride": "1,2"}).found
    assert str(found.value) == "there is no layer 'stem9' to set a field of; did you mean 'stem'?"


def test_a_layer_that_is_there_in_some_variants_is_the_fault_of_the_others(net: archcalc.Network) -> None:
    found = net.sweep({"n": "2,3", "stage.2.conv.stride": "1,2"}).found
    (refused,) = found.refused
    assert (refused.layer, refused.variants, found.count, refused.example["n"]) == ("", 2, 2, 2)
    assert refused.why == "there is no layer 'stage.2.conv' to set a field of; did you mean 'stage.1.conv'?"


def test_constraints_leave_variants_out(net: archcalc.Network) -> None:
    sweep = net.sweep({"w": "2..16:2", "k": "1,3"}, inputs="8,16", constraints=["w == 4 * k", "input.height > 8"])
    assert [(row["w"], row["k"], row["input"]) for row in sweep.records()] == [
        (4, 1, "3x16x16"),
        (12, 3, "3x16x16"),
    ]
    assert (sweep.found.outcome.variants, sweep.found.outcome.outside) == (32, 30)


@pytest.mark.parametrize("sampling", ["uniform", "latin"])
def test_a_sample_is_the_same_every_time(net: archcalc.Network, sampling: str) -> None:
    vary = {"w": "1..64", "k": "1,3", "n": "1..3", "pool.kernel_size": "1,2"}
    first, again, other = (
        net.sweep(vary, sample=640, sampling=sampling, seed=seed, columns=["macs"]) for seed in (1, 1, 2)
    )
    rows = [*first.records()]
    assert rows == [*again.records()] != [*other.records()]
    assert first.found.outcome.variants == 640
    for row in rows[::97]:
        values = {name: row[name] for name in vary}
        assert net.with_(**values).table().totals.macs == row["macs"]
    if sampling == "latin":  # each of 64 widths is drawn 10 times of 640; those of 1 are illegal
        assert {[row["w"] for row in rows].count(w) for w in range(2, 65)} == {10}
