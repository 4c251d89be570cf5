"""Records next to others: two of ours, what was published, and TensorFlow's lines."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.profile.comparing import Comparison
from archcalc.analysis.profile.presets import PRESETS, Preset, Published
from archcalc.analysis.profile.record import Record, Train
from archcalc.analysis.profile.request import Mode
from archcalc.errors import printable
from archcalc.render.profile.words import as_published, milliseconds, precision, rate, three_digits, without_blanks
from archcalc.render.sheet import Column, Sheet

_TIMES: Final = (
    Column("what", "what"),
    Column("before", "before", milliseconds, right=True),
    Column("after", "after", milliseconds, right=True),
    Column("ratio", "after / before", three_digits, right=True, leaves=1),
    Column("verdict", "verdict"),
)

_PUBLISHED: Final = (
    Column("hardware", "hardware"),
    Column("library", "library"),
    Column("batch", "batch", right=True, leaves=5),
    Column("forward_ms", "forward ms", as_published, right=True, leaves=3),
    Column("backward_ms", "backward ms", as_published, right=True, leaves=2),
    Column("total_ms", "total ms", as_published, right=True, leaves=4),
    Column("images_per_second", "images/s", rate, right=True),
    Column("source", "source", leaves=1),
)

_TENSORFLOW: Final = {Mode.INFER: "Forward", Mode.TRAIN: "Forward-backward"}


def comparison_sheet(files: tuple[str, str], comparison: Comparison) -> Sheet:
    """Return the times of two records side by side; notes say what else differs, and what either warns of."""
    records = (comparison.before, comparison.after)
    titles = [
        f"{record.spec.name}, {file} ({side})"
        for record, file, side in zip(records, files, ("before", "after"), strict=True)
    ]
    rows = tuple((printable(t.name), t.before, t.after, t.ratio, t.verdict.value) for t in comparison.times)
    notes = (
        *(f"{name}: {before} -> {after}" for name, before, after in comparison.differences),
        *(f"{file}: {warning}" for file, record in zip(files, records, strict=True) for warning in record.warnings),
    )
    name, title = printable(records[0].spec.name), printable(" and ".join(titles))
    return Sheet(name, title, _TIMES, rows, notes=tuple(map(printable, notes)))


def comparison_data(files: tuple[str, str], comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON.

    `before` and `after` have `file`, `spec` and `warnings`; `figures` are times, each with `what`, `before_ms`,
    `after_ms`, `ratio` and `verdict`; `otherwise` is what else differs.
    """
    before, after = (
        {"file": file, "spec": record.spec.name, "warnings": [str(warning) for warning in record.warnings]}
        for file, record in zip(files, (comparison.before, comparison.after), strict=True)
    )
    times = [
        {"what": t.name, "before_ms": t.before, "after_ms": t.after, "ratio": t.ratio, "verdict": t.verdict.value}
        for t in comparison.times
    ]
    differences = [{"what": d.name, "before": d.before, "after": d.after} for d in comparison.differences]
    return {"before": before, "after": after, "figures": times, "otherwise": differences}


def published_sheet(records: Sequence[Record]) -> Sheet:
    """Return what was measured by a preset, above what was published, of other hardware and mostly other years."""
    preset = PRESETS[records[0].request.preset or ""]
    title = f"{preset.name}, next to what was published for {preset.spec} on other hardware"
    ours = [_as_published(record, record.train) for record in records if record.train]
    lines = [*ours, *(records[0].published or ())]
    rows = tuple(tuple(getattr(line, column.key) for column in _PUBLISHED) for line in lines)
    different = [note for record in records if (note := _difference(preset, record))]
    return without_blanks(Sheet(preset.name, title, _PUBLISHED, rows, notes=(preset.note, *different)))


def _difference(preset: Preset, record: Record) -> str | None:
    """Return in what a run differs from those that were published, if it does."""
    name, batch = record.spec.name, record.batch.used
    if (name, batch) == (preset.spec, preset.batch):
        return None
    return f"not the same measurement: this is {name} at batch {batch}, published is {preset.spec} at {preset.batch}"


def _as_published(record: Record, train: Train) -> Published:
    """Return a record in the form of something published."""
    environment, infer = record.environment, record.infer
    backward = (train.times.parts or {}).get("backward")
    return Published(
        hardware=environment.name,
        library=f"torch {environment.torch}, {precision(record.request)}",
        batch=record.batch.used,
        images_per_second=train.speed.images_per_second,
        source=f"this run, {record.spec.name}",
        forward_ms=infer.times.step.median_ms if infer else None,
        backward_ms=backward.median_ms if backward else None,
        total_ms=train.times.step.median_ms,
    )


def tensorflow_lines(records: Sequence[Record]) -> str:
    """Return `Forward across 100 steps, 0.027 +/- 0.000 sec / batch`, as TensorFlow's alexnet_benchmark.py prints."""
    lines = []
    for record in records:
        for mode, part in record.by_mode().items():
            step = part.times.step
            steps = step.n * (step.per_block or 1)
            mean, deviation = step.mean_ms / 1e3, step.deviation_ms / 1e3
            lines.append(f"{_TENSORFLOW[mode]} across {steps} steps, {mean:.3f} +/- {deviation:.3f} sec / batch\n")
    return "".join(lines)
