"""A record of a profile: what was asked, what was measured, on what, and what follows from the spec."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from archcalc.analysis.devices import Peak, datasheet
from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.config import Config, as_data
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.ranks import all_reduce, scaling
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, NOISY, spread_of
from archcalc.analysis.work import moved, work
from archcalc.graph import Graph

KIND: Final = "profile"
_TERA: Final = 1e12
_GIGA: Final = 1e9
_MILLI: Final = 1e-3
_BUSY: Final = 0.05
"""Share of the time spent in waiting for a core above which a machine is thought to be in use by others."""
_SOFTWARE: Final = 0.01
"""TFLOP/s of a matrix product below which a precision is thought to be done in software."""

Data = dict[str, Any]

_FEWER: Final = "FLOPs are those of direct convolution, and Winograd's and Fourier's need fewer"
_OVER: Final = {
    "datasheet": _FEWER,
    "measured": f"{_FEWER}, or the matrix product is worse at using this device than the convolutions are",
}


def record(graph: Graph, config: Config, found: Data, now: datetime | None = None) -> Data:
    """What was found of a configuration, with what the spec says of it.

    Keys: `kind`, `created`, `spec` (name, title, input_shape, params, and FLOPs of an image, forward and training),
    `asked` (the configuration), `batch` (asked and used), `environment`, `peaks` (datasheet and measured: tflops, gbs),
    `infer` and `train`, `layers` with `layers_ms` and `residual_ms`, and `warnings`. Each of `infer` and `train` has
    `step`, the times, `images_per_second`, their `spread`, `tflops` and shares of the peaks, and with --compile
    `compile_s`; `infer` has `latency` and `bound` too, `train` its `loss`, `optimizer` and, with --detail, `parts`.
    Several ranks have `distributed` instead of both; a preset has `published`, what others measured by it.
    """
    totals = work(graph)
    peak = datasheet(found["environment"]["name"])
    peaks = {"datasheet": _of_datasheet(peak, config), "measured": found["measured_peaks"]}
    answer: Data = {
        "kind": KIND,
        "created": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "spec": {
            "name": graph.spec.name,
            "title": graph.spec.title,
            "input_shape": list(graph.spec.input_shape),
            "params": totals.params,
            "flops": totals.forward,
            "training_flops": totals.training,
        },
        "asked": as_data(config),
        "batch": {"asked": config.batch, "used": found["batch"]},
        "environment": found["environment"],
        "peaks": peaks,
    }
    for mode, flops in (("infer", totals.forward), ("train", totals.training)):
        if mode in found:
            answer[mode] = found[mode] | _speed(found[mode]["step"], found["batch"], flops, peaks)
    if "infer" in answer:
        answer["infer"]["bound"] = _bound(graph, config, found["batch"], peaks)
    if "layers" in found:
        answer |= _layers(graph, config, found)
    if "distributed" in found:
        answer["distributed"] = _distributed(found, totals.params, _weight(config))
    if config.preset:
        answer["published"] = [one._asdict() for one in PRESETS[config.preset].published]
    return answer | {"warnings": list(_warnings(answer))}


def _of_datasheet(peak: Peak | None, config: Config) -> Data | None:
    if peak is None:
        return None
    return {
        "device": peak.name,
        "tflops": peak.tflops(config.precision),
        "gbs": peak.bandwidth,
        "source": peak.source,
    }


def _speed(step: Data, batch: int, flops: int, peaks: Data) -> Data:
    """Images a second, FLOP/s, and how much of the peaks that is; shares over 1 stay what they are."""
    seconds = step["median_ms"] * _MILLI
    tflops = flops * batch / seconds / _TERA
    shares = {
        f"of_{kind}": tflops / known["tflops"] if known and known["tflops"] else None for kind, known in peaks.items()
    }
    return {
        "images_per_second": batch / seconds,
        "spread": spread_of(step) if step["n"] > 1 else None,
        "tflops": tflops,
    } | shares


def _bound(graph: Graph, config: Config, batch: int, peaks: Data) -> str:
    """What takes longer at the measured peaks, layer after layer: the arithmetic, or what has to be moved."""
    layers = moved(graph, batch, _element(config))
    measured = peaks["measured"]
    compute = sum(layer.flops for layer in layers) / (measured["tflops"] * _TERA)
    memory = sum(layer.bytes for layer in layers) / (measured["gbs"] * _GIGA)
    return "compute" if compute >= memory else "memory"


def _weight(config: Config) -> int:
    """Bytes of a weight, and of its gradient; amp keeps them in fp32."""
    return 2 if config.precision in (Precision.FP16, Precision.BF16) else 4


def _element(config: Config) -> int:
    """Bytes of what a layer reads and writes; with amp, most is cast."""
    return 4 if config.precision in (Precision.FP32, Precision.TF32) else 2


def _distributed(found: Data, params: int, element: int) -> Data:
    """What several ranks do together, and what training has to send between them."""
    told: Data = dict(found["distributed"])
    for mode in ("infer", "train"):
        if mode in told:
            means = [rank["step"]["mean_ms"] for rank in told[mode]["by_rank"]]
            told[mode] = told[mode] | scaling(told[mode]["alone"]["mean_ms"], means, found["batch"])
    return told | {"all_reduce": all_reduce(params, element, told["ranks"])}


def _layers(graph: Graph, config: Config, found: Data) -> Data:
    """Each layer's share of their sum and its FLOP/s, and what the whole takes beyond that sum, if not compiled."""
    flops = {layer.name: layer.flops for layer in moved(graph, found["batch"], 4)}
    times = {layer["name"]: layer["step"]["median_ms"] for layer in found["layers"]}
    total = sum(times.values())
    layers = []
    for layer in found["layers"]:
        taken = times[layer["name"]]
        work_done = flops[layer["name"]]
        tflops = work_done / (taken * _MILLI) / _TERA if taken and work_done else None
        layers.append(layer | {"share": taken / total, "tflops": tflops})
    whole = found["infer"]["step"]["median_ms"] if "infer" in found and not config.compile else None
    return {"layers": layers, "layers_ms": total, "residual_ms": None if whole is None else whole - total}


