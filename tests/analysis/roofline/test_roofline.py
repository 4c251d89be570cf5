"""A network at the roofs of a device: times, bounds, and the batches at which these turn."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.datasheets import DEVICES
from archcalc.analysis.devices import find
from archcalc.analysis.precision import NumberFormat
from archcalc.analysis.roofline.loads import Load, loads_of, network_turns
from archcalc.analysis.roofline.roofline import LayerRoof, Roofline, roofline
from archcalc.analysis.roofline.roofs import Computing, Roof, roofs_of
from archcalc.analysis.work import traffic
from archcalc.errors import ArchError
from tests.conftest import BUNDLED

ALEXNET = archcalc.load("torchvision").graph
TERA, GIGA = 1e12, 1e9


def at(device: str, computing: Computing = "fp32", batch: int = 1) -> Roofline:
    return roofline(ALEXNET, roofs_of(find(device), computing), batch)


def layer(found: Roofline, name: str) -> LayerRoof:
    return next(one for one in found.layers if one.name == name)


def test_conv1_and_fc6_of_alexnet_on_an_h100() -> None:
    """66.9 TFLOP/s over 3,350 GB/s: the ridge is at 19.97 FLOP/B."""
    one, many = at("h100-sxm"), at("h100-sxm", batch=128)
    conv1, fc6 = layer(one, "conv1"), layer(one, "fc6")
    # 64*55*55 outputs of 3*11*11 multiply-adds: 70,276,800 MACs
    assert conv1.flops == 2 * 70_276_800
    # 4 * (64*363 + 64 weights, 3*224*224 in, 64*55*55 out)
    assert (conv1.weight_bytes, conv1.input_bytes, conv1.output_bytes) == (93_184, 602_112, 774_400)
    assert conv1.intensity == pytest.approx(140_553_600 / 1_469_696)  # 95.6
    assert (conv1.bound, conv1.computed_in, conv1.turning_batch) == ("compute", "fp32", 1)
    assert conv1.seconds == pytest.approx(140_553_600 / 66.9e12)  # 2.10 us
    # 9216*4096 multiply-adds; 4 * (9216*4096 + 4096 weights, 9216 in, 4096 out)
    assert (fc6.flops, fc6.bytes) == (75_497_472, 151_064_576)
    assert (fc6.bound, fc6.seconds) == ("memory", pytest.approx(151_064_576 / 3.35e12))  # 45.1 us
    # batch * 75,497,472 >= 66,900 / 3,350 * (151,011,328 + batch * 53,248): batch >= 40.4
    assert fc6.turning_batch == 41
    conv1, fc6 = layer(many, "conv1"), layer(many, "fc6")
    assert conv1.bytes == 93_184 + 128 * (602_112 + 774_400)
    assert conv1.seconds == pytest.approx(128 * 140_553_600 / 66.9e12)  # 269 us
    assert (fc6.bound, fc6.bytes) == ("compute", 151_011_328 + 128 * 53_248)
    assert fc6.seconds == pytest.approx(128 * 75_497_472 / 66.9e12)  # 144 us


# intensities of layers with weights, in FLOP/B at batch 1 and 128, each tensor once in fp32
INTENSITIES = {
    "conv1": (96, 102), "conv2": (227, 592), "conv3": (74, 547), "conv4": (75, 650), "conv5": (74, 547),
    "fc6": (0.5, 61), "fc7": (0.5, 60), "fc8": (0.5, 55),
}  # fmt: skip


@pytest.mark.parametrize("name", INTENSITIES)
def test_intensities_of_alexnet(name: str) -> None:
    for batch, expected in zip((1, 128), INTENSITIES[name], strict=True):
        intensity = layer(at("t4", batch=batch), name).intensity
        assert intensity == pytest.approx(expected, rel=8e-3)


# milliseconds of the layers with weights alone, at batch 1 and 128
OF_WEIGHTS: dict[tuple[str, Computing], tuple[float, float]] = {
    ("a100-40", "fp32"): (0.218, 9.38),
    ("a100-40", "bf16"): (0.080, 0.62),
    ("h100-sxm", "fp32"): (0.090, 2.73),
    ("h100-sxm", "tf32"): (0.074, 0.43),
    ("h100-sxm", "bf16"): (0.037, 0.215),
    ("titan-x-maxwell", "fp32"): (0.893, 27.3),
}


@pytest.mark.parametrize(("device", "computing"), OF_WEIGHTS)
def test_times_at_the_roof(device: str, computing: Computing) -> None:
    for batch, expected in zip((1, 128), OF_WEIGHTS[device, computing], strict=True):
        found = at(device, computing, batch)
        ms = 1e3 * sum(one.seconds for one in found.layers if one.flops)
        assert ms == pytest.approx(expected, rel=1e-2)


def test_fully_connected_layers_turn_at_twice_the_ridge_and_in_half_precision_at_the_ridge() -> None:
    for device in DEVICES:
        for computing, times in (("fp32", 2), ("fp16", 1)):
            peak = getattr(device, computing)
            if peak is None:
                continue
            found = roofline(ALEXNET, roofs_of(device, computing), 1)
            expected = times * peak * 1000 / device.gbs
            for name in ("fc6", "fc7", "fc8"):
                turning = layer(found, name).turning_batch
                assert turning is not None
                # the maps that they read and make are 0.04 % of fc6's weights at batch 1: they add little
                assert expected <= turning <= 1 + expected / (1 - 0.0013 * expected)


def test_views_take_no_time_and_are_bound_by_nothing() -> None:
    found = at("t4")
    for name in ("flatten", "drop6", "drop7"):
        one = layer(found, name)
        assert (one.bytes, one.seconds, one.bound, one.intensity, one.turning_batch) == (0, 0, None, None, None)
    relu = layer(found, "conv1.relu")
    assert (relu.flops, relu.bound, relu.turning_batch, relu.computed_in) == (0, "memory", None, None)


@pytest.mark.parametrize("batch", [1, 7, 128])
@pytest.mark.parametrize("name", ["alexnet_paper", "resnet18", "convnext_tiny", "siamfc", "densenet121"])
def test_no_layer_and_no_network_is_faster_than_its_arithmetic_or_its_bytes(name: str, batch: int) -> None:
    roofs = roofs_of(find("a100-40"), "torch")
    found = roofline(archcalc.load(name).graph, roofs, batch)
    for one in found.layers:
        peak = {None: 1.0, "tf32": 156.0, "fp32": 19.5}[one.computed_in] * TERA
        assert one.seconds == max(one.flops / peak, one.bytes / (1555 * GIGA))
        assert (one.bound == "compute") == (one.flops / peak > one.bytes / (1555 * GIGA))
    assert found.seconds >= found.totals.bytes / (1555 * GIGA)
    assert found.seconds >= found.totals.flops / (156 * TERA)
    assert found.totals.flops == batch * archcalc.load(name).table().totals.flops
    assert found.seconds == pytest.approx(sum(one.seconds for one in found.layers))


@pytest.mark.parametrize("name", BUNDLED)
def test_layers_are_those_of_the_table(name: str) -> None:
    network = archcalc.load(name)
    found = network.roofline("h100-sxm", batch=2)
    rows = network.table(batch=2, dtype="fp32").rows
    assert [(one.name, one.op, one.flops) for one in found.layers] == [(row.name, row.op, row.flops) for row in rows]


def is_compute_bound(load: Load, batch: int) -> bool:
    """The rule itself, in fractions."""
    arithmetic = Fraction(batch * load.flops) / (Fraction(str(load.roof.tflops)) * 10**12)
    moving = Fraction(load.weights + batch * load.each) / (Fraction(str(load.roof.gbs)) * 10**9)
    return arithmetic >= moving and load.flops > 0


def share_of_memory(loads: list[Load], batch: int) -> Fraction:
    memory = compute = Fraction(0)
    for load in loads:
        if is_compute_bound(load, batch):
            compute += Fraction(batch * load.flops) / Fraction(str(load.roof.tflops)) * 1000
        else:
            memory += Fraction(load.weights + batch * load.each) / Fraction(str(load.roof.gbs)) * 10**6
    return memory / (memory + compute) if memory + compute else Fraction(0)


ROOFS = st.builds(
    Roof,
    st.sampled_from([*NumberFormat]),
    st.floats(0.1, 100).map(lambda peak: round(peak, 1)),
    st.floats(10, 5000).map(lambda peak: round(peak, 1)),
)
MOST = 150


@st.composite
def some_loads(draw: st.DrawFn) -> list[Load]:
    """Layers under two roofs of one memory, with or without weights, FLOPs and maps."""
    first = draw(ROOFS)
    second = first._replace(tflops=round(draw(st.floats(0.1, 100)), 1))
    numbers = st.integers(0, 10) | st.integers(0, 10**6)
    return [
        Load(draw(numbers), draw(numbers), draw(numbers), draw(st.sampled_from([first, second])))
        for _ in range(draw(st.integers(1, 6)))
    ]


@settings(deadline=None)
@given(some_loads())
def test_the_turning_batch_is_the_first_of_all_batches(loads: list[Load]) -> None:
    for load in loads:
        by_trying = [batch for batch in range(1, MOST) if is_compute_bound(load, batch)]
        if load.turning is None or load.turning >= MOST:
            assert by_trying == []
        else:
            assert by_trying == [*range(load.turning, MOST)]


@settings(deadline=None)
@given(some_loads())
def test_a_network_turns_at_the_first_batch_with_half_of_its_time_in_compute_bound_layers(loads: list[Load]) -> None:
    found = network_turns(loads)
    computes = [load for load in loads if load.flops]
    by_trying = [batch for batch in range(1, MOST) if computes and share_of_memory(loads, batch) <= Fraction(1, 2)]
    idle = not any(load.bytes(1) or load.flops for load in loads)
    if idle:
        assert found is None
    elif found is None or found >= MOST:
        assert by_trying == []
    else:
        assert by_trying == [*range(found, MOST)]


def test_a_layer_that_never_turns_is_still_memory_bound_at_any_batch() -> None:
    found = at("h100-sxm", "bf16")
    conv1 = layer(found, "conv1")
    # 140,553,600 FLOPs for 2 * 344,128 bytes of maps: 204 FLOP/B at most, and the ridge is at 295
    assert conv1.turning_batch is None
    assert layer(at("h100-sxm", "bf16", 10**9), "conv1").bound == "memory"


def test_convolutions_and_products_of_matrices_may_have_roofs_of_their_own() -> None:
    found = at("h100-sxm", "torch", 128)
    assert [(roof.number_format, roof.tflops) for roof in found.roofs.distinct] == [("tf32", 494.7), ("fp32", 66.9)]
    assert (layer(found, "conv2").computed_in, layer(found, "fc6").computed_in) == ("tf32", "fp32")
    assert layer(found, "conv2").seconds == pytest.approx(128 * 447_897_600 / 494.7e12)
    assert layer(found, "fc6").seconds == pytest.approx(128 * 75_497_472 / 66.9e12)
    assert [roof.number_format for roof in at("v100-pcie", "torch").roofs.distinct] == ["fp32"]


def test_int8_moves_a_byte_for_each_element() -> None:
    found = at("h100-sxm", "int8")
    assert layer(found, "fc6").bytes == 37_752_832 + 9_216 + 4_096
    assert found.totals.bytes * 4 == at("h100-sxm").totals.bytes


REFUSED: list[tuple[dict[str, object], str]] = [
    ({}, "name a device by --device-model (archcalc devices lists them), or give --peak-tflops and --peak-gbs"),
    ({"peak_tflops": 5.0}, "--peak-gbs is needed too, where no device is named by --device-model"),
    ({"peak_gbs": 5.0}, "--peak-tflops is needed too, where no device is named by --device-model"),
    ({"peak_tflops": 0.0, "peak_gbs": 5.0}, "--peak-tflops must be a number from 1e-09 to 1e+09, got 0"),
    ({"peak_tflops": 5.0, "peak_gbs": float("inf")}, "--peak-gbs must be a number from 1e-09 to 1e+09, got inf"),
    (
        {"device": "v100-pcie", "precision": "bf16"},
        "v100-pcie: no bf16 peak is known (its data sheet has fp64, fp32, fp16 and int8): add --peak-tflops",
    ),
    ({"device": "m4-max"}, "m4-max: no fp32 peak is known (its data sheet has none): add --peak-tflops"),
    ({"device": "h100"}, "'h100' is not one device: there are h100-pcie, h100-sxm and h100-nvl"),
    (
        {"device": "CPU"},
        "a CPU has no data sheet here: measured stands for this machine, or give --peak-tflops and --peak-gbs",
    ),
    ({"device": "t4", "batch": 0}, "batch must be an integer >= 1, got 0"),
    ({"device": "t4", "batch": 10**400}, "batch must have at most 15 digits, got 401"),
    ({"device": "t4", "precision": "fp8"}, "precision must be fp32, tf32, fp16, bf16, int8 or torch, got text 'fp8'"),
    ({"device": "measured", "precision": "int8"}, "peaks can be measured in fp32, tf32, fp16 and bf16, not in int8"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_answered_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ArchError) as caught:
        archcalc.load("lenet_d2l").roofline(**options)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_peaks_that_are_given_stand_before_those_of_the_device() -> None:
    network = archcalc.load("torchvision")
    found = network.roofline("m4-max", peak_tflops=15)
    assert (found.roofs.products.tflops, found.roofs.gbs) == (15, 546)
    own = network.roofline(peak_tflops=66.9, peak_gbs=3350)
    assert own.seconds == network.roofline("h100-sxm").seconds


def test_the_frame_and_the_dict_of_python_have_the_same_rows() -> None:
    found = archcalc.load("lenet_d2l").roofline("t4", batch=2)
    frame, data = found.to_frame(), found.to_dict()
    assert list(frame["name"]) == [one["name"] for one in data["layers"]]
    assert frame["bytes"].sum() == data["totals"]["bytes"] == found.totals.bytes
    assert data["totals"]["images_per_second"] == pytest.approx(2 / found.seconds)
    assert repr(found).startswith("<Roofline lenet_d2l on Tesla T4: ")
    assert "<svg" in found._repr_html_()


def test_each_layer_is_looked_at_a_fixed_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = loads_of(ALEXNET, traffic(ALEXNET), roofs_of(find("t4"), "fp32"))
    looked: list[int] = []
    bytes_of = Load.turning.fget
    monkeypatch.setattr(Load, "turning", property(lambda load: looked.append(1) or bytes_of(load)))
    counts = []
    for times in (1, 100):  # of layers that all turn at other batches
        looked.clear()
        network_turns([load._replace(weights=load.weights + number) for number in range(times) for load in loads])
        counts.append(len(looked))
    assert counts == [len(loads), 100 * len(loads)]
