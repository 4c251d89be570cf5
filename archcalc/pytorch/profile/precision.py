"""How floats are held and multiplied, and what is said where a device cannot."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import torch

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.config import Config
from archcalc.errors import ArchError, first_line

_HALF: Final = {
    Precision.FP16: torch.float16,
    Precision.BF16: torch.bfloat16,
    Precision.AMP_FP16: torch.float16,
    Precision.AMP_BF16: torch.bfloat16,
}

_REFUSALS: Final = ("not implemented for", "not support", "n't support", "unsupported", "not have support")
"""What torch says of a precision that a device does not have."""


def dtype_of(precision: Precision) -> torch.dtype:
    """What weights and inputs are; amp keeps them in fp32."""
    return product_dtype(precision) if precision in (Precision.FP16, Precision.BF16) else torch.float32


def product_dtype(precision: Precision) -> torch.dtype:
    """What products are computed in; amp casts them to half."""
    return _HALF.get(precision, torch.float32)


def autocast(precision: Precision, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Where amp casts; elsewhere nothing."""
    if precision not in (Precision.AMP_FP16, Precision.AMP_BF16):
        return contextlib.nullcontext()
    context = torch.autocast(device.type, dtype=_HALF[precision])
    if not context._enabled:  # with no more than a warning, as for bfloat16 on an older MPS
        raise ArchError(f"{device} cannot compute in {precision}; try --precision fp32")
    return context


@contextlib.contextmanager
def refused(config: Config, device: torch.device) -> Iterator[None]:
    """A message for what a device cannot compute, instead of torch's own."""
    try:
        yield
    except (RuntimeError, TypeError) as error:
        said = str(error).lower()
        if "cuda error" not in said and any(words in said for words in _REFUSALS):
            first = first_line(error)
            way_out = "--device cpu" if config.precision is Precision.FP32 else "--precision fp32"
            raise ArchError(f"{device} cannot compute in {config.precision} ({first}); try {way_out}") from error
        raise
