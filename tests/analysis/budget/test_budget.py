"""Budgets: every number by hand, which layers contribute most, and whose limit it is that holds."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.budget.judgement import Standing, Verdict
from archcalc.analysis.budget.measures import MEASURES
from archcalc.errors import ArchError
from archcalc.exchange.yaml import document
from archcalc.spec.budget import LIMITS
from tests.conftest import ROOT

BUDGET = archcalc.load(ROOT / "tests" / "specs" / "valid" / "budget.yaml")

# conv1: 8 maps of 30x30 from 3x3x3, 8*27 + 8 = 224 params, 8*900*27 = 194,400 MACs
# conv2: 16 maps of 28x28 from 8x3x3, 16*72 + 16 = 1,168 params, 16*784*72 = 903,168 MACs
# fc: 12,544 to 10, 125,440 + 10 = 125,450 params, 125,440 MACs; in all 126,842 params and 1,223,008 MACs
VERDICTS = [
    ("params", "max", 150_000, 126_842, Standing.OK),
    ("macs", "max", 1_400_000, 1_223_008, Standing.OK),
    ("macs", "min", 1_000_000, 1_223_008, Standing.OK),
    ("flops", "max", 1_805_000, 2 * 903_168, Standing.OVER),
    # conv1 with its activation, and conv2: 2 * 8*900 + 2 * 16*784
    ("activations", "max", 30_000, 39_488, Standing.OVER),
    ("weights", "max", 256_500, 2 * 126_842, Standing.OK),
    ("receptive_field", "min", 5, 5, Standing.OK),  # 3, and 2 more
]


def test_every_limit_by_hand() -> None:
    found = [
        (one.what, one.side, one.bound, one.number, one.standing)
        for one in BUDGET.budget().verdicts
        if one.what != "ms"
    ]
    assert found == VERDICTS


def test_the_time_at_the_roof_is_that_of_roofline_and_no_proof_below_its_limit() -> None:
    verdict = BUDGET.budget().verdicts[-1]
    seconds = BUDGET.roofline("jetson-nano", batch=4, precision="fp16").seconds
    assert float(verdict.number) == pytest.approx(1e3 * seconds, rel=1e-12)
    assert (verdict.standing, verdict.holds, str(verdict.standing)) == (Standing.NOT_OVER, True, "not over")
    over = BUDGET.budget(
        {"ms": {"max": 1e3 * seconds * 0.999, "device": "jetson-nano", "batch": 4, "precision": "fp16"}}
    )
    assert [(one.what, one.standing) for one in over.exceeded][-1] == ("ms", Standing.OVER)
    assert "the least time, at the roof of the device" in str(over)


def test_memory_is_the_peak_that_torch_has() -> None:
    """torchvision's AlexNet as MemTracker sees it, on 128 images: 1,214,524,648 bytes in training with momentum."""
    network = archcalc.load("torchvision")
    (verdict,) = network.budget({"memory": {"max": "1.2GB", "batch": 128, "mode": "train"}}).verdicts
    assert (verdict.number, verdict.standing) == (1_214_524_648, Standing.OVER)
    (verdict,) = network.budget({"memory": "246339744B"}).verdicts
    assert (verdict.number, verdict.standing) == (246_339_744, Standing.OK)
    with pytest.raises(ArchError, match="of is not for memory: a peak is of the whole network"):
        network.budget({"memory": {"max": "1GB", "of": ["conv1"]}})


def test_an_arena_is_that_of_the_plan() -> None:
    """MobileNetV2 of 96x96, int8: the first expansion, 96x48x48 = 221,184, beside the 96x24x24 = 55,296 made of it."""
    network = archcalc.load("mobilenet_v2:input=3x96x96")
    (verdict,) = network.budget({"arena": {"max": "320kB", "dtype": "int8"}}).verdicts
    assert (verdict.number, verdict.standing) == (276_480, Standing.OK)
    assert verdict.measured.where == "of inference (batch 1, int8, at stage2.first.depthwise)"
    assert [(part.name, part.number) for part in verdict.largest] == [
        ("stage2.first.expand", 221_184),
        ("stage2.first.depthwise", 55_296),
    ]
    (verdict,) = network.budget({"arena": {"max": "256KiB", "dtype": "int8", "batch": 2, "align": 16}}).verdicts
    assert (verdict.number, verdict.standing, verdict.difference) == (552_960, Standing.OVER, 552_960 - 262_144)


