"""Peaks of devices by their data sheets: dense arithmetic at boost clock in TFLOP/s, and memory in GB/s."""

import re
from typing import Final, NamedTuple

from archcalc.analysis.precision import Precision


class Peak(NamedTuple):
    """TFLOP/s by precision, None for one that the device does not have; GB/s of its memory; and the source of both."""

    name: str
    fp32: float | None
    tf32: float | None
    half: float | None
    bandwidth: float | None
    source: str

    def tflops(self, precision: Precision) -> float | None:
        """Return the TFLOP/s at a precision; with amp, those of half, in which most of the work is done."""
        if precision is Precision.FP32:
            return self.fp32
        if precision is Precision.TF32:
            return self.tf32
        is_fp16 = precision in (Precision.FP16, Precision.AMP_FP16)
        return self.half if is_fp16 or self.tf32 else None  # bf16 came with tf32


_PART: Final = re.compile(r" MIG |^GRID |-\d+[CQ]$")
"""Marks in the names of parts of a card, which have no data sheet of their own."""

_NVIDIA: Final = "NVIDIA data sheet"
_ROWS: Final[tuple[tuple[str, Peak], ...]] = (
    (r"GTX 580\b", Peak("GTX 580", 1.58, None, None, 192.4, _NVIDIA)),
    (r"Tesla K40", Peak("Tesla K40", 5.05, None, None, 288, _NVIDIA)),
    (r"Tesla K80", Peak("Tesla K80, one die", 4.37, None, None, 240, _NVIDIA)),
    (r"GTX TITAN X", Peak("GTX TITAN X", 6.69, None, None, 336.6, _NVIDIA)),
    (r"GTX 1080 Ti", Peak("GTX 1080 Ti", 11.34, None, 0.18, 484, _NVIDIA)),
    (r"\bP100\b.*SXM2", Peak("P100 SXM2", 10.6, None, 21.2, 732, _NVIDIA)),
    (r"\bP100\b(?!.*12GB)", Peak("P100 PCIe", 9.3, None, 18.7, 732, _NVIDIA)),
    (r"Tesla P40", Peak("Tesla P40", 11.76, None, 0.18, 347, _NVIDIA)),
    (r"V100.*SXM", Peak("V100 SXM2", 15.7, None, 125, 900, _NVIDIA)),
    (r"V100\b", Peak("V100 PCIe", 14.0, None, 112, 900, _NVIDIA)),
    (r"Tesla T4|\bT4\b", Peak("T4", 8.1, None, 65, 320, _NVIDIA)),
    (r"RTX 2080 Ti", Peak("RTX 2080 Ti", 13.45, None, 53.8, 616, _NVIDIA)),
    (r"RTX 3090\b(?! Ti)", Peak("RTX 3090", 35.6, 35.6, 71, 936, "NVIDIA GA102 white paper")),
    (r"RTX 4090\b(?! Laptop| D)", Peak("RTX 4090", 82.6, 82.6, 165.2, 1008, "NVIDIA Ada white paper")),
    (r"RTX 5090\b(?! Laptop| D)", Peak("RTX 5090", 104.8, 104.8, 209.5, 1792, "NVIDIA Blackwell white paper")),
    (r"\bL40S\b", Peak("L40S", 91.6, 183, 362, 864, _NVIDIA)),
    (r"\bL4\b", Peak("L4", 30.3, 60, 121, 300, _NVIDIA)),
    (r"\bA100\b.*SXM.*80GB", Peak("A100 SXM 80 GB", 19.5, 156, 312, 2039, _NVIDIA)),
    (r"\bA100\b.*80GB", Peak("A100 PCIe 80 GB", 19.5, 156, 312, 1935, _NVIDIA)),
    (r"\bA100\b(?!.*64GB)", Peak("A100 40 GB", 19.5, 156, 312, 1555, _NVIDIA)),
    (r"\bH100.*NVL", Peak("H100 NVL", 60, 417.5, 835, 3938, _NVIDIA)),
    (r"\bH100.*PCIe", Peak("H100 PCIe", 51.2, 378, 756, 2000, _NVIDIA)),
    (r"\bH100", Peak("H100 SXM", 67, 494.5, 989, 3350, _NVIDIA)),
    (r"\bH200.*NVL", Peak("H200 NVL", 60, 420, 840, 4800, _NVIDIA)),
    (r"\bH200", Peak("H200 SXM", 67, 494.5, 989, 4800, _NVIDIA)),
    (r"\bB200\b", Peak("B200", 80, 1125, 2250, 8000, "stas00/ml-engineering, accelerators")),
    (r"MI300X", Peak("MI300X", 163.4, 653.7, 1307, 5300, "AMD data sheet")),
)


def datasheet(name: str) -> Peak | None:
    """Return the peak of a device by the name that its driver gives; None for one that is not listed, never a guess.

    >>> datasheet("NVIDIA H100 80GB HBM3").name, datasheet("NVIDIA L40S").name, datasheet("Tesla V100-SXM2-16GB").name
    ('H100 SXM', 'L40S', 'V100 SXM2')
    >>> datasheet("NVIDIA GH200 480GB"), datasheet("NVIDIA H100 80GB HBM3 MIG 1g.10gb")
    (None, None)
    """
    if _PART.search(name):
        return None
    return next((peak for pattern, peak in _ROWS if re.search(pattern, name)), None)
