"""Records of profiles as sheets, and as the lines of TensorFlow's AlexNet benchmark."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.profile.comparing import Figure
from archcalc.analysis.profile.presets import Preset
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import percent

Data = dict[str, Any]


def _ms(value: float) -> str:
    if value < 0.1:
        return _three(value)
    return f"{value:,.3f}" if value < 10 else f"{value:,.1f}"


def _rate(value: float) -> str:
    if value < 1:
        return _three(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _three(value: float) -> str:
    return f"{value:.3g}"


_INFER: Final = (
    Column("model", "model"),
    Column("device", "device", leaves=4),
    Column("precision", "precision", leaves=3),
    Column("batch", "batch", right=True),
    Column("rate", "images/s", _rate, right=True),
    Column("step", "ms/step", _ms, right=True),
    Column("spread", "IQR", percent, right=True, leaves=9),
    Column("p50", "p50 ms", _ms, right=True, leaves=11),
    Column("p90", "p90 ms", _ms, right=True, leaves=8),
    Column("p99", "p99 ms", _ms, right=True, leaves=10),
    Column("gflop", "GFLOP/image", _three, right=True, leaves=6),
    Column("tflops", "TFLOP/s", _three, right=True, leaves=12),
    Column("of_datasheet", "of data sheet", percent, right=True, leaves=5),
    Column("of_measured", "of measured", percent, right=True, leaves=7),
    Column("bound", "bound", leaves=2),
    Column("peak", "peak MiB", _rate, right=True, leaves=1),
)

_TRAIN: Final = (
    Column("model", "model"),
    Column("device", "device", leaves=4),
    Column("precision", "precision", leaves=3),
    Column("batch", "batch", right=True),
    Column("rate", "train images/s", _rate, right=True),
    Column("step", "ms/step", _ms, right=True),
    Column("spread", "IQR", percent, right=True, leaves=9),
    Column("forward", "forward ms", _ms, right=True, leaves=8),
    Column("backward", "backward ms", _ms, right=True, leaves=8),
    Column("optimizer", "optimizer ms", _ms, right=True, leaves=8),
    Column("gflop", "GFLOP/image", _three, right=True, leaves=6),
    Column("tflops", "TFLOP/s", _three, right=True, leaves=12),
    Column("of_datasheet", "of data sheet", percent, right=True, leaves=5),
    Column("of_measured", "of measured", percent, right=True, leaves=7),
    Column("peak", "peak MiB", _rate, right=True, leaves=1),
)

_RANKS: Final = (
    Column("model", "model"),
    Column("mode", "mode"),
    Column("device", "device", leaves=4),
    Column("precision", "precision", leaves=3),
    Column("ranks", "ranks", right=True),
    Column("batch", "batch each", right=True, leaves=8),
    Column("rate", "images/s", _rate, right=True),
    Column("alone", "of one alone", _rate, right=True, leaves=9),
    Column("speed_up", "speed-up", _three, right=True),
    Column("efficiency", "efficiency", percent, right=True),
    Column("slowest", "slowest rank", right=True, leaves=5),
    Column("step", "its ms/step", _ms, right=True, leaves=7),
    Column("spread", "IQR", percent, right=True, leaves=6),
    Column("sent", "MB sent a step", _rate, right=True, leaves=2),
)

_LAYERS: Final = (
    Column("layer", "layer"),
    Column("step", "ms", _ms, right=True),
    Column("share", "share", percent, right=True, share=True),
    Column("spread", "IQR", percent, right=True, leaves=1),
    Column("tflops", "TFLOP/s", _three, right=True, leaves=2),
)

_FIGURES: Final = (
    Column("what", "what"),
    Column("before", "before", _ms, right=True),
    Column("after", "after", _ms, right=True),
    Column("ratio", "after / before", _three, right=True, leaves=1),
    Column("verdict", "verdict"),
)

_PUBLISHED: Final = (
    Column("hardware", "hardware"),
    Column("library", "library", leaves=1),
    Column("forward", "forward ms", _ms, right=True),
    Column("backward", "backward ms", _ms, right=True),
    Column("total", "total ms", _ms, right=True),
    Column("source", "source", leaves=2),
)


def profile_sheets(records: Sequence[Data]) -> list[Sheet]:
    """Inference, training and layers, as far as they were measured; a line for each network."""
    sheets = []
    for mode, title, columns in (("infer", "inference", _INFER), ("train", "training", _TRAIN)):
        measured = [record for record in records if mode in record]
        if measured:
            rows = tuple(_row(record, mode, columns) for record in measured)
            sheets.append(_without_blanks(Sheet(mode, title, columns, rows, notes=tuple(_notes(measured, mode)))))
    several = [record for record in records if "distributed" in record]
    if several:
        sheets.append(_ranks_sheet(several))
    return [*sheets, *(_layers_sheet(record) for record in records if "layers" in record)]


def _row(record: Data, mode: str, columns: Sequence[Column]) -> tuple[Any, ...]:
    part, asked = record[mode], record["asked"]
    flops = record["spec"]["flops" if mode == "infer" else "training_flops"]
    used, wanted = record["batch"]["used"], record["batch"]["asked"]
    values = {
        "model": record["spec"]["name"],
        "device": record["environment"]["name"],
        "precision": _precision(asked),
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


def _ranks_sheet(records: Sequence[Data]) -> Sheet:
    """Several devices at once, a line for each network and mode."""
    rows = tuple(
        _ranks_row(record, mode) for record in records for mode in ("infer", "train") if mode in record["distributed"]
    )
    told = records[0]["distributed"]
    notes = (
        f"{told['ranks']} ranks over {told['backend']}, each on {_machine(records[0]['environment'])}",
        "speed-up: against rank 0 alone; efficiency: a share of as many times that; all wait for the slowest rank",
        "MB sent a step: by each rank, of fp32 gradients or those of the precision, where they go around in a ring",
    )
    return _without_blanks(Sheet("ranks", "several devices at once", _RANKS, rows, notes=notes))


def _ranks_row(record: Data, mode: str) -> tuple[Any, ...]:
    told = record["distributed"]
    part = told[mode]
    step = part["by_rank"][part["slowest"]]["step"]
    values = {
        "model": record["spec"]["name"],
        "mode": {"infer": "inference", "train": "training"}[mode],
        "device": record["environment"]["name"],
        "precision": _precision(record["asked"]),
        "ranks": told["ranks"],
        "batch": record["batch"]["used"],
        "rate": part["images_per_second"],
        "alone": part["alone_images_per_second"],
        "speed_up": part["speed_up"],
        "efficiency": part["efficiency"],
        "slowest": part["slowest"],
        "step": step["median_ms"],
        "spread": (step["high_ms"] - step["low_ms"]) / step["median_ms"],
        "sent": told["all_reduce"]["ring_bytes_per_rank"] / 1e6 if mode == "train" else None,
    }
    return tuple(values[column.key] for column in _RANKS)


def _precision(asked: Data) -> str:
    return str(asked["precision"]) + (", channels last" if asked["channels_last"] else "")


def _machine(environment: Data) -> str:
    software = f"torch {environment['torch']}"
    if environment["cudnn"]:
        software += f", CUDA {environment['cuda']}, cuDNN {environment['cudnn']}"
    return f"{environment['name']}, {_threads(environment['threads'])}, {software}"


def _without_blanks(sheet: Sheet) -> Sheet:
    """The sheet without columns in which no line says anything."""
    said = [c.key for place, c in enumerate(sheet.columns) if any(row[place] is not None for row in sheet.rows)]
    return sheet.pick(said)


def _notes(records: Sequence[Data], mode: str) -> Iterator[str]:
    first = records[0]
    yield f"{first['environment']['device']}: {_machine(first['environment'])}"
    peaks = [record["peaks"]["measured"] for record in records]
    product, copy = ([peak[what] for peak in peaks] for what in ("tflops", "gbs"))
    yield f"measured in this run: {_range(product)} TFLOP/s in a matrix product, {_range(copy)} GB/s in a copy"
    if first["asked"]["preset"]:
        yield f"ms/step: median of {first[mode]['step']['n']} steps, each waited for"
    elif mode == "infer":
        calls = first["infer"]["latency"]["n"]
        yield f"ms/step: median of blocks, waited for at their ends; p50, p90, p99: {calls} single calls of one example"
    if mode == "train":
        yield from _said_of(records, lambda record: [f"loss is {record['train']['loss']}"])
    for record in records:
        if "compile_s" in record[mode]:
            name, seconds = record["spec"]["name"], record[mode]["compile_s"]
            yield f"{name}: compiled ({record['asked']['compile']}) in {seconds:.1f} s, which are in no other time"
    if first[mode]["peak_mib"] is not None:
        yield f"peak MiB: {first[mode]['peak_is']}"
    yield from _said_of(records, lambda record: _warnings(record, mode))


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


def _range(values: Sequence[float]) -> str:
    least, most = _three(min(values)), _three(max(values))
    return least if least == most else f"{least} to {most}"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _layers_sheet(record: Data) -> Sheet:
    rows = tuple(
        (
            layer["name"],
            layer["step"]["median_ms"],
            layer["share"],
            (layer["step"]["high_ms"] - layer["step"]["low_ms"]) / layer["step"]["median_ms"],
            layer["tflops"] or None,
        )
        for layer in record["layers"]
    )
    footer: list[tuple[Any, ...]] = [("sum of layers", record["layers_ms"], 1.0, None, None)]
    if record["residual_ms"] is not None:
        whole = record["layers_ms"] + record["residual_ms"]
        footer += [("whole network", whole, None, None, None), ("residual", record["residual_ms"], None, None, None)]
    title = f"{record['spec']['name']}: each layer alone, batch {record['batch']['used']}"
    return Sheet(record["spec"]["name"], title, _LAYERS, rows, tuple(footer))


def comparison_sheet(
    names: tuple[str, str], figures: Sequence[Figure], otherwise: Sequence[tuple[str, Any, Any]]
) -> Sheet:
    """Two records side by side; what else is otherwise is said below."""
    rows = tuple((f.what, f.before, f.after, f.ratio, f.verdict.value) for f in figures)
    notes = tuple(f"{what}: {before} -> {after}" for what, before, after in otherwise)
    return Sheet("", f"{names[0]} (before) and {names[1]} (after)", _FIGURES, rows, notes=notes)


def preset_sheet(preset: Preset) -> Sheet:
    """What was published by a protocol, for comparison: other hardware, and mostly other years."""
    rows = tuple(
        (one.hardware, one.library, one.forward_ms, one.backward_ms, one.total_ms, one.source)
        for one in preset.published
    )
    return Sheet(preset.name, f"published for {preset.name}: other hardware", _PUBLISHED, rows, notes=(preset.note,))


def tensorflow_lines(records: Sequence[Data]) -> str:
    """`Forward across 100 steps, 0.027 +/- 0.000 sec / batch`, as TensorFlow's alexnet_benchmark.py prints it."""
    lines = []
    for record in records:
        for mode, words in (("infer", "Forward"), ("train", "Forward-backward")):
            if mode in record:
                step = record[mode]["step"]
                steps = step["n"] * step["per_block"]
                mean, deviation = step["mean_ms"] / 1e3, step["deviation_ms"] / 1e3
                lines.append(f"{words} across {steps} steps, {mean:.3f} +/- {deviation:.3f} sec / batch\n")
    return "".join(lines)


def comparison_data(figures: Sequence[Figure], otherwise: Sequence[tuple[str, Any, Any]]) -> Data:
    """`figures` with `what`, `before_ms`, `after_ms`, `ratio` and `verdict`; `otherwise` what else differs."""
    return {
        "figures": [
            {"what": f.what, "before_ms": f.before, "after_ms": f.after, "ratio": f.ratio, "verdict": f.verdict.value}
            for f in figures
        ],
        "otherwise": [{"what": what, "before": before, "after": after} for what, before, after in otherwise],
    }
