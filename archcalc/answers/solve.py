"""The inputs that a network takes, and how a layer comes to make a size."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.solve import layer_output, solution
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Solution(solution.Solution, Answer):
    """The inputs that pass, those that fit the weights, and those for which every window divides exactly."""

    def rendered(self) -> Rendered:
        from archcalc.render.solve import of_inputs

        return of_inputs(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each run of sizes: which axis, whether they pass or divide exactly, from and to."""
        for axis, sizes in zip(("height", "width"), self.sizes or (), strict=False):
            for kind, runs in (("passes", sizes.passing), ("exact", sizes.exact)):
                for run in runs:
                    yield {"axis": axis, "sizes": kind, "from": run.start, "to": run.stop - 1}


@dataclass(frozen=True, repr=False)
class LayerOutput(layer_output.LayerOutput, Answer):
    """How a layer comes to make a size: the inputs that lead to it, and the strides and paddings that make it."""

    def rendered(self) -> Rendered:
        from archcalc.render.solve import of_layer_output

        return of_layer_output(self)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each stride and padding, along each axis."""
        for axis, made in zip(("height", "width"), self.axes, strict=True):
            for way in made.ways:
                before, after = way.padding or (None, None)
                yield {
                    "axis": axis,
                    "stride": way.stride,
                    "padding_before": before,
                    "padding_after": after,
                    "from": way.reads.start,
                    "to": way.reads.stop - 1,
                    "exact": way.exact,
                    "in_spec": way.in_spec,
                }
