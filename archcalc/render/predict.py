"""Predicted times, and how far predictions were off, as sheets and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.analysis.predict.calibration import Calibration, Machine
from archcalc.analysis.predict.prediction import LayerTime, Prediction
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number, percent, three_digits

_MOST_NAMED: Final = 5
_BUSY: Final = 0.05
"""The share of the time spent waiting for a core from which on a machine was busy with something else."""


def _off(share: float) -> str:
    return f"{100 * share:+.1f}%"


_LAYERS: Final = (
    Column("index", "#", right=True, leaves=2),
    Column("layer", "layer", heads=True),
    Column("sort", "like", leaves=1),
    Column("ms", "ms", three_digits, right=True),
    Column("share", "time %", percent, right=True, share=True),
    Column("inside", "measured alike", leaves=3),
)
_HELD_OUT: Final = (
    Column("network", "network", heads=True),
    Column("batch", "batch", number, right=True),
    Column("measured", "measured ms", three_digits, right=True),
    Column("predicted", "predicted ms", three_digits, right=True),
    Column("error", "off by", _off, right=True),
    Column("layer_error", "its layers", percent, right=True, leaves=1),
    Column("by_time", "by time", percent, right=True, leaves=2),
)


def of_prediction(found: Prediction) -> Answer:
    """Show the time of each layer, and of all."""
    rows = tuple(
        (place, one.name, one.sort, 1e3 * one.seconds, one.seconds / found.seconds, Told(one.is_inside, _inside(one)))
        for place, one in enumerate(found.layers, start=1)
        if found.seconds
    )
    sheet = Sheet(
        found.spec.name,
        f"{found.spec.label} predicted on {found.calibration.machine.words} (inference, batch {found.batch}, fp32)",
        _LAYERS,
        rows,
        footer=((None, "total", None, 1e3 * found.seconds, 1.0, None),),
        notes=tuple(_notes(found)),
    )
    return Answer([sheet], lambda: prediction_data(found))


def _inside(layer: LayerTime) -> str:
    return "yes" if layer.is_inside else "no"


def _notes(found: Prediction) -> Iterator[str]:
    calibration = found.calibration
    time = f"{three_digits(1e3 * found.seconds)} ms a batch, {three_digits(found.images_per_second)} images/s"
    if found.has_interval:
        least, most = three_digits(1e3 * found.least), three_digits(1e3 * found.most)
        off = percent(calibration.within)
        yield f"{time}; from {least} to {most} ms, if it is off by {off}, as nine of ten that were held out at most"
    else:
        yield f"{time}; how far that may be off is not known"
    outside = found.outside
    if outside:
        named = [one.name for one in outside[:_MOST_NAMED]]
        more = len(outside) - len(named)
        yield (
            f"unlike what was measured, so that their times are a guess: "
            f"{listing([*named, f'{more} more'] if more else named, 'and')}, {percent(found.guessed)} of the time"
        )
    yield from _memory_note(calibration.machine)


def _memory_note(machine: Machine) -> Iterator[str]:
    if machine.keeps_memory:
        yield (
            "times are those of a process that keeps the memory that it lets go, as with jemalloc; by default glibc "
            "gives large blocks back, and clearing new pages may take longer than the layers"
        )


def of_calibration(found: Calibration) -> Answer:
    """Show each network that was held out, and how far its prediction is off."""
    rows = tuple(
        (one.network, one.batch, one.measured_ms, one.predicted_ms, one.error, one.layer_error, one.layer_error_by_time)
        for one in sorted(found.held_out, key=lambda one: (one.network, one.batch))
    )
    total = ("mean", None, None, None, Told(found.network_error, percent(found.network_error)))
    sheet = Sheet(
        "calibration",
        f"calibration of {found.machine.words}",
        _HELD_OUT,
        rows,
        footer=((*total, found.layer_error, found.layer_error_by_time),),
        notes=tuple(_calibration_notes(found)),
    )
    return Answer([sheet], lambda: calibration_data(found))


def _calibration_notes(found: Calibration) -> Iterator[str]:
    yield (
        f"learnt from {found.samples:,} times of layers, of {len(found.networks)} networks and of layers alone, seed "
        f"{found.seed}; no layer of the networks above was among them"
    )
    yield f"nine of ten were off by {percent(found.within)} at most"
    if found.waited is not None and found.waited > _BUSY:
        yield (
            f"caution: {percent(found.waited)} of the time went by waiting for a core: something else was running, and "
            "another calibration on an idle machine will be better"
        )
    yield from _memory_note(found.machine)


def prediction_data(found: Prediction) -> dict[str, Any]:
    """Return a predicted time as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network.
    - `batch`: the examples.
    - `machine`: what it is predicted for: its `device`, `name`, `cores`, `threads` and `torch`; `keeps_memory`, whether
      memory that is let go stays with the process; and when it was calibrated, `created`.
    - `ms`, `least_ms`, `most_ms`: the time of a forward pass, and from where to where it lies if it is off by no more
      than nine of ten that were held out; null where much of it is a guess.
    - `images_per_second`: the examples in a second.
    - `layers`: each with

      - `name`, `op`, `sort`: which, and the sort of layers by which it is predicted.
      - `ms`: its time.
      - `inside`: whether layers with as much to compute and to move were measured.
    """
    return stamped(
        identity(found.spec)
        | {
            "batch": found.batch,
            "machine": _machine_data(found.calibration),
            "ms": 1e3 * found.seconds,
            "least_ms": 1e3 * found.least if found.has_interval else None,
            "most_ms": 1e3 * found.most if found.has_interval else None,
            "images_per_second": found.images_per_second,
            "layers": [layer_data(layer) for layer in found.layers],
        }
    )


def layer_data(layer: LayerTime) -> dict[str, Any]:
    """Return one of the `layers` of the JSON object."""
    return {
        "name": layer.name,
        "op": layer.op,
        "sort": layer.sort,
        "ms": 1e3 * layer.seconds,
        "inside": layer.is_inside,
    }


def calibration_data(found: Calibration) -> dict[str, Any]:
    """Return how far predictions were off as JSON; the file of `--output` has the rates too.

    - `machine`: as in `predict`.
    - `seed`, `networks`, `samples`: what was drawn, the networks that were learnt from, and how many times of layers.
    - `waited`: the share of the time that was spent waiting for a core; null where the system does not report it.
    - `network_error`, `layer_error`, `layer_error_by_time`, `within`: the mean error of networks that were held out, of
      their layers, of these weighted by their time; and what nine of ten networks were off by at most.
    - `held_out`: each of these with

      - `network`, `batch`, `measured_ms`, `predicted_ms`, `error`: the times, and how far the second is off.
      - `layers`, `layer_error`, `layer_error_by_time`: how many layers it has, and how far these are off.
    """
    return stamped(
        {
            "machine": _machine_data(found),
            "seed": found.seed,
            "networks": list(found.networks),
            "samples": found.samples,
            "waited": found.waited,
            "network_error": found.network_error,
            "layer_error": found.layer_error,
            "layer_error_by_time": found.layer_error_by_time,
            "within": found.within,
            "held_out": [typed_json.to_json(one) | {"error": one.error} for one in found.held_out],
        }
    )


def _machine_data(found: Calibration) -> dict[str, Any]:
    """Return the machine, without what its owner calls it."""
    data: dict[str, Any] = typed_json.to_json(found.machine) | {"created": found.created}
    del data["node"]
    return data
