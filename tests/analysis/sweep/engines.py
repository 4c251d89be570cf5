"""What tests of engines need: a node of Ray, and work that holds a device for a while, and says when and which."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple


class Held(NamedTuple):
    item: int
    device: str
    start: float
    end: float


def hold(item: int) -> Held:
    start = time.monotonic()
    time.sleep(0.15)
    return Held(item, os.environ.get("CUDA_VISIBLE_DEVICES", ""), start, time.monotonic())


def overlaps(held: list[Held]) -> bool:
    """Whether two of them held their device at the same time."""
    ordered = sorted(held, key=lambda one: one.start)
    return any(after.start < before.end for before, after in pairwise(ordered))


@contextmanager
def ray_node(**resources: Any) -> Iterator[Any]:
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address="local", include_dashboard=False, log_to_driver=False, **resources)
    try:
        yield ray
    finally:
        ray.shutdown()
