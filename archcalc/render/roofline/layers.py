"""Each layer at its roof, as a sheet."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.datasheets import SOURCES
from archcalc.analysis.roofline.roofline import LayerRoof, Roofline, Work
from archcalc.analysis.roofline.roofs import Roof
from archcalc.errors import listing
from archcalc.render.roofline.data import work_data
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number, percent, three_digits
from archcalc.spec.inputs import inputs_in_words

_IN_MILLISECONDS: Final = 1e-2
"""Seconds of a batch from which on times are in milliseconds."""


def from_zero(value: float) -> str:
    """
    >>> from_zero(19.97), from_zero(0)
    ('20.0', '0')
    """
    return three_digits(value) if value else "0"


def peak(value: float) -> str:
    """Return a peak as a data sheet has it, or one that was measured in three digits.

    >>> peak(3350), peak(1307.4), peak(0.0360198)
    ('3,350', '1,307.4', '0.0360')
    """
    return f"{value:,g}" if round(value, 3) == value else from_zero(value)


_COLUMNS: Final = (
    Column("index", "#", right=True, leaves=4),
    Column("layer", "layer", heads=True),
    Column("type", "type", leaves=5),
    Column("flops", "FLOPs", number, right=True, leaves=2),
    Column("weight_bytes", "weight bytes", number, right=True),
    Column("input_bytes", "input bytes", number, right=True),
    Column("output_bytes", "output bytes", number, right=True),
    Column("bytes", "bytes", number, right=True, leaves=3),
    Column("intensity", "FLOP/B", from_zero, right=True),
    Column("computed_in", "in"),
    Column("bound", "bound"),
    Column("ms", "ms", from_zero, right=True),
    Column("us", "us", from_zero, right=True),
    Column("share", "time %", percent, right=True, leaves=1, share=True),
    Column("turning_batch", "compute from batch", number, right=True, leaves=6),
)
_APART: Final = ("weight_bytes", "input_bytes", "output_bytes")
_NEVER: Final = Told(None, "never")


def sheet(found: Roofline) -> Sheet:
    """Return a row for each layer, and sums by what bounds them."""
    without = {*_APART, "us" if found.seconds >= _IN_MILLISECONDS else "ms"}
    if len(found.roofs.distinct) == 1:
        without.add("computed_in")
    return _whole(found).pick([column.key for column in _COLUMNS if column.key not in without])


def bare_sheet(found: Roofline) -> Sheet:
    """Return all numbers of each layer."""
    return _whole(found).pick([column.key for column in _COLUMNS if column.key != "us"])


def _whole(found: Roofline) -> Sheet:
    spec, roofs = found.spec, found.roofs
    said = [f"input {inputs_in_words(spec.input_shape)}", f"batch {found.batch}", roofs.computing]
    return Sheet(
        name=spec.name,
        title=f"{spec.label} at the roof of {roofs.name} ({', '.join(said)})",
        columns=_COLUMNS,
        rows=tuple(_row(place, layer, found) for place, layer in enumerate(found.layers, start=1)),
        footer=tuple(_footer(found)),
        notes=tuple(notes(found)),
    )


def _row(place: int, layer: LayerRoof, found: Roofline) -> tuple[Any, ...]:
    never = _NEVER if layer.bound else None
    return _cells(
        {
            "index": place,
            "layer": layer.name,
            "type": layer.op,
            "computed_in": layer.computed_in,
            "bound": layer.bound,
            "turning_batch": never if layer.turning_batch is None else layer.turning_batch,
        },
        layer,
        layer.seconds if layer.bound else None,
        found,
    )


def _footer(found: Roofline) -> Iterator[tuple[Any, ...]]:
    for bound in ("compute", "memory"):
        layers = [layer for layer in found.layers if layer.bound == bound]
        if layers:
            said = {"layer": f"{bound}-bound ({len(layers)})", "bound": bound}
            yield _cells(said, Work.of_all(layers), sum(layer.seconds for layer in layers), found)
    turning = _NEVER if found.turning_batch is None else found.turning_batch
    yield _cells({"layer": "total", "turning_batch": turning}, found.totals, found.seconds, found)


def _cells(said: dict[str, Any], work: Work, seconds: float | None, found: Roofline) -> tuple[Any, ...]:
    values = {
        **said,
        **work_data(work),
        "ms": None if seconds is None else 1e3 * seconds,
        "us": None if seconds is None else 1e6 * seconds,
        "share": seconds / found.seconds if seconds else None,
    }
    return tuple(values.get(column.key) for column in _COLUMNS)


def notes(found: Roofline) -> Iterator[str]:
    """Yield what the numbers stand on, and what they come to."""
    roofs = found.roofs
    both = listing([_in_words(roof) for roof in roofs.distinct], "and")
    of = " (convolutions, products of matrices)" if len(roofs.distinct) > 1 else ""
    yield f"roof: {both}{of}, and {peak(roofs.gbs)} GB/s: they meet at {_ridges(roofs.distinct)} FLOP/B"
    if roofs.device:
        sources = "; ".join(SOURCES[key] for key in roofs.device.sources.split())
        said = [part for part in roofs.device.note.split("; ") if part and not part.startswith("fp64")]
        yield f"peaks of {roofs.name}: {'; '.join([*said, f'from {sources}'])}"
        if roofs.computing == "fp32" and (roofs.device.tf32 or 0) > roofs.products.tflops:
            yield "fp32 throughout; torch computes convolutions in TF32 by default here: --precision torch"
    yield _in_short(found)
    yield (
        f"bytes: each layer's weights, inputs and output once, of {roofs.element_bytes} "
        f"byte{'s' * (roofs.element_bytes > 1)} each, as eager PyTorch runs it; views move nothing"
    )
    if any(layer.tower for layer in found.spec.layers):
        yield "towers: the one device does the work of all their devices, one after the other"


def _in_words(roof: Roof) -> str:
    unit = "TOP/s" if roof.number_format == "int8" else "TFLOP/s"
    return f"{peak(roof.tflops)} {unit} in {roof.number_format}"


def _ridges(roofs: tuple[Roof, ...]) -> str:
    return listing([from_zero(float(roof.ridge)) for roof in roofs], "and")


def _in_short(found: Roofline) -> str:
    """Return the whole in words: a time, how much of it is memory-bound, and when that changes."""
    seconds = found.seconds
    time = f"{from_zero(1e3 * seconds)} ms" if seconds >= 1e-3 else f"{from_zero(1e6 * seconds)} us"
    if not seconds:
        return "nothing is computed or moved"
    words = f"a batch takes {time} at least, {from_zero(found.batch / seconds)} images/s at most"
    words += f"; {percent(found.memory_seconds / seconds)} of the time is memory-bound"
    if found.turning_batch is None:
        return f"{words}, and most of it at any batch"
    return f"{words}, at most half of it from batch {found.turning_batch:,} on"
