"""The memory of a training, in words and as JSON."""

from collections.abc import Iterator
from typing import Any

from archcalc.analysis.training.memory import Need, OnDevice
from archcalc.analysis.training.training import Training
from archcalc.errors import listing
from archcalc.render.on_devices import NOT_INCLUDED, on_cuda, room_in_words, verdict, where
from archcalc.render.words import number, short


def memory_notes(found: Training) -> Iterator[str]:
    """Yield what a step has in memory on each device, and whether it fits."""
    need = found.memory
    if need is None:
        yield f"memory: not known: {found.memory_not_known}"
        return
    request = need.request
    what = f"memory of a step with {request.optimizer}, batch {number(request.batch)}, {request.dtype}"
    yield f"{what}: {listing([_of(part) for part in need.parts], 'and')}{_together(need)}"
    if need.alone is not None:
        yield (
            f"layers of towers are on their devices, all else on {need.parts[0].name}; what a layer reads from another "
            f"device is copied to its own; one device with all of it needs {number(need.alone)} B"
        )
    if need.networks > 1:
        yield (
            f"there are {need.networks} such networks, each on its share of the batch; what sums up their gradients is "
            "not included"
        )
    if request.dtype.size < 4:
        yield f"all numbers are {request.dtype}: mixed precision, which keeps weights in fp32 as well, is not played"
    yield from on_cuda(request)
    yield from _room(need)
    yield f"not included: {listing(NOT_INCLUDED, 'and')}"


def _of(part: OnDevice) -> str:
    peak = part.peak
    return f"{part.name} {number(peak.total)} B ({short(peak.total, 'B')}) in {where(peak)}".lstrip()


def _together(need: Need) -> str:
    if len(need.parts) == 1 and need.networks == 1:
        return ""
    count = need.networks * len(need.parts)
    return f": {number(need.total)} B ({short(need.total, 'B')}) on {count} devices together"


def _room(need: Need) -> Iterator[str]:
    """Yield whether it fits, in whole blocks, as a device has them."""
    if need.device is None or need.room is None:
        yield "whether it fits is not known: give --device-model"
        return
    for part in need.parts:
        name = part.name or "it"
        yield f"{name} {verdict(part.rounded, need.room, room_in_words(need.device))}"


def memory_data(found: Training) -> dict[str, Any] | None:
    """Return the `memory` of the JSON object."""
    need = found.memory
    if need is None:
        return None
    return {
        "batch": need.request.batch,
        "dtype": need.request.dtype,
        "optimizer": need.request.optimizer,
        "networks": need.networks,
        "devices": [
            {
                "device": part.name or None,
                "peak": part.peak.total,
                "layer": part.peak.layer,
                "pass": part.peak.during,
                **part.peak.by_sort,
                "peak_in_blocks": part.rounded,
            }
            for part in need.parts
        ],
        "total": need.total,
        "on_one_device": need.alone,
        "room": need.room,
        "fits": need.fits,
    }
