"""The widest network under a budget: exactly the widest, by arithmetic of its own, and a network that torch builds."""

from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.fit.channels import Asked, Channels
from archcalc.errors import ArchError
from tests.commands import run_here
from tests.conftest import BUNDLED
from tests.sizes import by_size


def lenet_macs(c1: int, c2: int, f1: int, f2: int) -> int:
    """28 x 28 places of 5 x 5 windows, 10 x 10 of the second, and 5 x 5 places that fc1 reads."""
    return 784 * 25 * c1 + 100 * 25 * c1 * c2 + 25 * c2 * f1 + f1 * f2 + 10 * f2


def widest_lenet(most: int, divisor: int) -> tuple[int, ...]:
    """The widths of the largest factor by trying each at which one of them grows."""
    given = (6, 16, 120, 84)

    def at(factor: Fraction) -> tuple[int, ...]:
        return tuple(max(floor(factor * width / divisor), 1) * divisor for width in given)

    factors = {Fraction(steps * divisor, width) for width in given for steps in range(1, 40 * width)}
    return max(widths for widths in map(at, factors) if lenet_macs(*widths) <= most)


@pytest.mark.parametrize("divisor", [1, 4, 8])
@pytest.mark.parametrize("most", [60_000, 416_520, 1_234_567, 98_765_432])
def test_it_is_the_widest(most: int, divisor: int) -> None:
    assert lenet_macs(6, 16, 120, 84) == archcalc.load("lenet_d2l").table().totals.macs == 416_520
    if divisor == 8 and most == 60_000:  # 8 channels of conv1 alone have 156,800
        # 784*25*8 + 100*25*64 + 25*64 + 64 + 80
        with pytest.raises(ArchError, match="even the narrowest network is over: macs 318,544 > 60,000"):
            archcalc.load("lenet_d2l").fit({"macs": most}, divisor=divisor)
        return
    if divisor == 4 and most == 60_000:
        return  # as above: 4 channels have 78,400
    found = archcalc.load("lenet_d2l").fit({"macs": most}, divisor=divisor)
    assert tuple(found.widths.values())[:4] == widest_lenet(most, divisor)
    assert found.widths["fc3"] == 10
    made = archcalc.Network(found.spec).table().totals.macs
    assert made == found.found.widest.verdicts[0].number <= most < found.found.next.verdicts[0].number


def test_a_network_that_is_just_within_its_budget_stays_as_it_is() -> None:
    found = archcalc.load("torchvision").fit({"macs": 714_188_480})
    assert found.factor == 1.0
    assert all(one.given == one.widest for one in found.found.layers)
    narrower = archcalc.load("torchvision").fit({"macs": 714_188_479})
    assert narrower.factor < 1.0


LIMITS: list[tuple[str, dict[str, Any]]] = [
    ("resnet18", {"macs": "500M", "params": "4M"}),
    ("resnext50_32x4d", {"flops": "3G"}),
    ("mobilenet_v2", {"memory": {"max": "12MiB"}}),
    ("shufflenet_v2_x1_0", {"activations": "4500k"}),
    ("lenet5", {"macs": "300k"}),
]
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("paper", {"params": "20M"}),
    ("mobilenet_v3_small", {"weights": {"max": "4MB", "dtype": "fp16"}}),
    ("densenet_d2l", {"macs": {"max": "3M", "of": "denseblock1"}}),
    ("googlenet", {"ms": {"max": 0.1, "device": "t4"}}),
    ("siamfc", {"macs": "100M"}),
    ("unet", {"macs": "1G"}),
]


