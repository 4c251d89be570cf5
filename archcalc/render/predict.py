"""Predicted times, and how far predictions were off, as sheets and as JSON."""

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.analysis.predict.calibration import Calibration, Machine
from archcalc.analysis.predict.prediction import MUCH, LayerTime, Prediction
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
    Column("like", "like", leaves=1),
    Column("ms", "ms", three_digits, right=True),
    Column("share", "time %", percent, right=True, share=True),
    Column("unlike", "but with", leaves=3),
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
        (place, one.name, one.like, 1e3 * one.seconds, one.seconds / found.seconds, one.unlike)
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
    shown = sheet if found.outside else sheet.pick([column.key for column in _LAYERS if column.key != "unlike"])
    return Answer([shown], lambda: prediction_data(found))


def _notes(found: Prediction) -> Iterator[str]:
    calibration = found.calibration
    time = f"{three_digits(1e3 * found.seconds)} ms a batch, {three_digits(found.images_per_second)} images/s"
    if found.has_interval:
        least, most = three_digits(1e3 * found.least), three_digits(1e3 * found.most)
        yield (
            f"{time}; between {least} and {most} ms: nine of ten networks that were held out, and take about as long, "
            f"were off by {percent(found.within)} at most"
        )
    elif found.most < inf:
        yield f"{time}; how far that may be off is not known, since more than {MUCH:.0%} of it is a guess"
    else:
        yield f"{time}; networks that were held out were off by as much and more"
    if found.outside:
        yield (
            f"{percent(found.guessed)} of the time is a guess, of layers unlike those that were measured: "
            f"{'; '.join(_unlike(found.outside))}"
        )
    yield from _memory_note(calibration.machine)


def _unlike(layers: Iterable[LayerTime]) -> Iterator[str]:
    """Yield the layers that one thing sets apart, and what that is."""
    names: dict[str, list[str]] = {}
    for layer in layers:
        names.setdefault(layer.unlike or "", []).append(layer.name)
    for words, all_named in names.items():
        named, more = all_named[:_MOST_NAMED], len(all_named) - _MOST_NAMED
        yield f"{listing([*named, f'{more} more'] if more > 0 else named, 'and')} ({words})"


def _memory_note(machine: Machine) -> Iterator[str]:
    if machine.keeps_memory:
        yield (
            "of a process that keeps the memory that it lets go, as with jemalloc; with glibc's defaults a pass may "
            "take longer, while the system clears new pages for it: archcalc profile says how many"
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
        f"{found.seed}; before that the networks above were predicted from all layers that none of them has"
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
      than nine of ten that were held out and take about as long; null where much of it is a guess.
    - `images_per_second`: the examples in a second.
    - `layers`: each with

      - `name`, `op`, `like`: which, and the layers by whose rates it is predicted: those of its sort, or of its role.
      - `ms`: its time.
      - `unlike`: what sets it apart from all of these that were measured, so that its time is a guess; else null.
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
        "like": layer.like,
        "ms": 1e3 * layer.seconds,
        "unlike": layer.unlike,
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
