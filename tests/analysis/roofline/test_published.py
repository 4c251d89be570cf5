"""Published times stand beside the roof of the network that they are of, and of no other."""

import pytest

import archcalc
from archcalc.analysis.datasheets import DEVICES as DATASHEETS
from archcalc.analysis.roofline.published import DEVICES, INFERENCE, PRESETS
from archcalc.exchange.yaml import digest


def test_each_protocol_is_of_the_bundled_spec_that_it_names() -> None:
    assert {digest(archcalc.load(preset.spec).spec): preset for preset in PRESETS.values()} == PRESETS


def test_every_device_of_a_published_time_has_a_data_sheet() -> None:
    hardware = {row.hardware for preset in PRESETS.values() for row in preset.published}
    assert hardware == set(DEVICES)
    assert set(DEVICES.values()) <= {device.id for device in DATASHEETS}
    assert {name for name, _ in INFERENCE} <= hardware


def test_times_of_the_one_weird_trick_net_on_a_titan_x() -> None:
    rows = {row.library: row for row in archcalc.load("owt").roofline("titan-x-maxwell", batch=4).published}
    torch = rows["cuDNN R4 fp32, Torch"]
    assert (torch.inference_ms, torch.training_ms, torch.batch) == (27, 81, 128)
    roof = 1e3 * archcalc.load("owt").roofline("titan-x-maxwell", batch=128).seconds
    assert torch.roof_ms == roof  # at the batch of the published time
    assert torch.of_roof == roof / 27
    assert torch.of_roof > 1  # by FFT and Winograd
    assert rows["cuDNN R4 fp16, Torch"].roof_ms is None  # it only stores fp16


def test_times_of_tf_cnn_benchmarks() -> None:
    network = archcalc.load("tf_cnn_benchmarks")
    (one,) = [row for row in network.roofline("a100-40").published if "fp16" not in row.library]
    # 28,254 and 10,187.09 images a second, in batches of 1,792; TensorFlow computes fp32 in TF32 there
    assert one.inference_ms == pytest.approx(1e3 * 1792 / 28254)
    assert one.training_ms == pytest.approx(1e3 * 1792 / 10187.09)
    assert one.roof_ms == pytest.approx(1e3 * network.roofline("a100-40", precision="tf32", batch=1792).seconds)
    (p100,) = network.roofline("p100-sxm2").published
    assert (p100.inference_ms, p100.roof_ms, p100.of_roof) == (None, None, None)


@pytest.mark.parametrize(
    "other",
    [
        archcalc.load("owt").with_(num_classes=10),
        archcalc.load("owt", input_shape=(3, 227, 227)),
        archcalc.load("torchvision"),
        archcalc.load({"archcalc": 1, "name": "alexnet_owt", "input": [3], "layers": [{"name": "x", "op": "relu"}]}),
    ],
)
def test_another_network_has_none(other: archcalc.Network) -> None:
    assert other.roofline("titan-x-maxwell").published == ()


def test_another_device_has_none() -> None:
    assert archcalc.load("owt").roofline("h100-sxm").published == ()
