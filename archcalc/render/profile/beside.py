"""Records beside others: two of ours, what was published, and TensorFlow's lines."""

from collections.abc import Sequence
from typing import Final

from archcalc.analysis.profile.comparing import Figure, differences
from archcalc.analysis.profile.presets import PRESETS
from archcalc.errors import printable
from archcalc.render.profile.words import (
    Data,
    as_published,
    milliseconds,
    precision,
    rate,
    three_digits,
    without_blanks,
)
from archcalc.render.sheet import Column, Sheet

_FIGURES: Final = (
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


def comparison_sheet(files: tuple[str, str], records: tuple[Data, Data], figures: Sequence[Figure]) -> Sheet:
    """Two records side by side; what else is otherwise, and what either warns of, is said below."""
    names = [record["spec"]["name"] for record in records]
    title = " and ".join(
        f"{name}, {file} ({place})" for name, file, place in zip(names, files, ("before", "after"), strict=True)
    )
    rows = tuple((printable(f.what), f.before, f.after, f.ratio, f.verdict.value) for f in figures)
    notes = (
        *(f"{what}: {before} -> {after}" for what, before, after in differences(*records)),
        *(f"{file}: {words}" for file, record in zip(files, records, strict=True) for words in record["warnings"]),
    )
    return Sheet(printable(names[0]), printable(title), _FIGURES, rows, notes=tuple(map(printable, notes)))


def comparison_data(files: tuple[str, str], records: tuple[Data, Data], figures: Sequence[Figure]) -> Data:
    """`before` and `after` (`file`, `spec`, `warnings`), `figures` with `what`, `before_ms`, `after_ms`, `ratio` and
    `verdict`, and in `otherwise` what else differs."""
    sides = (
        {"file": file, "spec": record["spec"]["name"], "warnings": record["warnings"]}
        for file, record in zip(files, records, strict=True)
    )
    return dict(zip(("before", "after"), sides, strict=True)) | {
        "figures": [
            {"what": f.what, "before_ms": f.before, "after_ms": f.after, "ratio": f.ratio, "verdict": f.verdict.value}
            for f in figures
        ],
        "otherwise": [
            {"what": what, "before": before, "after": after} for what, before, after in differences(*records)
        ],
    }


def published_sheet(records: Sequence[Data]) -> Sheet:
    """What was measured by a preset, and below it what was published: other hardware, and mostly other years."""
    preset = PRESETS[records[0]["asked"]["preset"]]
    title = f"{preset.name}, beside what was published for {preset.spec} on other hardware"
    lines = [*map(_ours, records), *records[0]["published"]]
    rows = tuple(tuple(line[column.key] for column in _PUBLISHED) for line in lines)
    notes = (preset.note, *filter(None, map(_unlike_the_published, records)))
    return without_blanks(Sheet(preset.name, title, _PUBLISHED, rows, notes=notes))


def _unlike_the_published(record: Data) -> str | None:
    """What makes a run another than those that were published."""
    preset, name, batch = PRESETS[record["asked"]["preset"]], record["spec"]["name"], record["batch"]["used"]
    if (name, batch) == (preset.spec, preset.batch):
        return None
    return f"not the same thing: this is {name} at batch {batch}, what was published is {preset.spec} at {preset.batch}"


def _ours(record: Data) -> Data:
    """What a record says, as something published does."""
    environment, train = record["environment"], record["train"]
    forward, backward = record.get("infer", {}).get("step"), train["parts"].get("backward")
    return {
        "hardware": environment["name"],
        "library": f"torch {environment['torch']}, {precision(record['asked'])}",
        "batch": record["batch"]["used"],
        "forward_ms": forward and forward["median_ms"],
        "backward_ms": backward and backward["median_ms"],
        "total_ms": train["step"]["median_ms"],
        "images_per_second": train["images_per_second"],
        "source": f"this run, {record['spec']['name']}",
    }


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
