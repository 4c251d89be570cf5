"""The roofs of a device: how fast it computes at a precision, and how fast it moves bytes."""

from fractions import Fraction
from functools import cache
from typing import Final, Literal, NamedTuple

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import expect_peak
from archcalc.analysis.precision import NumberFormat
from archcalc.errors import ArchError

Computing = Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"]
"""What a network computes in; torch is fp32 as torch has it by default: convolutions in TF32 where there is that."""

_LEAST: Final = 1e-9
_MOST: Final = 1e9
_THOUSAND: Final = 1000
"""GB/s in a TB/s."""


class Roof(NamedTuple):
    """The most that a device computes in a number format."""

    number_format: NumberFormat
    tflops: float
    gbs: float

    @property
    def ridge(self) -> Fraction:
        """The FLOPs for each byte from which on arithmetic takes longer than moving, of the peaks as they are written.

        >>> Roof(NumberFormat.FP32, 66.9, 3350).ridge
        Fraction(1338, 67)
        """
        return _ridge(self.tflops, self.gbs)


@cache
def _ridge(tflops: float, gbs: float) -> Fraction:
    return Fraction(str(tflops)) / Fraction(str(gbs)) * _THOUSAND


class Roofs(NamedTuple):
    """The roofs of one device: that of convolutions, and that of products of matrices, which may be the same."""

    name: str
    device: Device | None
    """Its data sheet; None for peaks that were given or measured."""
    computing: Computing
    convolutions: Roof
    products: Roof

    @property
    def gbs(self) -> float:
        return self.products.gbs

    @property
    def element_bytes(self) -> int:
        return self.products.number_format.bytes

    @property
    def distinct(self) -> tuple[Roof, ...]:
        """The roofs, each once."""
        return tuple(dict.fromkeys((self.convolutions, self.products)))


def roofs_of(
    device: Device | None, computing: Computing, tflops: float | None = None, gbs: float | None = None, name: str = ""
) -> Roofs:
    """Return the roofs of a device; peaks that are given stand before those of its data sheet.

    Raises ArchError where a peak is not known, and for one that no device can have.
    """
    for option, peak in (("--peak-tflops", tflops), ("--peak-gbs", gbs)):
        if peak is not None and not _LEAST <= peak <= _MOST:
            raise ArchError(f"{option} must be a number from {_LEAST:g} to {_MOST:g}, got {peak:g}")
        if peak is None and device is None:
            raise ArchError(f"{option} is needed too, where no device is named by --device-model")
    bandwidth = gbs if gbs is not None or device is None else device.gbs
    assert bandwidth is not None
    products = NumberFormat.FP32 if computing == "torch" else NumberFormat(computing)
    has_tf32 = computing == "torch" and tflops is None and device is not None and device.tf32 is not None
    convolutions = NumberFormat.TF32 if has_tf32 else products
    of_both = [Roof(one, _tflops(device, one, tflops), bandwidth) for one in (convolutions, products)]
    return Roofs(name or (device.name if device else "own peaks"), device, computing, *of_both)


def _tflops(device: Device | None, number_format: NumberFormat, given: float | None) -> float:
    if given is not None:
        return given
    assert device is not None
    return expect_peak(device, number_format)
