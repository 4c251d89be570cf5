"""Python's garbage collector, at rest while a stage makes many objects and no cycles.

It would look through all of them again and again, find nothing, and take more than linear time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Collect no cycles inside; as a decorator, during the call."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
