"""Memory that stays with the process once it is let go, so that times are those of layers and not of the system.

By default glibc gives large blocks back to the system, which has to clear the pages of the next: MobileNetV2 with a
batch of 8 may take three times as long, or not, depending on what the process did before. What glibc is told in the
environment of a process keeps them; its caches of small blocks are off, since these are what lies between large ones
and keeps them from growing together again. https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
"""

import os
import platform
from collections.abc import Mapping
from typing import Final

_TUNABLES: Final = {"mmap_max": 0, "trim_threshold": 2**40, "tcache_count": 0, "mxfast": 0}

ENVIRONMENT: Final[Mapping[str, str]] = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _TUNABLES.items())
}
"""The environment in which a process keeps its memory, if its C library is glibc."""


def keeps_memory() -> bool:
    """Return whether this process keeps the memory that it lets go."""
    is_told = os.environ.get("GLIBC_TUNABLES") == ENVIRONMENT["GLIBC_TUNABLES"]
    return is_told and platform.libc_ver()[0] == "glibc"
