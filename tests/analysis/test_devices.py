"""The data sheets of devices: where their numbers come from, and the names by which they are found."""

import json
import re

import pytest

from archcalc.analysis.datasheets import DEVICES, PEAKS, SOURCES, Device
from archcalc.analysis.devices import datasheet, find, memory_of, peak_of
from archcalc.analysis.precision import NumberFormat, Precision
from archcalc.errors import ArchError
from tests.conftest import ROOT

BY_ID = {device.id: device for device in DEVICES}


def test_every_row_is_there_once_and_says_where_its_numbers_are_written() -> None:
    assert len(BY_ID) == len({device.name for device in DEVICES}) == len(DEVICES) == 40
    for device in DEVICES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", device.id)
        assert device.sources.split(), device.id
        assert set(device.sources.split()) <= set(SOURCES), device.id
        assert device.gbs > 0
        assert device.gb > 0
        assert 2010 <= device.year <= 2025
    assert {key for device in DEVICES for key in device.sources.split()} == set(SOURCES)
    assert (*PEAKS,) == tuple(NumberFormat)


def test_what_is_derived_is_there_and_says_how() -> None:
    for device in DEVICES:
        for name in device.derived.split():
            assert getattr(device, name), device.id
            assert re.search(rf"\b{name}\b.*(\d x|is fp32)", device.note), (device.id, name)


# device, number, arithmetic: units x rate x clock, or a multiple of another peak; within the last digit given
DERIVED = [
    ("gtx1080ti", "int8", 4 * 11.34),
    ("p40", "int8", 4 * 11.76),
    ("v100-pcie", "int8", 4 * 14.13),  # 80 SM x 64 lanes x 2 x 1.38 GHz = 14.13
    ("v100-sxm2", "int8", 4 * 15.67),  # 80 SM x 64 lanes x 2 x 1.53 GHz = 15.67
    ("t4", "int8", 2 * 65.1),
    ("rtx2080ti", "fp16", 68 * 512 * 1.545e-3),
    ("rtx2080ti", "int8", 68 * 2048 * 1.545e-3),
    ("rtx3090", "tf32", 82 * 128 * 2 * 1.695e-3),
    ("rtx3090", "fp16", 82 * 512 * 1.695e-3),
    ("rtx3090", "bf16", 82 * 512 * 1.695e-3),
    ("rtx3090", "int8", 82 * 2048 * 1.695e-3),
    ("rtx5090", "tf32", 170 * 128 * 2 * 2.407e-3),
    ("rtx5090", "fp16", 170 * 512 * 2.407e-3),
    ("rtx5090", "bf16", 170 * 512 * 2.407e-3),
    ("rtx5090", "int8", 170 * 2048 * 2.407e-3),
    *(("jetson-orin-nano-8", name, times * 1.28) for name, times in (("tf32", 4), ("fp16", 8), ("bf16", 8))),
    ("jetson-orin-nano-8", "int8", 16 * 1.28),
    *(("jetson-agx-orin-64", name, times * 5.33) for name, times in (("tf32", 4), ("fp16", 8), ("bf16", 8))),
]


@pytest.mark.parametrize(("id", "name", "expected"), DERIVED)
def test_what_is_derived_follows_from_the_architecture(id: str, name: str, expected: float) -> None:
    assert getattr(BY_ID[id], name) == pytest.approx(expected, rel=4e-3)


def test_every_number_that_is_derived_is_derived_above() -> None:
    said = {(device.id, name) for device in DEVICES for name in device.derived.split()}
    assert {(id, name) for id, name, _ in DERIVED} == said


# SM x lanes x 2 x boost clock in GHz
FP32 = [
    ("gtx580-3gb", 16 * 32 * 2 * 1.544e-3),
    ("k40", 15 * 192 * 2 * 0.875e-3),
    ("titan-x-maxwell", 24 * 128 * 2 * 1.089e-3),
    ("p100-sxm2", 56 * 64 * 2 * 1.48e-3),
    ("v100-sxm2", 80 * 64 * 2 * 1.53e-3),
    ("t4", 40 * 64 * 2 * 1.59e-3),
    ("a100-40", 108 * 64 * 2 * 1.41e-3),
    ("rtx4090", 128 * 128 * 2 * 2.52e-3),
    ("h100-sxm", 132 * 128 * 2 * 1.98e-3),
]


@pytest.mark.parametrize(("id", "expected"), FP32)
def test_fp32_is_units_times_rate_times_clock(id: str, expected: float) -> None:
    assert BY_ID[id].fp32 == pytest.approx(expected, rel=4e-3)


# TFLOP/s over TB/s, in FLOP/B
RIDGES = [
    ("gtx580-3gb", "fp32", 8.2), ("k40", "fp32", 17.5), ("titan-x-maxwell", "fp32", 19.9), ("p100-sxm2", "fp32", 14.5),
    ("v100-sxm2", "fp32", 17.5), ("v100-sxm2", "fp16", 139), ("t4", "fp32", 25.4), ("t4", "fp16", 203),
    ("a100-40", "fp32", 12.5), ("a100-40", "tf32", 100), ("a100-40", "bf16", 201), ("h100-sxm", "fp32", 20.0),
    ("h100-sxm", "tf32", 148), ("h100-sxm", "bf16", 295), ("h200", "fp32", 13.9), ("h200", "tf32", 103),
    ("h200", "bf16", 206), ("rtx4090", "fp32", 81.9), ("rtx4090", "fp16", 164), ("rtx5090", "fp32", 58.5),
    ("rtx5090", "fp16", 117), ("mi300x", "fp32", 30.8), ("mi300x", "bf16", 247), ("m1", "fp32", 38),
]  # fmt: skip


