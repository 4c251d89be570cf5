"""Memory that stays with the process once it is let go, so that times are those of layers and not of the system.

By default glibc gives large blocks back to the system, which has to clear the pages of the next: MobileNetV2 with a
batch of 8 may take three times as long, or not, depending on what the process did before. See mallopt(3).
"""

import contextlib
import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_MAX: Final = -4
_NEVER: Final = 2**31 - 1


def keep_memory() -> bool:
    """Have the allocator of the C library keep what is let go. Returns whether it does: it has to be glibc's."""
    with contextlib.suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        return bool(set_option(_M_MMAP_MAX, 0)) and bool(set_option(_M_TRIM_THRESHOLD, _NEVER))
    return False
