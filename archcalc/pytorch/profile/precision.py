"""How floats are held and multiplied, and what is said where a device cannot."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import torch

from archcalc.analysis.profile.config import Config, Precision
from archcalc.errors import ArchError

_HALF: Final = {
    Precision.FP16: torch.float16,
    Precision.BF16: torch.bfloat16,
    Precision.AMP_FP16: torch.float16,
    Precision.AMP_BF16: torch.bfloat16,
}


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
    return torch.autocast(device.type, dtype=_HALF[precision])


@contextlib.contextmanager
def refused(config: Config, device: torch.device) -> Iterator[None]:
    """A message for what a device cannot compute, instead of torch's own."""
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:
        is_cuda_s = "CUDA error" in str(error)
        if not is_cuda_s and ("not implemented for" in str(error) or "not supported" in str(error).lower()):
            first = str(error).splitlines()[0]
            raise ArchError(f"{device} cannot compute in {config.precision} ({first}); try --precision fp32") from error
        raise
