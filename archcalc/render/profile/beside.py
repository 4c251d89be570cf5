"""Records beside others: two of ours, what was published, and TensorFlow's lines."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.profile.comparing import Figure
from archcalc.analysis.profile.presets import Preset
from archcalc.render.profile.words import Data, milliseconds, three_digits
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
    Column("library", "library", leaves=1),
    Column("forward", "forward ms", milliseconds, right=True),
    Column("backward", "backward ms", milliseconds, right=True),
    Column("total", "total ms", milliseconds, right=True),
    Column("source", "source", leaves=2),
)


def comparison_sheet(
    names: tuple[str, str], figures: Sequence[Figure], otherwise: Sequence[tuple[str, Any, Any]]
) -> Sheet:
    """Two records side by side; what else is otherwise is said below."""
    rows = tuple((f.what, f.before, f.after, f.ratio, f.verdict.value) for f in figures)
    notes = tuple(f"{what}: {before} -> {after}" for what, before, after in otherwise)
    return Sheet("", f"{names[0]} (before) and {names[1]} (after)", _FIGURES, rows, notes=notes)


def comparison_data(figures: Sequence[Figure], otherwise: Sequence[tuple[str, Any, Any]]) -> Data:
    """`figures` with `what`, `before_ms`, `after_ms`, `ratio` and `verdict`; `otherwise` what else differs."""
    return {
        "figures": [
            {"what": f.what, "before_ms": f.before, "after_ms": f.after, "ratio": f.ratio, "verdict": f.verdict.value}
            for f in figures
        ],
        "otherwise": [{"what": what, "before": before, "after": after} for what, before, after in otherwise],
    }


def preset_sheet(preset: Preset) -> Sheet:
    """What was published by a protocol, for comparison: other hardware, and mostly other years."""
    rows = tuple(
        (one.hardware, one.library, one.forward_ms, one.backward_ms, one.total_ms, one.source)
        for one in preset.published
    )
    title = f"published for {preset.name}: {preset.spec} at batch {preset.batch}, on other hardware"
    return Sheet(preset.name, title, _PUBLISHED, rows, notes=(preset.note,))


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
