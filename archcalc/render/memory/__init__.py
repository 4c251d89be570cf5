"""What is alive as a network runs, layer by layer, as a sheet and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.memory.figures import Figures
from archcalc.analysis.memory.fitting import Fit
from archcalc.analysis.memory.pool import BLOCK, Sort
from archcalc.analysis.memory.request import Dtype
from archcalc.analysis.memory.timeline import Timeline
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.chart import Chart
from archcalc.render.envelope import identity, stamped
from archcalc.render.memory.drawn import chart
from archcalc.render.on_devices import (
    AN_ESTIMATE,
    NOT_INCLUDED,
    asked_data,
    fit_data,
    fit_notes,
    request_in_words,
    where,
)
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number, percent, short

_COLUMNS: Final = (
    Column("layer", "layer", heads=True),
    Column("pass", "pass", leaves=5),
    Column("makes", "makes", number, right=True, leaves=3),
    Column("frees", "frees", number, right=True, leaves=2),
    Column("alive", "alive after", number, right=True, leaves=1),
    Column("highest", "highest", number, right=True),
    Column("share", "of the peak", percent, right=True, leaves=4, share=True),
)


def of_timeline(found: Timeline, fit: Fit | None) -> Answer:
    """Show what is alive, and when."""
    return Answer([sheet(found, fit)], lambda: data(found, fit), charts=[timeline_chart(found)])


def timeline_chart(found: Timeline) -> Chart:
    """Return what is alive in each step as a chart."""
    return chart(found, _title(found))


def sheet(found: Timeline, fit: Fit | None = None) -> Sheet:
    """Return a line for each layer in each pass, in the order in which they run, with bytes."""
    rows = tuple(
        (one.layer, str(one.during), one.made, one.freed, one.after, one.highest, one.highest / found.peak.total)
        for one in found.phases
    )
    title = f"{_title(found)}, in bytes"
    whole = Sheet(found.graph.spec.name, title, _COLUMNS, rows, notes=tuple(_notes(found, fit)))
    training = found.request.is_training
    return whole.pick([column.key for column in _COLUMNS if training or column.key != "pass"])


def _title(found: Timeline) -> str:
    return f"{found.graph.spec.label}: memory of {request_in_words(found.request)}"


def _notes(found: Timeline, fit: Fit | None) -> Iterator[str]:
    peak = found.peak
    parts = [f"{sort} {size:,}" for sort, size in peak.by_sort.items() if size]
    yield f"peak: {peak.total:,} B ({short(peak.total, 'B')}) in {where(peak)}: {', '.join(parts)}"
    yield f"on a device, whose allocator gives whole blocks of {BLOCK} B: {found.rounded:,} B"
    if found.request.is_training:
        yield f"the forward pass leaves {found.saved:,} B for the backward pass"
        *others, last = found.graph.outputs
        let_go = f"; {listing(others, 'and')} {'is' if len(others) == 1 else 'are'} let go before it" if others else ""
        yield f"the loss is the cross-entropy of {last}, over the axis after the batch{let_go}"
    if not found.is_exact:
        yield AN_ESTIMATE
    if fit is not None:
        yield from fit_notes(fit, found.request, found.rounded)
        yield from _without_weights(found, fit)
    yield f"not included: {listing(NOT_INCLUDED, 'and')}"


def _without_weights(found: Timeline, fit: Fit) -> Iterator[str]:
    """Yield where to look if no inference fits, since a small device reads weights from flash."""
    constant = found.peak.by_sort[Sort.WEIGHTS] + found.peak.by_sort[Sort.BUFFERS]
    if constant and not fit.batch and not found.request.is_training:
        yield (
            f"{number(constant)} B of this are weights and buffers: where these lie in flash, as on microcontrollers, "
            "--plan says whether the maps fit"
        )


def data(found: Timeline, fit: Fit | None = None) -> dict[str, Any]:
    """Return a network's memory as JSON; all sizes are bytes.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network.
    - `mode`, `batch`, `dtype`, `optimizer`, `in_place`: what was asked for; null for what inference has not, and for
      layers that work in place as the spec says.
    - `exact`: whether torch runs such a network, and what it has alive is this; else it is an estimate.
    - `peak`: when most is alive, with

      - `total`, `layer`, `pass`: how much, and where.
      - `weights`, `buffers`, `gradients`, `optimizer`, `activations`, `temporaries`, `inputs`: what that is for.

    - `peak_in_blocks`: the peak where each storage takes whole blocks of a device.
    - `saved`: what the forward pass leaves for the backward pass; null in inference.
    - `loss_of`: the output whose cross-entropy is the loss; null in inference.
    - `not_included`: what a device needs beside tensors.
    - `fits`: null if no memory was given, or

      - `room`: the memory, and the name of the `device` that has it; null where a size was given.
      - `batch`: the largest batch that fits, 0 for none.
      - `left`: what the peak leaves of it in blocks; what is missing is negative.

    - `timeline`: for each layer in each pass, in the order in which they run,

      - `layer`, `pass`: which.
      - `makes`, `frees`: the tensors that it makes and frees.
      - `highest`, `alive`: the most that is alive as it runs, and what is alive after it.
    """
    request, peak = found.request, found.peak
    return stamped(
        identity(found.graph.spec)
        | {
            **asked_data(request),
            "exact": request.dtype is not Dtype.INT8,
            "peak": {"total": peak.total, "layer": peak.layer, "pass": peak.during} | dict(peak.by_sort),
            "peak_in_blocks": found.rounded,
            "saved": found.saved if request.is_training else None,
            "loss_of": found.graph.outputs[-1] if request.is_training else None,
            "not_included": list(NOT_INCLUDED),
            "fits": fit_data(fit, found.rounded),
            "timeline": [
                {
                    "layer": one.layer,
                    "pass": one.during,
                    "makes": one.made,
                    "frees": one.freed,
                    "highest": one.highest,
                    "alive": one.after,
                }
                for one in found.phases
            ],
        }
    )


_OF_TOOLS: Final = (
    Column("what", "what", heads=True),
    Column("printed", "printed", right=True),
    Column("bytes", "bytes", number, right=True),
    Column("rule", "what it is", prose=True),
)


def of_figures(found: Figures) -> Answer:
    """Show what a tool prints about memory."""
    rows = tuple((one.what, one.printed, one.size, one.rule) for one in found.figures)
    title = f"{found.graph.spec.label}: memory as {found.tool.prints}, batch {found.batch:,}"
    notes = (f"this is not what is alive at one time: run archcalc memory {found.graph.spec.name}", found.source)
    whole = Sheet(found.graph.spec.name, title, _OF_TOOLS, rows, notes=notes)
    return Answer([whole], lambda: figures_data(found))


def figures_data(found: Figures) -> dict[str, Any]:
    """Return what a tool prints about memory, as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network.
    - `convention`, `batch`, `source`: the tool, the examples, and where its rule is written.
    - `figures`: what it prints, each with

      - `what`, `printed`: its words and its number.
      - `bytes`, `rule`: the number in bytes, and what it is.
    """
    return stamped(
        identity(found.graph.spec)
        | {
            "convention": found.tool,
            "batch": found.batch,
            "source": found.source,
            "figures": [
                {"what": one.what, "printed": one.printed, "bytes": one.size, "rule": one.rule} for one in found.figures
            ],
        }
    )