def _warnings(answer: Data) -> Iterator[str]:
    """What to know before a number is believed."""
    if answer["batch"]["used"] != answer["batch"]["asked"]:
        yield f"out of memory at batch {answer['batch']['asked']}: batch {answer['batch']['used']} instead"
    if (waited := answer["environment"].get("waited") or 0) > _BUSY:
        yield f"{waited:.0%} of the time was spent waiting for a core: {_why(answer)}, and times are too long"
    precision, measured = answer["asked"]["precision"], answer["peaks"]["measured"]["tflops"]
    is_software = measured < _SOFTWARE
    if is_software:
        yield f"{measured:.2g} TFLOP/s in a matrix product: this device has no arithmetic of its own for {precision}"
    yield from _noisy_ranks(answer.get("distributed", {}))
    for mode in ("infer", "train"):
        part = answer.get(mode)
        if part and part["step"]["n"] < LEAST_BLOCKS and not answer["asked"]["preset"]:
            yield f"{mode}: {part['step']['n']} samples alone: too few to tell a spread"
        if part and (part["spread"] or 0) > NOISY:
            yield f"{mode}: the middle half of the times spans {part['spread']:.0%} of the median: noise"
        for kind in ("datasheet",) if is_software else ("datasheet", "measured"):
            if part and (part[f"of_{kind}"] or 0) > 1:
                yield f"{mode}: over 100 % of the {kind} peak: {_OVER[kind]}"


def _why(answer: Data) -> str:
    threads = answer["environment"]["threads"] * answer.get("distributed", {}).get("ranks", 1)
    cores = answer["environment"].get("cores") or threads
    return f"{threads} threads share {cores} cores" if threads > cores else "others use this machine"


def _noisy_ranks(distributed: Data) -> Iterator[str]:
    for mode in ("infer", "train"):
        for rank in distributed.get(mode, {}).get("by_rank", ()):
            step = rank["step"]
            spread = spread_of(step)
            if spread > NOISY:
                yield f"{mode}, rank {rank['rank']}: the middle half spans {spread:.0%} of the median: noise"
            if step["mean_ms"] > (1 + NOISY) * step["median_ms"]:
                more = step["mean_ms"] / step["median_ms"] - 1
                yield f"{mode}, rank {rank['rank']}: some steps were held up: the mean is {more:.0%} over the median"
