"""What tools print about a network's memory, and the terms between them, as a sheet and as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.memory.figures import SOURCES, Tool
from archcalc.analysis.reconcile.memory import MemoryLadder, Rung, Step
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.on_devices import request_in_words, where
from archcalc.render.reconcile import LADDER, drawn
from archcalc.render.sheet import Sheet
from archcalc.render.words import number

_WORDS: Final = {
    Tool.TORCHSUMMARY: "Estimated Total Size of torchsummary",
    Tool.TORCHINFO: "Estimated Total Size of torchinfo",
    Tool.CAFFE: "Memory required for data of Caffe",
    Tool.KERAS: "get_model_memory_usage, from Stack Overflow, of a Keras model",
}
_UNITS: Final = {Tool.TORCHSUMMARY: ("MB", 2**20), Tool.TORCHINFO: ("MB", 10**6), Tool.KERAS: ("GB", 2**30)}
"""What each writes after its number, and how many bytes that is; Caffe writes bytes."""


def of_memory_ladder(ladder: MemoryLadder) -> Answer:
    """Show every number, with the terms that lead from each to the next."""
    sheet = memory_sheet(ladder)
    return Answer([sheet], lambda: memory_data(ladder), figures=[lambda: drawn(sheet, ladder.graph)])


def memory_sheet(ladder: MemoryLadder) -> Sheet:
    """Return a line for each number with whose it is, and before it a line for each term that leads to it."""
    rows = tuple(row for rung in ladder.rungs for row in _rows(ladder, rung))
    spec = ladder.graph.spec
    title = f"{spec.label}: how one number becomes another, memory of {request_in_words(ladder.request)}, in bytes"
    return Sheet(spec.name, title, LADDER, rows, notes=tuple(_notes(ladder)))


def _rows(ladder: MemoryLadder, rung: Rung) -> Iterator[tuple[Any, ...]]:
    yield from ((None, step.change, _in_words(step), step.term.layers) for step in rung.steps)
    yield rung.size, None, _whose(ladder, rung), None


def _whose(ladder: MemoryLadder, rung: Rung) -> str:
    if rung.tool is None:
        return f"what is alive at the peak, in {where(ladder.peak)}"
    if rung.tool not in _UNITS:
        return _WORDS[rung.tool]
    word, size = _UNITS[rung.tool]
    digits = 3 if rung.tool is Tool.KERAS else 2
    base = "10 ** 6" if size == 10**6 else f"1024 ** {2 if size == 2**20 else 3}"
    return f"{_WORDS[rung.tool]}: {rung.size / size:.{digits}f} {word} of {base} B"


def _in_words(step: Step) -> str:
    """Return a step in words, with its reason: a term is counted, or not, or for the backward pass too."""
    what = step.term.what
    if abs(step.times) > 1:
        what = f"{abs(step.times)} x {number(step.term.size)} {what}"
    if step.counted == 0:
        return f"{what}, not counted"
    if step.times < 0:
        return f"{what}, for the forward pass alone"
    if step.counted > 1:
        return f"{what}, {'for the forward and' if step.times > 1 else 'once more for'} the backward pass"
    return what


def _notes(ladder: MemoryLadder) -> Iterator[str]:
    yield "tools add up what layers make, whenever it is alive; only the peak is of one moment"
    yield from (f"{tool} has no number: {why}" for tool, why in ladder.left_out)
    yield f"run archcalc memory {ladder.graph.spec.name} --convention TOOL to see all that a tool prints"
    yield from (f"{rung.tool}: {SOURCES[rung.tool]}" for rung in ladder.rungs if rung.tool is not None)


def memory_data(ladder: MemoryLadder) -> dict[str, Any]:
    """Return what tools print about memory, and the terms between, as JSON; all sizes are bytes.

    - `name`, `settings`, `spec_hash`, `input_shape`: the network.
    - `mode`, `batch`, `optimizer`: of the peak; tools know of the batch alone.
    - `rungs`: from our peak on, or between the tools that were named, each with

      - `bytes`: the number, and `of`: the tool, or null for our peak.
      - `steps`: how it follows from the number before: what is added, `change`, since `times` many times a `term` of
        so many bytes, `size`, is counted, in these `layers`.

    - `left_out`: each `tool` that has no number of this network, with the `reason`.
    """
    request = ladder.request
    return stamped(
        identity(ladder.graph.spec)
        | {
            "mode": request.mode,
            "batch": request.batch,
            "optimizer": request.optimizer,
            "rungs": [
                {"bytes": rung.size, "of": rung.tool, "steps": [_step_data(step) for step in rung.steps]}
                for rung in ladder.rungs
            ],
            "left_out": [{"tool": tool, "reason": why} for tool, why in ladder.left_out],
        }
    )


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "change": step.change,
        "times": step.times,
        "term": step.term.what,
        "size": step.term.size,
        "layers": list(step.term.layers),
    }
