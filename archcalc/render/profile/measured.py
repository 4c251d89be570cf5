"""Inference, training and the layers, as sheets."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.profile.record import Bound, Infer, LayerTime, LayerTimes, Record, Train
from archcalc.analysis.profile.request import Layers, Mode
from archcalc.analysis.profile.results import StepTimes
from archcalc.render.profile.beside import published_sheet
from archcalc.render.profile.ranks import ranks_sheet
from archcalc.render.profile.words import (
    extremes,
    machine,
    milliseconds,
    precision,
    rate,
    three_digits,
    without_blanks,
)
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import percent
from archcalc.spec.inputs import inputs_in_words

_ASKED: Final = (
    Column("model", "model"),
    Column("device", "device", leaves=4),
    Column("precision", "precision", leaves=3),
    Column("batch", "batch", right=True),
)
_STEP: Final = (
    Column("step", "ms/step", milliseconds, right=True),
    Column("spread", "IQR", percent, right=True, leaves=9),
)
_PREDICTED: Final = Column("predicted", "predicted ms", milliseconds, right=True, leaves=5)
_WORK: Final = (
    Column("gflop", "GFLOP/image", three_digits, right=True, leaves=6),
    Column("tflops", "TFLOP/s", three_digits, right=True, leaves=12),
    Column("of_datasheet", "of data sheet", percent, right=True, leaves=5),
    Column("of_measured", "of measured", percent, right=True, leaves=7),
)
_PEAK: Final = Column("peak", "peak MiB", rate, right=True, leaves=1)

_INFER: Final = (
    *_ASKED,
    Column("rate", "images/s", rate, right=True),
    *_STEP,
    _PREDICTED,
    Column("p50", "p50 ms", milliseconds, right=True, leaves=11),
    Column("p90", "p90 ms", milliseconds, right=True, leaves=8),
    Column("p99", "p99 ms", milliseconds, right=True, leaves=10),
    *_WORK,
    Column("bound", "bound", leaves=2),
    _PEAK,
)

_TRAIN: Final = (
    *_ASKED,
    Column("rate", "train images/s", rate, right=True),
    *_STEP,
    Column("forward", "forward ms", milliseconds, right=True, leaves=8),
    Column("backward", "backward ms", milliseconds, right=True, leaves=8),
    Column("optimizer", "optimizer ms", milliseconds, right=True, leaves=8),
    *_WORK,
    _PEAK,
)

_LAYERS: Final = (
    Column("layer", "layer"),
    Column("step", "ms", milliseconds, right=True),
    _PREDICTED._replace(leaves=4),
    Column("share", "share", percent, right=True, share=True),
    Column("spread", "IQR", percent, right=True, leaves=1),
    Column("tflops", "TFLOP/s", three_digits, right=True, leaves=2),
    Column("is_host", "time of", leaves=3),
)


_BLANK: Final = (None, None, None, None, None)
_MUCH_NEW_MEMORY: Final = 8
"""MiB."""
_NEW_MEMORY: Final = (
    "{} MiB of a step are new memory, which the system clears first; jemalloc, or glibc by GLIBC_TUNABLES, "
    "keeps what it has: see the page on profile"
)
_OF_HOST: Final = "the host: to launch this layer takes the host as long as the device takes for it"

_MODES: Final = ((Mode.INFER, "inference", _INFER), (Mode.TRAIN, "training", _TRAIN))

Measured = Sequence[tuple[Record, Infer | Train]]


def profile_sheets(records: Sequence[Record]) -> list[Sheet]:
    """Return inference, training and layers, as far as they were measured; a line for each network."""
    sheets = []
    for mode, title, columns in _MODES:
        measured = [(record, part) for record in records if (part := record.by_mode().get(mode))]
        if measured:
            rows = tuple(_row(record, part, columns) for record, part in measured)
            notes = tuple(_notes(measured, mode))
            sheets.append(without_blanks(Sheet(mode.value, title, columns, rows, notes=notes)))
    if several := [record for record in records if record.distributed]:
        sheets.append(ranks_sheet(several))
    if by_preset := [record for record in records if record.published is not None]:
        sheets.append(published_sheet(by_preset))
    return [*sheets, *(_layers_sheet(record, record.layers) for record in records if record.layers)]


def _row(record: Record, part: Infer | Train, columns: Sequence[Column]) -> tuple[Any, ...]:
    spec, batch, times, speed = record.spec, record.batch, part.times, part.speed
    values = {
        "model": spec.name,
        "device": record.environment.name,
        "precision": precision(record.request),
        "batch": batch.used if batch.used == batch.asked else f"{batch.used} (of {batch.asked})",
        "rate": speed.images_per_second,
        "step": times.step.median_ms,
        "spread": speed.spread,
        "tflops": speed.tflops,
        "of_datasheet": speed.of_datasheet,
        "of_measured": speed.of_measured,
        "peak": times.peak_mib,
        **(_of_inference(record, part) if isinstance(part, Infer) else _of_training(record, part)),
    }
    return tuple(values.get(column.key) for column in columns)


def _of_inference(record: Record, infer: Infer) -> dict[str, Any]:
    latency = infer.times.latency
    percentiles = {"p50": latency.p50_ms, "p90": latency.p90_ms, "p99": latency.p99_ms} if latency else {}
    said = {"bound": infer.bound and infer.bound.value, "predicted": infer.predicted_ms}
    return {"gflop": record.spec.flops / 1e9} | said | percentiles


def _of_training(record: Record, train: Train) -> dict[str, Any]:
    parts = train.times.parts or {}
    return {"gflop": record.spec.training_flops / 1e9} | {name: step.median_ms for name, step in parts.items()}


def _notes(measured: Measured, mode: Mode) -> Iterator[str]:
    records = [record for record, _ in measured]
    first, part = measured[0]
    yield f"{first.environment.device}: {machine(first.environment)}"
    peaks = [record.peaks.measured for record in records]
    product, copy = extremes([peak.tflops for peak in peaks]), extremes([peak.gbs for peak in peaks])
    yield f"measured in this run: {product} TFLOP/s in a matrix product, {copy} GB/s in a copy"
    yield from _said_of(records, _settings)
    if mode is Mode.INFER:
        yield (
            "bound: of each layer the longer at these two peaks, its arithmetic or its reads and writes, and which is "
            "more of their sum"
        )
        if any(record.infer and record.infer.bound is Bound.LAUNCH for record in records):
            yield "launch: the host takes as long to launch a step as the device takes for it: try a larger --batch"
    if first.request.preset:
        yield _steps_of_preset(part.times.step)
    elif isinstance(part, Infer) and part.times.latency:
        calls = part.times.latency.n
        how = _samples([one.times.step for _, one in measured])
        yield f"ms/step: {how}; p50, p90, p99: of {calls:,} single calls with one example"
    yield from _said_of(records, lambda record: _loss(record, mode))
    for record, one in measured:
        if (seconds := one.times.compile_s) is not None:
            how = f"compiled ({record.request.compile}) in {seconds:.1f} s (less if torch's cache has the result)"
            yield f"{record.spec.name}: {how}; no other time includes it"
    if part.times.peak_mib is not None:
        yield f"peak MiB: {part.times.peak_is}"
    for record, one in measured:
        if (new := one.times.new_memory_mib or 0) >= _MUCH_NEW_MEMORY:
            yield f"{record.spec.name}: {_NEW_MEMORY.format(f'{new:,.0f}')}"
    if any(isinstance(one, Infer) and one.predicted_ms is not None for _, one in measured):
        yield "predicted ms: by the calibration of this machine, without new memory"
    yield from _said_of(records, lambda record: [one.words for one in record.warnings if one.mode in (mode, None)])


def _samples(steps: Sequence[StepTimes]) -> str:
    """Return what the times of steps are the medians of, but for those of a preset."""
    if any(step.per_block != 1 for step in steps):
        return "median of blocks of steps, with a wait for the device after each block"
    number = f"{steps[0].n:,} " if len(steps) == 1 else ""
    return f"median of {number}steps, with a wait for the device after each"


def _settings(record: Record) -> list[str]:
    """Return what was set to another value than the spec has."""
    words = [f"{name}={value}" for name, value in record.request.settings.items()]
    if record.request.input_shape:
        words.insert(0, f"input {inputs_in_words(record.spec.input_shape)}")
    return [", ".join(words)] if words else []


def _steps_of_preset(step: StepTimes) -> str:
    if step.n == 1:
        return f"ms/step: mean of one block of {step.per_block} steps, with a wait for the device at its end"
    return f"ms/step: median of {step.n} steps, with a wait for the device after each"


def _loss(record: Record, mode: Mode) -> list[str]:
    return [f"loss is {record.train.times.loss}"] if record.train and mode is Mode.TRAIN else []


def _said_of(records: Sequence[Record], words_of: Callable[[Record], Sequence[str]]) -> Iterator[str]:
    """Yield each note once, with the names of the networks that it is about."""
    names: dict[str, list[str]] = {}
    for record in records:
        for words in words_of(record):
            names.setdefault(words, []).append(record.spec.name)
    for words, those in names.items():
        yield words if len(those) == len(records) > 1 else f"{', '.join(those)}: {words}"


def _layers_sheet(record: Record, times: LayerTimes) -> Sheet:
    rows = tuple(_layer(one) for one in times.layers)
    guesses = [one.predicted_ms for one in times.layers if one.predicted_ms is not None]
    predicted = sum(guesses) if guesses else None
    footer: list[tuple[Any, ...]] = [("sum of layers", times.layers_ms, predicted, 1.0, None, None, None)]
    if times.residual_ms is not None:
        whole = times.layers_ms + times.residual_ms
        footer += [("whole network", whole, *_BLANK), ("residual", times.residual_ms, *_BLANK)]
    is_inside = record.request.layers is Layers.PROFILER
    how = "inside the network, by torch's profiler" if is_inside else "alone"
    title = f"{record.spec.name}: each layer {how}, forward, batch {record.batch.used}"
    notes = (_OF_HOST,) if any(one.is_host for one in times.layers) else ()
    return without_blanks(Sheet(record.spec.name, title, _LAYERS, rows, tuple(footer), notes=notes))


def _layer(one: LayerTime) -> tuple[Any, ...]:
    of = "the host" if one.is_host else None
    return one.name, one.step.median_ms, one.predicted_ms, one.share, one.step.spread, one.tflops, of
