"""A record of what was measured, with what follows from the network: speeds, shares of the peaks, and warnings."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from archcalc.analysis.datasheets import SOURCES
from archcalc.analysis.devices import datasheet, peak_of
from archcalc.analysis.precision import Precision
from archcalc.analysis.predict.calibration import if_kept
from archcalc.analysis.predict.prediction import Prediction, predict
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.ranks import all_reduce, scaling
from archcalc.analysis.profile.record import (
    Batch,
    Bound,
    DatasheetPeak,
    Distributed,
    Infer,
    LayerTime,
    LayerTimes,
    Peaks,
    Ranks,
    Record,
    SpecSummary,
    Speed,
    Train,
)
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import InferTimes, MeasuredPeak, RanksTimes, Results, StepTimes
from archcalc.analysis.profile.statistics import OF_HOST
from archcalc.analysis.profile.warnings import warnings_of
from archcalc.analysis.work import Work, moved, work
from archcalc.graph import Graph

_TERA: Final = 1e12
_GIGA: Final = 1e9
_MILLI: Final = 1e-3


def record(graph: Graph, request: Request, results: Results, now: datetime | None = None) -> Record:
    """Return the record of a measurement."""
    totals = work(graph)
    datasheet_peak = _datasheet_peak(results.environment.name, request.precision)
    peaks = Peaks(datasheet=datasheet_peak, measured=results.measured_peak)
    predicted = _predicted(graph, request, results)
    made = Record(
        created=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
        spec=_spec(graph, totals),
        request=request,
        batch=Batch(asked=request.batch, used=results.batch),
        environment=results.environment,
        peaks=peaks,
        infer=_infer(graph, request, results, totals.forward, peaks, predicted),
        train=_train(results, totals.training, peaks),
        layers=_layers(graph, request, results, predicted),
        distributed=_distributed(results, totals.params, request.precision),
        published=PRESETS[request.preset].published if request.preset else None,
    )
    return replace(made, warnings=tuple(warnings_of(made)))


def _spec(graph: Graph, totals: Work) -> SpecSummary:
    spec = graph.spec
    return SpecSummary(
        name=spec.name,
        title=spec.title,
        input_shape=spec.input_shape,
        params=totals.params,
        flops=totals.forward,
        training_flops=totals.training,
    )


def _datasheet_peak(device: str, precision: Precision) -> DatasheetPeak | None:
    found = datasheet(device)
    if found is None:
        return None
    tflops, source = peak_of(found, precision.computed_in), "; ".join(SOURCES[key] for key in found.sources.split())
    return DatasheetPeak(device=found.name, tflops=tflops, gbs=found.gbs, source=source)


def _predicted(graph: Graph, request: Request, results: Results) -> Prediction | None:
    """Return the prediction for a measurement; None where it is of something else than what was calibrated."""
    calibration = if_kept(results.environment.device)
    is_alike = request.precision is Precision.FP32 and not request.channels_last and request.compile is None
    if calibration is None or not is_alike or calibration.machine.threads != results.environment.threads:
        return None
    return predict(graph, calibration, results.batch)


def _infer(
    graph: Graph, request: Request, results: Results, flops: int, peaks: Peaks, predicted: Prediction | None
) -> Infer | None:
    times = results.infer
    if times is None:
        return None
    speed = _speed(times.step, results.batch, flops, peaks)
    bound, bound_ms = _bound(graph, request, times, results.batch, peaks.measured)
    predicted_ms = predicted.seconds / _MILLI if predicted else None
    return Infer(times=times, speed=speed, bound=bound, bound_ms=bound_ms, predicted_ms=predicted_ms)


def _train(results: Results, flops: int, peaks: Peaks) -> Train | None:
    times = results.train
    return Train(times=times, speed=_speed(times.step, results.batch, flops, peaks)) if times else None


def _speed(step: StepTimes, batch: int, flops: int, peaks: Peaks) -> Speed:
    seconds = step.median_ms * _MILLI
    tflops = flops * batch / seconds / _TERA
    most = peaks.datasheet.tflops if peaks.datasheet else None
    return Speed(
        images_per_second=batch / seconds,
        spread=step.spread if step.n > 1 else None,
        tflops=tflops,
        of_datasheet=tflops / most if most else None,
        of_measured=tflops / peaks.measured.tflops if peaks.measured.tflops else None,
    )


def _bound(
    graph: Graph, request: Request, times: InferTimes, batch: int, peak: MeasuredPeak
) -> tuple[Bound | None, float | None]:
    """Return what bounds a network, and the milliseconds that its layers take at least at the measured peaks."""
    launches = times.launch_ms is not None and times.launch_ms >= OF_HOST * times.step.median_ms
    if peak.tflops is None or peak.gbs is None:
        return (Bound.LAUNCH if launches else None), None
    longer = dict.fromkeys((Bound.COMPUTE, Bound.MEMORY), 0.0)
    for layer in moved(graph, batch, request.precision.element_bytes):
        compute, memory = layer.flops / (peak.tflops * _TERA), layer.bytes / (peak.gbs * _GIGA)
        longer[Bound.COMPUTE if compute >= memory else Bound.MEMORY] += max(compute, memory)
    slower = Bound.COMPUTE if longer[Bound.COMPUTE] >= longer[Bound.MEMORY] else Bound.MEMORY
    return (Bound.LAUNCH if launches else slower), sum(longer.values()) / _MILLI


def _layers(graph: Graph, request: Request, results: Results, predicted: Prediction | None) -> LayerTimes | None:
    """Return the times of the layers; layers are not compiled, so a compiled network has no residual."""
    if results.layers is None:
        return None
    hosts = results.host_layers
    flops = {layer.name: layer.flops for layer in moved(graph, results.batch, request.precision.element_bytes)}
    total = sum(step.median_ms for step in results.layers.values())
    guesses = {one.name: one.seconds / _MILLI for one in predicted.layers} if predicted else {}
    whole = results.infer.step.median_ms if results.infer and not request.compile else None
    return LayerTimes(
        layers=tuple(
            _layer(name, step, total, flops[name], None if hosts is None else name in hosts, guesses.get(name))
            for name, step in results.layers.items()
        ),
        layers_ms=total,
        residual_ms=None if whole is None else whole - total,
    )


def _layer(
    name: str, step: StepTimes, total_ms: float, flops: int, is_host: bool | None, predicted_ms: float | None
) -> LayerTime:
    taken = step.median_ms
    tflops = flops / (taken * _MILLI) / _TERA if taken and flops else None
    share = taken / total_ms
    return LayerTime(name=name, step=step, share=share, tflops=tflops, is_host=is_host, predicted_ms=predicted_ms)


def _distributed(results: Results, params: int, precision: Precision) -> Distributed | None:
    times = results.distributed
    if times is None:
        return None
    return Distributed(
        ranks=times.ranks,
        backend=times.backend,
        infer=_ranks(times.infer, results.batch),
        train=_ranks(times.train, results.batch),
        all_reduce=all_reduce(params, precision.weight_bytes, times.ranks),
    )


def _ranks(times: RanksTimes | None, batch: int) -> Ranks | None:
    if times is None:
        return None
    means = [rank.step.mean_ms for rank in times.by_rank]
    return Ranks(times=times, scaling=scaling(times.alone.mean_ms, means, batch))