@pytest.mark.parametrize(
    ("name", "limits"),
    [pytest.param(*one, id=one[0]) for one in LIMITS]
    + [pytest.param(*one, id=one[0], marks=pytest.mark.slow) for one in OTHERS],
)
def test_any_limit_of_a_budget(name: str, limits: dict[str, Any]) -> None:
    """It keeps each limit, the next wider does not, and its text reads as the same network, which torch can build."""
    found = archcalc.load(name).fit(limits)
    assert all(verdict.holds for verdict in archcalc.Network(found.spec).budget(limits).verdicts)
    assert found.found.next.over
    again = archcalc.load(found.text("narrow"))
    assert again.table().totals == archcalc.Network(found.spec).table().totals
    assert all(verdict.holds for verdict in again.budget(limits).verdicts)
    built = sum(tensor.numel() for tensor in again.module().parameters())
    assert built == again.table().totals.params


@pytest.mark.parametrize("name", by_size(BUNDLED, ["lenet_d2l", "torchvision"]))
def test_every_network_is_fitted(name: str) -> None:
    network = archcalc.load(name)
    macs = network.table().totals.macs
    for most in (9 * macs // 10, 2 * macs):
        found = network.fit({"macs": most})
        outputs = [[graph.nodes[-1].output_shape for graph in (network.graph, found.found.widest.graph)]]
        assert outputs[0][0] == outputs[0][1]
        assert archcalc.load(found.text("fitted")).table().totals.macs <= most
        assert found.found.next.verdicts[0].number > most


def test_what_stays_and_why() -> None:
    stays = archcalc.load("resnet18").fit({"macs": "1G"}, keep=["layer1"]).found.widths.stays
    kept = {name for name, why in stays.items() if why == "kept"}
    assert kept == {f"layer1.{block}.sum.conv{place}" for block in (0, 1) for place in (1, 2)}
    # the sums of layer1 add what conv1 makes
    assert {name: str(why) for name, why in stays.items() if name not in kept} == {"conv1": "tied", "fc": "handed on"}


GROUPED = """
archcalc: 1
input: [3, 32, 32]
layers:
  - {name: conv1, op: conv2d, out_channels: 48, kernel_size: 3}
  - {name: conv2, op: conv2d, out_channels: 64, kernel_size: 3, groups: 4}
  - {name: wise, op: conv2d, out_channels: 128, kernel_size: 3, groups: 64}
  - {name: norm, op: group_norm, num_groups: 8}
  - {name: half, op: conv2d, out_channels: 20, kernel_size: 1, groups: 2}
  - {name: pool, op: adaptive_avg_pool2d, output_size: 1}
  - {name: flat, op: flatten}
  - {name: fc, op: linear, out_features: 5}
"""


def test_groups_divide_what_they_group() -> None:
    for most in range(200_000, 9_000_000, 400_000):
        found = archcalc.load(GROUPED).fit({"macs": most})
        widths = {entry.name: vars(entry.layer) for entry in found.spec.layers}
        assert widths["conv1"]["out_channels"] % 4 == 0
        # 2 outputs of each channel of conv2, which norm divides into 8, half into 2, and conv2's own groups into 4
        assert widths["conv2"]["out_channels"] % 4 == 0
        assert widths["wise"]["groups"] == widths["conv2"]["out_channels"]
        assert widths["wise"]["out_channels"] == 2 * widths["conv2"]["out_channels"]
        assert widths["half"]["out_channels"] % 2 == 0
        assert widths["fc"]["out_features"] == 5


TIED = """
archcalc: 1
input: [3, 8, 8]
layers:
  - {name: a, op: conv2d, out_channels: 9, kernel_size: 1}
  - {name: b, op: conv2d, out_channels: 6, kernel_size: 1, from: a}
  - {name: c, op: conv2d, out_channels: 3, kernel_size: 1, from: a}
  - {name: both, op: concat, from: [b, c]}
  - {name: sum, op: add, from: [a, both]}
  - {name: wide, op: conv2d, out_channels: 50, kernel_size: 1}
  - {name: last, op: conv2d, out_channels: 2, kernel_size: 1}
"""


def test_a_tie_that_one_factor_does_not_keep_is_kept() -> None:
    """9 channels are added to 6 and 3 others: half of each, rounded down, would be 4 and 3 + 1."""
    found = archcalc.load(TIED).fit({"macs": 64 * (27 + 54 + 27 + 9 * 25 + 2 * 25)}).found
    assert {name: str(why) for name, why in found.widths.stays.items()} == {
        "a": "tied",
        "b": "tied",
        "c": "tied",
        "last": "handed on",
    }
    assert [(one.layer, one.given, one.widest) for one in found.layers if one.stays is None] == [("wide", 50, 25)]


TOGETHER = """
archcalc: 1
input: [8, 8, 8]
layers:
  - {name: a, op: conv2d, out_channels: 48, kernel_size: 1}
  - {name: b, op: conv2d, out_channels: 48, kernel_size: 1, groups: 8, from: input}
  - {name: sum, op: add, from: [a, b]}
  - {name: last, op: conv2d, out_channels: 2, kernel_size: 1}
"""


def test_layers_that_are_added_have_the_same_width_also_where_one_has_groups() -> None:
    """64 places, of (8 + 1 + 2) * w products each; w can be divided into the 8 groups of b."""
    for most in range(64 * 11 * 8, 64 * 11 * 100, 1_000):
        widths = archcalc.load(TOGETHER).fit({"macs": most}).widths
        assert widths == {"a": most // (64 * 11 * 8) * 8, "b": most // (64 * 11 * 8) * 8, "last": 2}


def test_numbers_remember_how_they_follow() -> None:
    asked = Asked()
    a, b = (Channels.of_layer(asked, name, width) for name, width in (("a", 12), ("b", 20)))
    made = (2 * a + b - 4) // 4
    assert (made.value, made.at({"a": 14, "b": 24}), made.is_sum) == (10, 12, True)
    assert (a * b).is_sum is False
    assert ((a + 1) // 5).is_sum is False
    assert (5 - a).at({"a": 1}) == 4
    assert (2 * a).divisible(8)
    assert asked.divisors == {"a": 4}
    assert not asked.fixed
    assert a > 3
    assert asked.fixed == {"a"}


MISTAKES: list[tuple[list[str], str]] = [
    ([], "there is no limit to stay under: give one, such as --max-macs 300M, or a budget in the spec"),
    (
        ["--max-macs", "10k"],
        "even the narrowest network is over: macs 22,136 > 10,000; what stays as it is, is fc3 (handed on)",
    ),
    (
        ["--max-macs", "fc1=1G", "--keep", "conv2", "--keep", "fc1"],
        "no limit is reached, however wide: what may change is conv1, fc2",
    ),
    (["--max-macs", "1G", "--keep", "conf1"], "lenet_d2l has no layer 'conf1' to keep; did you mean 'conv1'?"),
    (
        ["--max-macs", "1G", "--keep", "conv1", "--keep", "conv2", "--keep", "fc1", "--keep", "fc2"],
        "no layer of lenet_d2l may be made wider: all are kept, handed on, or tied to such",
    ),
    (["--max-macs", "much"], "--max-macs: max must be an integer, or a number as it is printed"),
    (["--mode", "train"], "--mode goes with --max-memory"),
    (["--max-macs", "fc9=1G"], "budget of macs: of: there is no layer 'fc9'; did you mean 'fc3'?"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[row[1][:40] for row in MISTAKES])
def test_a_mistake_is_said(words: list[str], message: str) -> None:
    done = run_here("fit", "lenet_d2l", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcalc: {message}")


def test_the_spec_is_written(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    words = ["fit", "torchvision", "--max-macs", "300M", "--keep", "conv5", "--divisor", "8"]
    done = run_here(*words, "-o", str(file))
    assert done.returncode == 0
    assert done.stderr == f"archcalc: wrote {file}; archcalc table {file} shows it\n"
    assert run_here("validate", str(file), "--max-macs", "300M").returncode == 0
    widths = {entry.name: vars(entry.layer).get("out_channels") for entry in archcalc.load(file).spec.layers}
    assert widths["conv5"] == 256
    assert all(widths[f"conv{place}"] % 8 == 0 for place in (1, 2, 3, 4))
    answer = tmp_path / "answer.csv"
    assert run_here(*words, "-o", str(answer)).stdout == ""
    assert "macs,714188480,285384096,300000000,328620920" in answer.read_text(encoding="utf-8")


def test_the_budget_of_the_spec_holds_too() -> None:
    text = GROUPED + "budget: {params: 5k}\n"
    found = archcalc.load(text).fit({"macs": "100M"})
    assert archcalc.Network(found.spec).table().totals.params <= 5_000
    assert [verdict.what for verdict in found.found.next.over] == ["params"]


DERIVED: dict[str, Any] = {
    "archcalc": 1,
    "name": "derived",
    "input": [3, 32, 32],
    "blocks": {
        "unit": {
            "params": {"channels": None, "same": "$(channels == in_channels)"},
            "layers": [
                {"name": "wide", "op": "conv2d", "out_channels": "$(in_channels * 2)", "kernel_size": 1},
                {"name": "narrow", "op": "conv2d", "out_channels": "$channels", "kernel_size": 3, "padding": 1},
                {"name": "sum", "op": "add", "from": ["$input", "narrow"], "when": "$same"},
            ],
        }
    },
    "layers": [
        {"name": "first", "op": "conv2d", "out_channels": 16, "kernel_size": 3},
        {"name": "unit1", "op": "use", "block": "unit", "with": {"channels": 24}},
        {"name": "unit2", "op": "use", "block": "unit", "with": {"channels": 24}},
        {"name": "last", "op": "conv2d", "out_channels": 10, "kernel_size": 1},
    ],
}


def test_what_follows_from_other_widths_is_no_rule_once_it_is_laid_out() -> None:
    """Only what may change does: a layer that stays has its width, whatever its block computes it from."""
    given = archcalc.load(DERIVED)
    found = given.fit({"macs": "2M"}, keep=["unit2.wide"])
    assert [entry.name for entry in found.spec.layers] == [entry.name for entry in given.spec.layers]
    assert found.widths["unit2.wide"] == 48
    assert {one.layer: one.widest for one in found.found.layers if one.stays} == {"unit2.wide": 48, "last": 10}
    assert archcalc.load(found.text("fitted")).table().totals == archcalc.Network(found.spec).table().totals


SHARED: dict[str, Any] = {
    "archcalc": 1,
    "name": "shared",
    "input": {"left": [1, 20, 20], "right": [1, 20, 20]},
    "blocks": {
        "side": {
            "layers": [
                {"name": "conv", "op": "conv2d", "out_channels": 12, "kernel_size": 3},
                {"name": "more", "op": "conv2d", "out_channels": 20, "kernel_size": 3},
            ]
        }
    },
    "layers": [
        {"name": "one", "op": "use", "block": "side", "from": "left"},
        {"name": "other", "op": "use", "layer": "one", "from": "right"},
        {"name": "both", "op": "concat", "from": ["one", "other"]},
        {"name": "last", "op": "conv2d", "out_channels": 5, "kernel_size": 1},
    ],
}


def test_layers_with_the_same_weights_are_as_wide_as_each_other() -> None:
    """Parameters of `one` are 9c + c and 9cm + m, once; `last` has 5 * 2m + 5."""
    found = archcalc.load(SHARED).fit({"params": 1500})
    widths = found.widths
    assert (widths["one.conv"], widths["one.more"]) == (widths["other.conv"], widths["other.more"])
    c, m = widths["one.conv"], widths["one.more"]
    assert archcalc.Network(found.spec).table().totals.params == 10 * c + 9 * c * m + m + 10 * m + 5 <= 1500
    assert not archcalc.load(found.text("fitted")).check().differences