def convolutions(*widths_and_sources: tuple[int, str], joined: str, of: list[str]) -> dict[str, Any]:
    """Return a spec of pointwise convolutions of an input of 1x4x4, which are joined."""
    layers: list[dict[str, Any]] = [
        {"name": f"l{number}", "op": "conv2d", "out_channels": width, "kernel_size": 1, "from": source}
        for number, (width, source) in enumerate(widths_and_sources)
    ]
    return {
        "archcalc": 1,
        "name": "net",
        "input": [1, 4, 4],
        "layers": [*layers, {"op": joined, "name": "all", "from": of}],
    }


BRANCHES = convolutions((8, "input"), (6, "input"), (1, "l0"), (1, "l1"), joined="concat", of=["l2", "l3"])
RESIDUAL = convolutions((4, "input"), (4, "l0"), joined="add", of=["l0", "l1"])


@pytest.mark.parametrize(
    ("spec", "given", "arena"),
    [
        # of 16 elements a channel: the input and both wide maps, or one branch after the other
        (BRANCHES, {}, 16 * (1 + 8 + 6)),
        (BRANCHES, {"order": "best"}, 16 * (1 + 8 + 1)),
        (BRANCHES, {"batch": 3}, 3 * 16 * 15),
        (BRANCHES, {"dtype": "fp16"}, 2 * 16 * 15),
        (RESIDUAL, {}, 16 * (4 + 4)),
        (RESIDUAL, {"fused": True}, 16 * (4 + 4 + 4)),
        # conv1 and pool1, 4,704 and 1,176, of which the second is no multiple of 16
        ("lenet_d2l", {"align": 16}, 4_704 + 1_184),
    ],
)
def test_an_arena_is_planned_as_its_limit_says(spec: Any, given: dict[str, Any], arena: int) -> None:
    network, asked = archcalc.load(spec), {"dtype": "int8", **given}
    (verdict,) = network.budget({"arena": {"max": "1GB", **asked}}).verdicts
    assert verdict.number == network.memory_plan(**asked).arena == arena


def test_difference_and_share_are_exact() -> None:
    (verdict,) = archcalc.load("paper").budget({"params": "60M"}).verdicts
    assert (verdict.difference, verdict.share) == (965_224, Fraction(965_224, 60_000_000))
    # fc6: 2 towers of 9216*2048 + 2048; fc7: 2 of 4096*2048 + 2048; fc8: 4096*1000 + 1000
    assert [(part.name, part.number) for part in verdict.largest] == [
        ("fc6", 37_752_832),
        ("fc7", 16_781_312),
        ("fc8", 4_097_000),
    ]


@pytest.mark.parametrize(
    ("limit", "holds"),
    [
        ("60965224", True),
        ("60965223", False),
        ("61M", True),
        ("60.965M", False),  # rounds to what there is, but a limit is meant exactly
        (60_965_224, True),
        ({"min": 60_965_224}, True),
        ({"min": "60965225"}, False),
    ],
)
def test_a_limit_is_exact(limit: Any, holds: bool) -> None:
    (verdict,) = archcalc.load("paper").budget({"params": limit}).verdicts
    assert verdict.holds is holds


@pytest.mark.parametrize(
    ("dtype", "number"), [("fp64", 8), ("fp32", 4), ("fp16", 2), ("bf16", 2), ("int8", 1)], ids=lambda one: str(one)
)
def test_weights_are_bytes_of_a_number_format(dtype: str, number: int) -> None:
    (verdict,) = archcalc.load("paper").budget({"weights": {"max": "240MiB", "dtype": dtype}}).verdicts
    assert (verdict.number, verdict.bound) == (number * 60_965_224, 240 * 2**20)


