"""Inference, training and each layer alone, as sheets."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.profile.config import Layers
from archcalc.analysis.profile.statistics import spread_of
from archcalc.render.profile.beside import published_sheet
from archcalc.render.profile.ranks import ranks_sheet
from archcalc.render.profile.words import (
    Data,
    both_ends,
    machine,
    milliseconds,
    precision,
    rate,
    three_digits,
    without_blanks,
)
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import percent

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
    Column("share", "share", percent, right=True, share=True),
    Column("spread", "IQR", percent, right=True, leaves=1),
    Column("tflops", "TFLOP/s", three_digits, right=True, leaves=2),
)


def profile_sheets(records: Sequence[Data]) -> list[Sheet]:
    """Inference, training and layers, as far as they were measured; a line for each network."""
    sheets = []
    for mode, title, columns in (("infer", "inference", _INFER), ("train", "training", _TRAIN)):
        measured = [record for record in records if mode in record]
        if measured:
            rows = tuple(_row(record, mode, columns) for record in measured)
            sheets.append(without_blanks(Sheet(mode, title, columns, rows, notes=tuple(_notes(measured, mode)))))
    if several := [record for record in records if "distributed" in record]:
        sheets.append(ranks_sheet(several))
    if by_preset := [record for record in records if "published" in record]:
        sheets.append(published_sheet(by_preset))
    return [*sheets, *(_layers_sheet(record) for record in records if "layers" in record)]


def _row(record: Data, mode: str, columns: Sequence[Column]) -> tuple[Any, ...]:
    part, asked = record[mode], record["asked"]
    flops = record["spec"]["flops" if mode == "infer" else "training_flops"]
    used, wanted = record["batch"]["used"], record["batch"]["asked"]
    values = {
        "model": record["spec"]["name"],
        "device": record["environment"]["name"],
        "precision": precision(asked),
        "batch": used if used == wanted else f"{used} (of {wanted})",
        "rate": part["images_per_second"],
        "step": part["step"]["median_ms"],
        "spread": part["spread"],
        "gflop": flops / 1e9,
        "tflops": part["tflops"],
        "of_datasheet": part["of_datasheet"],
        "of_measured": part["of_measured"],
        "bound": part.get("bound"),
        "peak": part["peak_mib"],
        **{share: part.get("latency", {}).get(f"{share}_ms") for share in ("p50", "p90", "p99")},
        **{name: series["median_ms"] for name, series in part.get("parts", {}).items()},
    }
    return tuple(values.get(column.key) for column in columns)


def _notes(records: Sequence[Data], mode: str) -> Iterator[str]:
    first = records[0]
    yield f"{first['environment']['device']}: {machine(first['environment'])}"
    peaks = [record["peaks"]["measured"] for record in records]
    product, copy = ([peak[what] for peak in peaks] for what in ("tflops", "gbs"))
    yield f"measured in this run: {both_ends(product)} TFLOP/s in a matrix product, {both_ends(copy)} GB/s in a copy"
    yield from _said_of(records, _asked)
    if mode == "infer":
        yield "bound: what takes longer at these two peaks, all layers' arithmetic or what they read and write"
    if first["asked"]["preset"]:
        yield _of_preset(first[mode]["step"])
    elif mode == "infer":
        calls = first["infer"]["latency"]["n"]
        yield f"ms/step: median of blocks, waited for at their ends; p50, p90, p99: {calls} single calls of one example"
    if mode == "train":
        yield from _said_of(records, lambda record: [f"loss is {record['train']['loss']}"])
    for record in records:
        if "compile_s" in record[mode]:
            name, seconds = record["spec"]["name"], record[mode]["compile_s"]
            how = record["asked"]["compile"]
            yield f"{name}: compiled ({how}) in {seconds:.1f} s, with what torch's cache had; no other time includes it"
    if first[mode]["peak_mib"] is not None:
        yield f"peak MiB: {first[mode]['peak_is']}"
    yield from _said_of(records, lambda record: _warnings(record, mode))


def _asked(record: Data) -> list[str]:
    """What was asked to be other than the spec has it."""
    words = [f"{name}={value}" for name, value in record["asked"]["settings"].items()]
    if record["asked"]["input_shape"]:
        words.insert(0, f"input {'x'.join(map(str, record['spec']['input_shape']))}")
    return [", ".join(words)] if words else []


def _of_preset(step: Data) -> str:
    if step["per_block"] > 1:
        return f"ms/step: of one block of {step['per_block']} steps, waited for at its end"
    return f"ms/step: median of {step['n']} steps, each waited for"


def _said_of(records: Sequence[Data], words_of: Callable[[Data], Sequence[str]]) -> Iterator[str]:
    """Each thing that is said once, with the names of all of which it is."""
    names: dict[str, list[str]] = {}
    for record in records:
        for words in words_of(record):
            names.setdefault(words, []).append(record["spec"]["name"])
    for words, those in names.items():
        yield words if len(those) == len(records) > 1 else f"{', '.join(those)}: {words}"


def _warnings(record: Data, mode: str) -> list[str]:
    """Those of a mode, and of no mode."""
    other = {"infer": "train:", "train": "infer:"}[mode]
    return [words.removeprefix(f"{mode}: ") for words in record["warnings"] if not words.startswith(other)]


def _layers_sheet(record: Data) -> Sheet:
    rows = tuple(
        (
            layer["name"],
            layer["step"]["median_ms"],
            layer["share"],
            spread_of(layer["step"]),
            layer["tflops"],
        )
        for layer in record["layers"]
    )
    footer: list[tuple[Any, ...]] = [("sum of layers", record["layers_ms"], 1.0, None, None)]
    if record["residual_ms"] is not None:
        whole = record["layers_ms"] + record["residual_ms"]
        footer += [("whole network", whole, None, None, None), ("residual", record["residual_ms"], None, None, None)]
    how = "in the whole, by torch's profiler" if record["asked"]["layers"] == Layers.PROFILER else "alone"
    title = f"{record['spec']['name']}: each layer {how}, forward, batch {record['batch']['used']}"
    return Sheet(record["spec"]["name"], title, _LAYERS, rows, tuple(footer))
