"""Devices by the words that people and drivers use for them."""

import re
from typing import Final

from archcalc.analysis.datasheets import DEVICES, PEAKS, Device
from archcalc.analysis.precision import NumberFormat
from archcalc.errors import ArchError, did_you_mean, listing

_PART: Final = re.compile(r" MIG |^GRID |-\d+[CQ]$")
"""Marks in the names of parts of a card, which have no data sheet of their own."""


def datasheet(name: str) -> Device | None:
    """Return a device by the name that its driver gives; None for one that is not listed, never a guess.

    >>> [datasheet(name).id for name in ("NVIDIA H100 80GB HBM3", "NVIDIA L40S", "Tesla V100-SXM2-16GB")]
    ['h100-sxm', 'l40s', 'v100-sxm2']
    >>> datasheet("NVIDIA GH200 480GB"), datasheet("NVIDIA H100 80GB HBM3 MIG 1g.10gb")
    (None, None)
    """
    if _PART.search(name):
        return None
    found = [device for device in DEVICES if device.driver and re.search(device.driver, name)]
    return found[0] if len(found) == 1 else None


def find(word: str) -> Device:
    """Return a device by its id, its name, or the name that its driver gives. Raises ArchError for another word.

    >>> find("H100-SXM").id, find("H100 SXM5").id, find("NVIDIA H100 80GB HBM3").id
    ('h100-sxm', 'h100-sxm', 'h100-sxm')
    """
    for device in DEVICES:
        if word.lower() in (device.id, device.name.lower()):
            return device
    if found := datasheet(word):
        return found
    ids = [device.id for device in DEVICES]
    if word.lower() == "cpu":
        raise ArchError(
            "a CPU has no data sheet here: measured stands for this machine, or give --peak-tflops and --peak-gbs"
        )
    if several := [id for id in ids if id.startswith(f"{word.lower()}-")]:
        raise ArchError(f"'{word}' is not one device: there are {listing(several, 'and')}")
    raise ArchError(f"there is no data sheet of '{word}'{did_you_mean(word, ids)} (there are {', '.join(ids)})")


def memory_of(device: Device) -> int:
    """Return the bytes that torch has on a device, on one of its dies: 10 ** 9 for each GB of its data sheet.

    The chips of a card have 2 ** 30 bytes for each, of which ECC and the driver keep up to a sixteenth; what a driver
    shows was never seen to be less than this.

    >>> memory_of(find("h100-sxm")), memory_of(find("mi250x"))
    (80000000000, 64000000000)
    """
    return int(device.gb * 10**9) // device.dies


def peak_of(device: Device, number_format: NumberFormat) -> float | None:
    """Return the TFLOP/s of a device in a number format; None for one that it does not have."""
    peak: float | None = getattr(device, number_format)
    return peak


def expect_peak(device: Device, number_format: NumberFormat) -> float:
    """Return the TFLOP/s of a device in a number format. Raises ArchError for one that it does not have."""
    peak = peak_of(device, number_format)
    if peak is not None:
        return peak
    known = [name for name in PEAKS if peak_of(device, NumberFormat(name))]
    has = f"its data sheet has {listing(known, 'and')}" if known else "its data sheet has none"
    raise ArchError(f"{device.id}: no {number_format} peak is known ({has}): add --peak-tflops")
