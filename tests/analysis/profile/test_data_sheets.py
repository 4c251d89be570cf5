"""The data sheets of devices, by the names that drivers give."""

import pytest

from archcalc.analysis.devices import datasheet
from archcalc.analysis.precision import Precision


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200", "H200 SXM"),
        ("NVIDIA A100-SXM4-40GB", "A100 40 GB"),
        ("NVIDIA A100-SXM4-80GB", "A100 SXM 80 GB"),
        ("NVIDIA A100 80GB PCIe", "A100 PCIe 80 GB"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"),
        ("Tesla T4", "T4"),
        ("Tesla V100-SXM2-16GB", "V100 SXM2"),
        ("Tesla V100-PCIE-32GB", "V100 PCIe"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 3090 Ti", None),
        ("NVIDIA L40", None),
        ("AMD EPYC", None),
    ],
)
def test_data_sheets_by_the_names_that_drivers_give(name: str, expected: str | None) -> None:
    peak = datasheet(name)
    assert (peak.name if peak else None) == expected


def test_the_peak_is_that_of_the_precision() -> None:
    h100 = datasheet("NVIDIA H100 80GB HBM3")
    assert h100 is not None
    tflops = [h100.tflops(precision) for precision in (Precision.FP32, Precision.TF32, Precision.AMP_BF16)]
    assert tflops == [67, 494.5, 989]


@pytest.mark.parametrize(
    "name",
    ["NVIDIA GH200 480GB", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 D", "Tesla V100S-PCIE-32GB",
     "NVIDIA A100-SXM-64GB", "Tesla P100-PCIE-12GB", "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
     "NVIDIA RTX A1000 Laptop GPU", "Quadro P1000", "GeForce GTX 580M", "NVIDIA A100X", "GRID A100-10C"],
)  # fmt: skip
def test_no_data_sheet_is_guessed(name: str) -> None:
    assert datasheet(name) is None


def test_bf16_came_with_tf32() -> None:
    t4, a100 = datasheet("Tesla T4"), datasheet("NVIDIA A100-SXM4-40GB")
    assert t4 is not None
    assert a100 is not None
    assert (t4.tflops(Precision.FP16), t4.tflops(Precision.BF16)) == (65, None)
    assert (a100.tflops(Precision.FP16), a100.tflops(Precision.AMP_BF16)) == (312, 312)
