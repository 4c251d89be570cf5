"""Peaks of memory on devices: where they are, whether they fit, and a sheet and JSON of several devices."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import memory_of
from archcalc.analysis.memory.fitting import Fit
from archcalc.analysis.memory.pool import BLOCK, Moment, Sort
from archcalc.analysis.memory.request import Dtype, Optimizer, Request
from archcalc.analysis.memory.split import Split
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number, short

NOT_INCLUDED: Final = (
    "the device's context",
    "workspaces of cuDNN, cuBLAS and other kernels",
    "what the allocator holds beside tensors",
)
"""What a device needs beside tensors, which depends on it and on its libraries."""


AN_ESTIMATE: Final = "an estimate, of a runtime with 1 byte a number: it may keep biases and some maps in more"


def request_in_words(request: Request) -> str:
    what = f"training with {request.optimizer}" if request.is_training else "inference"
    in_place = {None: "", True: ", in place", False: ", out of place"}[request.in_place]
    return f"{what}, batch {request.batch:,}, {request.dtype}{in_place}"


def asked_data(request: Request) -> dict[str, Any]:
    """Return what memory was asked for as keys of JSON."""
    return {
        "mode": request.mode,
        "batch": request.batch,
        "dtype": request.dtype,
        "optimizer": request.optimizer,
        "in_place": request.in_place,
    }


def where(peak: Moment) -> str:
    """Return when most is alive."""
    if peak.during == "step":
        return "the optimizer's step"
    return f"the {peak.during} pass of {peak.layer}" if peak.layer else "the input, before any layer"


def room_in_words(device: Device) -> str:
    part = f", one of its {device.dies} parts" if device.dies > 1 else ""
    return f"the {number(memory_of(device))} B of {device.name} ({device.gb:g} GB, of 10 ** 9 B each{part})"


def verdict(rounded: int, room: int, words: str) -> str:
    """Return whether so many bytes fit in a room, which words say, and how many are left, or missing."""
    left = room - rounded
    if left < 0:
        return f"does not fit in {words}, in blocks: {number(-left)} B are missing"
    return f"fits in {words}, in blocks, and leaves {number(left)} B ({short(left, 'B')})"


def on_cuda(request: Request) -> Iterator[str]:
    """Yield what torch does otherwise on CUDA in the optimizer's step."""
    if request.optimizer not in (None, Optimizer.SGD):
        yield (
            f"as with foreach=False: on CUDA, {request.optimizer} makes temporaries for all weights at once in the "
            "step, by default"
        )


def fit_notes(fit: Fit, request: Request, rounded: int, whose: str = "") -> Iterator[str]:
    """Yield the largest batch that fits, and of a device model whether the batch fits that was asked for."""
    many = " on each device" if fit.is_of_each else ""
    if fit.device is not None:
        words = room_in_words(fit.device)
        yield f"{whose or 'it'} {verdict(rounded, fit.room, words)}"
        if fit.batch:
            yield f"a batch of {fit.batch:,} is the largest that fits{many}: it needs {fit.peak:,} B in blocks"
        else:
            yield f"no batch fits{many}: one of {fit.fewest} needs {fit.peak:,} B in blocks"
        yield from on_cuda(request)
        return
    room = f"{fit.room:,} B ({short(fit.room, 'B')})"
    if not fit.batch:
        yield f"it does not fit in {room}{many}: a batch of {request.batch} needs {fit.peak:,} B"
        return
    yield f"a batch of {fit.batch:,} is the largest that fits in {room}{many}: it needs {fit.peak:,} B in blocks"


def fit_data(fit: Fit | None, rounded: int) -> dict[str, Any] | None:
    """Return the `fits` of a JSON object."""
    if fit is None:
        return None
    device = fit.device.name if fit.device else None
    return {"room": fit.room, "batch": fit.batch, "device": device, "left": fit.room - rounded}


def of_split(found: Split, fit: Fit | None) -> Answer:
    """Show the peak on each device."""
    return Answer([_sheet(found, fit)], lambda: split_data(found, fit))


_COLUMNS: Final = (
    Column("device", "device", heads=True),
    Column("peak", "peak", number, right=True),
    Column("peak_in_blocks", "in blocks", number, right=True, leaves=2),
    Column("when", "in", leaves=1),
    *(Column(str(sort), str(sort), number, right=True, leaves=3) for sort in Sort),
)


def _sheet(found: Split, fit: Fit | None) -> Sheet:
    rows = tuple(
        (one.device, one.peak.total, one.rounded, where(one.peak), *(one.peak.by_sort[sort] for sort in Sort))
        for one in found.parts
    )
    title = (
        f"{found.graph.spec.label}: memory of {request_in_words(found.request)} on each device at its peak, in bytes"
    )
    whole = Sheet(found.graph.spec.name, title, _COLUMNS, rows, notes=tuple(_notes(found, fit)))
    used = [sort for sort in Sort if any(one.peak.by_sort[sort] for one in found.parts)]
    return whole.pick([column.key for column in _COLUMNS if column.key not in [*Sort] or column.key in used])


def _notes(found: Split, fit: Fit | None) -> Iterator[str]:
    yield f"together {found.total:,} B ({short(found.total, 'B')}), in blocks of {BLOCK} B {found.rounded:,} B"
    yield (
        f"layers of towers are on their devices, all else on {found.parts[0].device}; what a layer reads from another "
        "device is copied to its own"
    )
    if found.request.dtype is Dtype.INT8:
        yield AN_ESTIMATE
    if fit is not None:
        most = max(found.parts, key=lambda part: part.rounded)
        yield from fit_notes(fit, found.request, found.largest, f"{most.device}, which needs most,")
    yield f"not included: {listing(NOT_INCLUDED, 'and')}"


def split_data(found: Split, fit: Fit | None) -> dict[str, Any]:
    """Return a network's memory on each of its devices as JSON; all sizes are bytes.

    - `name`, `settings`, `spec_hash`, `input_shape`, `mode`, `batch`, `dtype`, `optimizer`, `in_place`: as in `memory`.
    - `devices`: each with

      - `device`: its name in the spec's towers.
      - `peak`, `layer`, `pass`: the most that is alive there at a time, and when.
      - `weights`, `buffers`, `gradients`, `optimizer`, `activations`, `temporaries`, `inputs`: what that is for.
      - `peak_in_blocks`: the peak where each storage takes whole blocks of a device.

    - `total`, `total_in_blocks`: the sums of the peaks.
    - `fits`: as in `memory`, of the device that needs most; null if no memory was given.
    - `not_included`: what a device needs beside tensors.
    """
    request = found.request
    return stamped(
        identity(found.graph.spec)
        | {
            **asked_data(request),
            "devices": [
                {
                    "device": one.device,
                    "peak": one.peak.total,
                    "layer": one.peak.layer,
                    "pass": one.peak.during,
                    **one.peak.by_sort,
                    "peak_in_blocks": one.rounded,
                }
                for one in found.parts
            ],
            "total": found.total,
            "total_in_blocks": found.rounded,
            "fits": fit_data(fit, found.largest),
            "not_included": list(NOT_INCLUDED),
        }
    )
