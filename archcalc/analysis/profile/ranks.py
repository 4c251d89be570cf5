"""Several devices at once: which of them this process has, their common speed, and what they send to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archcalc.analysis.profile.request import Request
from archcalc.errors import ArchError


class Place(NamedTuple):
    """The number of a process among all that torchrun started, and among those of its machine; how many there are."""

    rank: int
    local_rank: int
    size: int

    @property
    def is_first(self) -> bool:
        return self.rank == 0


def place(environment: Mapping[str, str]) -> Place | None:
    """Return the place that torchrun gives in the environment; None for a process that is alone.

    >>> place({"RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "here"}), place({"WORLD_SIZE": "4"})
    (Place(rank=3, local_rank=1, size=4), None)
    """
    numbers = [environment.get(name, "") for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")]
    if "MASTER_ADDR" not in environment or not all(map(str.isdecimal, numbers)):
        return None
    found = Place(*map(int, numbers))
    return found if found.size > 1 else None


def device_of(request: Request, place: Place) -> str:
    """Return the device of a rank. Raises ArchError for a request that ranks do not measure."""
    if request.device not in ("cpu", "cuda"):
        raise ArchError(f"--device {request.device}: under torchrun write cpu, or cuda to give each rank a GPU")
    for name in ("compile", "layers", "detail", "preset"):
        if getattr(request, name):
            raise ArchError(f"--{name} is for one device: leave it out under torchrun")
    return "cpu" if request.device == "cpu" else f"cuda:{place.local_rank}"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Images a second of all ranks together and of one alone; efficiency is the speed-up divided by the ranks."""

    images_per_second: float
    alone_images_per_second: float
    speed_up: float
    efficiency: float
    slowest: int
    """The rank that all others wait for."""


def scaling(alone_ms: float, means_ms: Sequence[float], batch: int) -> Scaling:
    """Return how much faster all ranks are than one alone, from the mean milliseconds of their steps.

    A median would leave out the steps in which a rank had to wait.

    >>> scaling(10.0, [12.5, 11.0], batch=4).speed_up, scaling(10.0, [12.5, 11.0], batch=4).efficiency
    (1.6, 0.8)
    """
    slowest = max(range(len(means_ms)), key=means_ms.__getitem__)
    alone = batch * 1e3 / alone_ms
    together = len(means_ms) * batch * 1e3 / means_ms[slowest]
    return Scaling(
        images_per_second=together,
        alone_images_per_second=alone,
        speed_up=together / alone,
        efficiency=together / (len(means_ms) * alone),
        slowest=slowest,
    )


@dataclass(frozen=True, kw_only=True)
class AllReduce:
    """Bytes of the gradients of a step, and those that each rank sends if they are summed around a ring."""

    gradient_bytes: int
    ring_bytes_per_rank: int


def all_reduce(params: int, element_bytes: int, ranks: int) -> AllReduce:
    """Return the bytes that averaging the gradients takes.

    The gradients are cut into as many parts as there are ranks. Each part passes all ranks but one twice: first to be
    summed, then to be known to all.

    >>> all_reduce(61_100_840, 4, 8)
    AllReduce(gradient_bytes=244403360, ring_bytes_per_rank=427705880)
    """
    gradients = params * element_bytes
    return AllReduce(gradient_bytes=gradients, ring_bytes_per_rank=2 * (ranks - 1) * gradients // ranks)
