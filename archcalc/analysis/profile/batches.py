"""Smaller batches for a device that is out of memory."""

from itertools import takewhile


def smaller(batch: int) -> int | None:
    """Return the next batch to try: 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1; None after 1.

    Powers of two and the numbers halfway between them, as timm's benchmark steps down.

    >>> smaller(64), smaller(48), smaller(100), smaller(3), smaller(1)
    (48, 32, 96, 2, None)
    """
    return max(takewhile(lambda size: size < batch, _sizes()), default=None)


def _sizes() -> list[int]:
    powers = [2**exponent for exponent in range(20)]
    return sorted({1, *powers, *(power + power // 2 for power in powers if power > 1)})
