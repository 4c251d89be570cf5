"""The calls of a model's layers, each after those that it reads, and otherwise in the order of the file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.keras.models import INPUT_LAYER, Model, Part, Ref

_Place = tuple[int, int]
"""The number of a layer, and that of its call."""


def in_order(model: Model) -> Iterator[tuple[Part, int]]:
    """Yield each layer with the number of its call. Raises ArchError where one reads what is not there, or itself.

    A model that is a layer may count its calls from 1, as it was called once by itself.
    """
    made_by = _makers(model)
    readers: dict[_Place, list[_Place]] = defaultdict(list)
    waits: dict[_Place, int] = {}
    for number, part in enumerate(model.parts):
        calls = part.calls if part.class_name != INPUT_LAYER else ((),)
        for turn in range(len(calls)):
            reads = [] if part.class_name == INPUT_LAYER else part.calls[turn].reads
            sources = {_maker(ref, made_by, part) for ref in reads}
            waits[number, turn] = len(sources)
            for source in sources:
                readers[source].append((number, turn))
    ready = [place for place, left in waits.items() if left == 0]
    heapify(ready)
    done = 0
    while ready:
        place = heappop(ready)
        done += 1
        yield model.parts[place[0]], place[1]
        for reader in readers[place]:
            waits[reader] -= 1
            if waits[reader] == 0:
                heappush(ready, reader)
    if done < len(waits):
        stuck = next(place for place, left in waits.items() if left > 0)
        raise ArchError("reads what is made of itself").at(None, f"layer {model.parts[stuck[0]].name}")


def _makers(model: Model) -> Mapping[tuple[str, int], _Place]:
    return {
        (part.name, turn): (number, turn)
        for number, part in enumerate(model.parts)
        for turn in range(1 if part.class_name == INPUT_LAYER else len(part.calls))
    }


def _maker(ref: Ref, made_by: Mapping[tuple[str, int], _Place], reader: Part) -> _Place:
    if (ref.layer, ref.call) in made_by:
        return made_by[ref.layer, ref.call]
    names = {name for name, _ in made_by}
    what = f"call {ref.call} of {ref.layer}" if ref.layer in names else f"layer {ref.layer}"
    hint = "" if ref.layer in names else did_you_mean(ref.layer, names)
    raise ArchError(f"there is no {what}, which it reads{hint}").at(None, f"layer {reader.name}")
