"""The most examples with which a network fits in the memory of a device."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import find, memory_of
from archcalc.analysis.memory.request import MOST, Request
from archcalc.analysis.memory.split import split
from archcalc.analysis.memory.timeline import timeline
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers.fields import spell

_UNITS: Final[dict[str, int]] = {unit: 1000**power for power, unit in enumerate(("B", "KB", "MB", "GB", "TB"))} | {
    unit: 1024**power for power, unit in enumerate(("KIB", "MIB", "GIB", "TIB"), start=1)
}
_ROOM: Final = re.compile(r"(?P<number>[0-9]{1,15}(\.[0-9]{1,6})?) ?(?P<unit>[KMGT]?I?B)", re.IGNORECASE)


@dataclass(frozen=True)
class Fit:
    """The most examples that fit in so many bytes; storages take whole blocks of a device."""

    room: int
    batch: int
    """0 where not even the fewest fit."""
    fewest: int
    """The fewest that torch runs."""
    peak: int
    """What they need; where none fit, what the fewest need."""
    is_of_each: bool = False
    """Whether the room is that of each of several devices."""
    device: Device | None = None
    """Whose memory it is; None for a size that was given."""


def read_room(word: str) -> int:
    """Return how many bytes a text such as 24GB means: GB is 1000 ** 3 and GiB 1024 ** 3 bytes.

    >>> read_room("24GB"), read_room("1.5 GiB")
    (24000000000, 1610612736)
    """
    found = _ROOM.fullmatch(word.strip())
    if found is None or found["unit"].upper() not in _UNITS or not float(found["number"]):
        raise ArchError(f"fits must be a size of memory, such as 24GB or 24GiB, got {spell(word)}")
    whole, _, part = found["number"].partition(".")
    return int(whole + part) * _UNITS[found["unit"].upper()] // int(10 ** len(part))


def largest_batch(graph: Graph, request: Request, room: int) -> Fit:
    """Return the most examples that fit. Raises ArchError for what torch does not run with any batch."""
    return _largest(lambda batch: timeline(graph, request.of(batch)).rounded, room)


def largest_batch_on_each(graph: Graph, request: Request, room: int) -> Fit:
    """Return the most examples that fit in each device of a network with towers, which have so many bytes each.

    Raises ArchError as `largest_batch` does, and for a network without towers.
    """
    return replace(_largest(lambda batch: split(graph, request.of(batch)).largest, room), is_of_each=True)


def fitted(
    graph: Graph,
    request: Request,
    largest: Callable[[Graph, Request, int], Fit],
    *,
    has_batch: bool,
    fits: str | None,
    device: str | None,
) -> tuple[Request, Fit | None]:
    """Return what is shown, and what fits in a size that was given, or in a device: the largest batch of a size.

    Raises ArchError for a size beside a batch or a device, for what is neither, and as `largest` does.
    """
    if has_batch and fits is not None:
        raise ArchError(f"give a batch or a size that it shall fit, and not both: {request.batch} and {fits}")
    if fits is not None and device is not None:
        raise ArchError(f"give a size or a device that has one, and not both: {fits} and {device}")
    if fits is not None:
        fit = largest(graph, request, read_room(fits))
        return request.of(fit.batch or fit.fewest), fit
    if device is not None:
        found = find(device)
        return request, replace(largest(graph, request, memory_of(found)), device=found)
    return request, None


def _largest(need: Callable[[int], int], room: int) -> Fit:
    """Return the most examples that fit: more never need less, so it is found by halving."""
    least = _fewest(need)
    needed = need(least)
    if needed > room:
        return Fit(room, 0, least, needed)
    fits, beyond = least, least * 2
    while beyond < MOST and need(beyond) <= room:
        fits, beyond = beyond, beyond * 2
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        fits, beyond = (middle, beyond) if need(middle) <= room else (fits, middle)
    return Fit(room, fits, least, need(fits))


def _fewest(need: Callable[[int], int]) -> int:
    """Return 1, or 2 where a batch norm asks for more than one number for each channel."""
    try:
        need(1)
    except ArchError:
        need(2)
        return 2
    return 1