@pytest.mark.parametrize(("id", "name", "expected"), RIDGES)
def test_ridges(id: str, name: str, expected: float) -> None:
    device = BY_ID[id]
    assert getattr(device, name) * 1000 / device.gbs == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 NVL", "h100-nvl"),
        ("NVIDIA H200", "h200"),
        ("NVIDIA H200 NVL", "h200-nvl"),
        ("NVIDIA B200", "b200"),
        ("NVIDIA A100-SXM4-40GB", "a100-40"),
        ("NVIDIA A100-PCIE-40GB", "a100-40"),
        ("NVIDIA A100-SXM4-80GB", "a100-80-sxm"),
        ("NVIDIA A100 80GB PCIe", "a100-80-pcie"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA L4", "l4"),
        ("Tesla T4", "t4"),
        ("Tesla P40", "p40"),
        ("Tesla P100-SXM2-16GB", "p100-sxm2"),
        ("Tesla P100-PCIE-16GB", "p100-pcie-16"),
        ("Tesla V100-SXM2-16GB", "v100-sxm2"),
        ("Tesla V100-PCIE-32GB", "v100-pcie"),
        ("Tesla K40c", "k40"),
        ("Tesla K80", "k80-half"),
        ("GeForce GTX 580", "gtx580-3gb"),
        ("GeForce GTX TITAN X", "titan-x-maxwell"),
        ("NVIDIA GeForce GTX 1080 Ti", "gtx1080ti"),
        ("NVIDIA GeForce RTX 2080 Ti", "rtx2080ti"),
        ("NVIDIA GeForce RTX 3090", "rtx3090"),
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
        ("NVIDIA GeForce RTX 5090", "rtx5090"),
        ("AMD Instinct MI300X", "mi300x"),
        ("NVIDIA GeForce RTX 3090 Ti", None),
        ("NVIDIA L40", None),
        ("AMD EPYC", None),
        ("Apple M1", None),  # its CPU is called so too
        ("Orin", None),  # of which there are several
        ("AMD Instinct MI250X", None),  # a driver shows each half
    ],
)
def test_data_sheets_by_the_names_that_drivers_give(name: str, expected: str | None) -> None:
    found = datasheet(name)
    assert (found.id if found else None) == expected
    matching = [device.id for device in DEVICES if device.driver and re.search(device.driver, name)]
    assert matching == [expected] * bool(expected)


def test_every_pattern_is_matched_by_a_name_above() -> None:
    mark = next(one for one in test_data_sheets_by_the_names_that_drivers_give.pytestmark if one.name == "parametrize")
    assert {id for _, id in mark.args[1] if id} == {device.id for device in DEVICES if device.driver}


@pytest.mark.parametrize(
    "name",
    ["NVIDIA GH200 480GB", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 D", "Tesla V100S-PCIE-32GB",
     "NVIDIA A100-SXM-64GB", "Tesla P100-PCIE-12GB", "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
     "NVIDIA RTX A1000 Laptop GPU", "Quadro P1000", "GeForce GTX 580M", "NVIDIA A100X", "GRID A100-10C"],
)  # fmt: skip
def test_no_data_sheet_is_guessed(name: str) -> None:
    assert datasheet(name) is None


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_a_device_is_found_by_its_id_and_its_name(device: Device) -> None:
    assert find(device.id) is find(device.id.upper()) is find(device.name) is device


def test_another_word_is_told_what_there_is() -> None:
    with pytest.raises(ArchError) as caught:
        find("h100sx")
    assert str(caught.value).startswith(
        "there is no data sheet of 'h100sx'; did you mean 'h100-sxm'? (there are gtx580-3gb, k40, k80-half, "
    )


def test_the_peak_is_that_of_the_precision() -> None:
    precisions = (Precision.FP32, Precision.TF32, Precision.FP16, Precision.AMP_FP16, Precision.AMP_BF16)
    of = {id: [peak_of(BY_ID[id], one.computed_in) for one in precisions] for id in ("h100-sxm", "t4")}
    assert of == {"h100-sxm": [66.9, 494.7, 989.4, 989.4, 989.4], "t4": [8.14, None, 65.1, 65.1, None]}


SHOWN = {
    "h200": 143_771,
    "h100-sxm": 81_559,
    "a100-80-sxm": 81_920,
    "a100-40": 40_960,
    "l40s": 46_068,
    "l4": 23_034,
    "t4": 15_360,
}
"""MiB that nvidia-smi shows, by https://thundergolfer.com/blog/nvidia-gpu-memory-capacity."""


@pytest.mark.parametrize(("name", "shown"), SHOWN.items())
def test_a_driver_shows_no_less_memory_than_is_counted_on(name: str, shown: int) -> None:
    """And no more than the chips have: 2 ** 30 bytes for each GB as sold."""
    device = find(name)
    assert memory_of(device) <= shown * 2**20 <= device.gb * 2**30


def test_so_does_torch_in_our_own_records() -> None:
    seen = {
        (sheet.id, record["environment"]["memory_mib"])
        for path in (ROOT / "reports" / "profiles").glob("*.json")
        for record in [json.loads(path.read_text())]
        if (sheet := datasheet(record["environment"]["name"]))
    }
    assert seen
    for name, mib in seen:
        assert memory_of(find(name)) <= mib * 2**20 <= find(name).gb * 2**30