FIELDS = [
    ("torchvision", None, 195, ("avgpool",)),  # published: 195 of pool5, of which avgpool keeps the 6x6 places
    ("torchvision", "pool2", 67, ("pool2",)),
    ("paper", None, 195, ("pool5",)),
    # 435 by the rule size += (s - 1) * jump: 7 + 2*2 + 4*(2*4) + 2*4 + 6*8 + 2*8 + 6*16 + 2*16 + 6*32 = 435
    ("resnet18", None, 435, ("layer4.rest.0.sum.relu",)),  # the pool after it has one place
]


@pytest.mark.parametrize(("name", "of", "field", "meant"), FIELDS, ids=lambda one: str(one))
def test_a_receptive_field_is_that_of_the_last_layer_with_places(
    name: str, of: str | None, field: int, meant: tuple[str, ...]
) -> None:
    limit = {"min": field} | ({"of": of} if of else {})
    (verdict,) = archcalc.load(name).budget({"receptive_field": limit}).verdicts
    assert (verdict.number, verdict.measured.of, verdict.standing) == (field, meant, Standing.OK)
    (verdict,) = archcalc.load(name).budget({"receptive_field": limit | {"min": field + 1}}).verdicts
    assert verdict.standing is Standing.UNDER


def network(**kernels: Any) -> archcalc.Network:
    layers = [{"name": "conv", "op": "conv2d", "out_channels": 2, **kernels}]
    return archcalc.load({"archcalc": 1, "name": "net", "input": [3, 9, 9], "layers": layers})


def test_the_axes_of_a_receptive_field_have_a_smallest_and_a_largest() -> None:
    found = network(kernel_size=[3, 5]).budget({"receptive_field": {"min": 4, "max": 4}})
    assert [(one.side, one.number, one.standing) for one in found.verdicts] == [
        ("max", 5, Standing.OVER),
        ("min", 3, Standing.UNDER),
    ]


def test_a_gate_is_left_aside() -> None:
    layers = [
        {"name": "conv", "op": "conv2d", "out_channels": 2, "kernel_size": 3},
        {"name": "all", "op": "adaptive_avg_pool2d", "output_size": 1, "from": "conv"},
        {"name": "gated", "op": "mul", "from": ["conv", "all"]},
    ]
    squeezed = archcalc.load({"archcalc": 1, "name": "net", "input": [3, 9, 9], "layers": layers})
    (verdict,) = squeezed.budget({"receptive_field": {"min": 9}}).verdicts
    assert (verdict.number, verdict.measured.of, verdict.holds) == (3, ("gated",), False)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"param": 1}, "a budget has no 'param'; did you mean 'params'? (it has params, macs, flops, activations, "
     "weights, memory, arena, receptive_field, ms)"),
    ({"params": "many"}, "budget of params: max must be an integer, or a number as it is printed: 60M, 650k, 0.714G, "
     "233.08MiB, got text 'many'"),
    ({"params": {"most": 1}}, "budget of params: has no 'most' (it has max, min, of)"),
    ({"params": None}, "budget of params: needs max, min or both"),
    ({"params": {"max": 1, "of": "conv9"}}, "budget of params: of: there is no layer 'conv9'; did you mean 'conv'?"),
    ({"weights": "1M"}, "budget of weights: 1M is not in bytes; write 1MB, or limit params"),
    ({"arena": {"max": "1MB", "of": "conv"}}, "budget of arena: of is not for arena: a peak is of the whole network"),
    ({"arena": {"max": "1MB", "align": 12}}, "budget of arena: align must be a power of 2, got 12"),
    ({"arena": {"max": "1MB", "order": "worst"}}, "budget of arena: order must be spec or best, got text 'worst'"),
    ({"arena": "1M"}, "budget of arena: 1M is not in bytes; write 1MB"),
    ({"receptive_field": 3}, "budget of receptive_field: says max or min: write {min: 3} or {max: 3}"),
    ({"ms": 3}, "budget of ms: device is missing"),
    ({"ms": {"max": 3, "device": "t5"}}, "budget of ms: there is no data sheet of 't5'"),
    ({"ms": {"max": 3, "device": "t4", "precision": "bf16"}}, "budget of ms: t4: no bf16 peak is known"),
]  # fmt: skip


