"""How much memory a network needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.memory.arena.plan import Plan
from archcalc.analysis.memory.figures import Figures
from archcalc.analysis.memory.fitting import Fit
from archcalc.analysis.memory.split import Split
from archcalc.analysis.memory.timeline import Timeline
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered


@dataclass(frozen=True, repr=False)
class Memory(Answer):
    """What is alive as eager PyTorch runs a network, `found`, with its peak; and what fits, if a size was given."""

    found: Timeline
    fit: Fit | None = None

    @property
    def peak(self) -> int:
        """The most bytes that are alive."""
        return self.found.peak.total

    @property
    def fits(self) -> bool:
        """Whether a batch fits, if a size was given; of a device whether this batch does."""
        return fits(self.fit, self.found.rounded)

    def rendered(self) -> Rendered:
        from archcalc.render.memory import of_timeline

        return of_timeline(self.found, self.fit)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer in each pass."""
        yield from self.to_dict()["timeline"]


@dataclass(frozen=True, repr=False)
class MemoryPerDevice(Answer):
    """What is alive on each device of a network with towers, `found`; and what fits, if a size was given."""

    found: Split
    fit: Fit | None = None

    @property
    def peaks(self) -> dict[str, int]:
        """The most bytes that are alive on each device."""
        return {part.device: part.peak.total for part in self.found.parts}

    @property
    def fits(self) -> bool:
        """Whether a batch fits on each device, if a size was given; of a device model whether this batch does."""
        return fits(self.fit, self.found.largest)

    def rendered(self) -> Rendered:
        from archcalc.render.on_devices import of_split

        return of_split(self.found, self.fit)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each device."""
        yield from self.to_dict()["devices"]


def fits(fit: Fit | None, rounded: int) -> bool:
    """Return whether a batch fits in a room that was given, or this one, which needs so many bytes, in a device."""
    if fit is None:
        return True
    return fit.batch > 0 if fit.device is None else rounded <= fit.room


@dataclass(frozen=True, repr=False)
class MemoryByTool(Answer):
    """What another tool prints about a network's memory, `found`."""

    found: Figures

    def rendered(self) -> Rendered:
        from archcalc.render.memory import of_figures

        return of_figures(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each number that it prints."""
        yield from self.to_dict()["figures"]


@dataclass(frozen=True, repr=False)
class MemoryPlan(Answer):
    """One arena for all maps of an inference, `found`: where a static planner puts each, and when it is alive."""

    found: Plan
    room: int | None = None
    per_layer: bool = False

    @property
    def arena(self) -> int:
        """The bytes of the arena."""
        return self.found.arena

    @property
    def bound(self) -> int:
        """The most bytes that are alive at one layer, below which there is no arena."""
        return self.found.bound

    @property
    def fits(self) -> bool:
        """Whether the arena fits, if a size was given."""
        return self.room is None or self.arena <= self.room

    def rendered(self) -> Rendered:
        from archcalc.render.memory.plan import of_plan

        return of_plan(self.found, self.room, self.per_layer)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each map, or for each input and each layer."""
        if self.per_layer:
            yield from self.to_dict()["layers"]
        else:
            yield from (row | {"layers": " ".join(row["layers"])} for row in self.to_dict()["maps"])
