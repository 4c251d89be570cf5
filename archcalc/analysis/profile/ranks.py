"""Several devices at once: which of them a process is, and what their times say together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.analysis.profile.config import Config
from archcalc.errors import ArchError


class Place(NamedTuple):
    """A process among those that torchrun started: of all, of its machine's, and how many there are."""

    rank: int
    local_rank: int
    size: int

    @property
    def is_first(self) -> bool:
        return self.rank == 0


def place(environment: Mapping[str, str]) -> Place | None:
    """What torchrun says in the environment; None for a process that is alone.

    >>> place({"RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "here"}), place({"WORLD_SIZE": "4"})
    (Place(rank=3, local_rank=1, size=4), None)
    """
    told = [environment.get(name, "") for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")]
    if "MASTER_ADDR" not in environment or not all(map(str.isdecimal, told)):
        return None
    ours = Place(*map(int, told))
    return ours if ours.size > 1 else None


def device_of(config: Config, ours: Place) -> str:
    """The device of a rank, which is told none of its own. Raises ArchError for what ranks do not measure."""
    if config.device not in ("cpu", "cuda"):
        raise ArchError(f"--device {config.device}: under torchrun write cuda, of which each rank has its own, or cpu")
    for name in ("compile", "layers", "detail", "preset"):
        if getattr(config, name):
            raise ArchError(f"--{name} is for one device: leave it out under torchrun")
    return "cpu" if config.device == "cpu" else f"cuda:{ours.local_rank}"


def scaling(alone_ms: float, means_ms: Sequence[float], batch: int) -> dict[str, Any]:
    """Images a second of all ranks, which wait for the slowest, against those of one alone.

    Of means: a median knows nothing of the steps at which a rank had to wait.

    >>> scaling(10.0, [12.5, 11.0], batch=4)["speed_up"], scaling(10.0, [12.5, 11.0], batch=4)["efficiency"]
    (1.6, 0.8)
    """
    slowest = max(range(len(means_ms)), key=means_ms.__getitem__)
    alone = batch * 1e3 / alone_ms
    together = len(means_ms) * batch * 1e3 / means_ms[slowest]
    return {
        "images_per_second": together,
        "alone_images_per_second": alone,
        "speed_up": together / alone,
        "efficiency": together / (len(means_ms) * alone),
        "slowest": slowest,
    }


def all_reduce(params: int, element: int, size: int) -> dict[str, int]:
    """Bytes of the gradients of a step, and those that each rank sends where they go around in a ring.

    Each of `size` parts of the gradients goes around twice, but for one rank: once to be summed, once to be known.

    >>> all_reduce(61_100_840, 4, 8)
    {'gradient_bytes': 244403360, 'ring_bytes_per_rank': 427705880}
    """
    gradients = params * element
    return {"gradient_bytes": gradients, "ring_bytes_per_rank": 2 * (size - 1) * gradients // size}