@pytest.mark.parametrize(("limits", "words"), BAD, ids=lambda one: str(one) if isinstance(one, dict) else "")
def test_what_is_no_limit_is_refused(limits: dict[str, Any], words: str) -> None:
    with pytest.raises(ArchError) as refused:
        network(kernel_size=3).budget(limits)
    assert str(refused.value).startswith(words)


def test_a_network_without_places_has_no_receptive_field() -> None:
    layers = [{"name": "fc", "op": "linear", "out_features": 2}]
    flat = archcalc.load({"archcalc": 1, "name": "flat", "input": [3], "layers": layers})
    for limit, words in (
        ({"min": 3}, "budget of receptive_field: no layer has more than one place: name a layer by of"),
        ({"min": 3, "of": "fc"}, "budget of receptive_field: fc has no receptive field: what it reads has no places"),
    ):
        with pytest.raises(ArchError) as refused:
            flat.budget({"receptive_field": limit})
        assert str(refused.value) == words


def test_a_limit_of_nothing_has_no_share() -> None:
    (verdict,) = network(kernel_size=1).budget({"macs": 0}).verdicts
    assert (verdict.number, verdict.difference, verdict.share) == (486, 486, None)  # 2 * 3 * 81


def summary(verdicts: tuple[Verdict, ...]) -> list[tuple[str, str, int]]:
    return [(one.what, one.side, int(one.bound)) for one in verdicts]


def test_what_is_given_stands_before_what_the_spec_says_of_the_same() -> None:
    found = BUDGET.budget({"macs": "1M", "flops": "3M"}).verdicts
    assert summary(found)[:3] == [("params", "max", 150_000), ("macs", "min", 1_000_000), ("flops", "max", 1_805_000)]
    assert summary(found)[-2:] == [
        ("macs", "max", 1_000_000),
        ("flops", "max", 3_000_000),
    ]  # of all layers, not of conv2


def variant(tmp_path: Path, changes: str) -> archcalc.Network:
    (tmp_path / "base.yaml").write_text(
        "archcalc: 1\nname: base\ninput: [3, 9, 9]\nparams: {n: 2}\n"
        "layers: [{name: conv, op: conv2d, out_channels: $n, kernel_size: 3}]\n"
        "budget: {params: 60, macs: {max: 5k, of: conv}, flops: $(n * 1000)}\n"
    )
    (tmp_path / "mine.yaml").write_text(f"archcalc: 1\nname: mine\nextends: base\n{changes}")
    return archcalc.load(tmp_path / "mine.yaml")


def test_a_variant_has_the_budget_of_its_parent(tmp_path: Path) -> None:
    found = variant(tmp_path, "params: {n: 3}\n").budget()
    assert summary(found.verdicts) == [("params", "max", 60), ("macs", "max", 5000), ("flops", "max", 3000)]
    assert [one.what for one in found.exceeded] == ["params", "flops"]  # 3 * 27 + 3 = 84; 2 * 81 * 49 = 7,938


def test_a_variant_has_limits_of_its_own_or_none(tmp_path: Path) -> None:
    mine = variant(tmp_path, "params: {n: 3}\nbudget: {params: 100, flops: null, activations: 1k}\n")
    assert summary(mine.budget().verdicts) == [
        ("params", "max", 100),
        ("macs", "max", 5000),
        ("activations", "max", 1000),
    ]
    assert document(mine.spec)["budget"] == {"params": 100, "macs": {"max": "5k", "of": "conv"}, "activations": "1k"}


def test_every_number_that_may_be_limited_is_measured() -> None:
    assert [*MEASURES] == [*LIMITS]
