"""The dtypes of a precision, autocast, and the message where a device cannot compute so."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.errors import ArchError, first_line

_HALF: Final = {
    Precision.FP16: torch.float16,
    Precision.BF16: torch.bfloat16,
    Precision.AMP_FP16: torch.float16,
    Precision.AMP_BF16: torch.bfloat16,
}

_REFUSALS: Final = ("not implemented for", "not support", "n't support", "unsupported", "not have support")
"""Words by which torch refuses a precision that a device does not have."""


_ON_CUDA: Final = ("cuda.matmul", "cudnn.conv", "cudnn.rnn")
_ON_CPU: Final = ("mkldnn.matmul", "mkldnn.conv", "mkldnn.rnn")
"""The settings below torch.backends that each say in what products of fp32 numbers are computed, since torch 2.9."""


def set_products(is_tf32: bool) -> None:
    """Have products of fp32 numbers computed in TF32 on CUDA, or in fp32; on CPUs in fp32. What was set is replaced.

    Releases since 2.9 refuse to read the older settings where those say otherwise than the newer ones: both are set.
    """
    torch.backends.cuda.matmul.allow_tf32 = is_tf32
    torch.backends.cudnn.allow_tf32 = is_tf32
    for setting in _settings(_ON_CUDA):
        setting.fp32_precision = "tf32" if is_tf32 else "ieee"
    for setting in _settings(_ON_CPU):
        setting.fp32_precision = "ieee"


def computes_in_tf32() -> bool:
    """Return whether torch says that it computes some products of fp32 numbers in TF32 on CUDA."""
    newer = _settings(_ON_CUDA)
    if newer:
        return any(setting.fp32_precision == "tf32" for setting in newer)
    return torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32


def _settings(names: Sequence[str]) -> list[Any]:
    """Return the places that have the newer setting; an older torch has none."""
    places: list[Any] = []
    for name in names:
        place: Any = torch.backends
        for part in name.split("."):
            place = getattr(place, part, None)
        places.append(place)
    return [place for place in places if hasattr(place, "fp32_precision")]


def dtype_of(precision: Precision) -> torch.dtype:
    """Return the dtype of weights and inputs; amp keeps them in fp32."""
    return product_dtype(precision) if precision in (Precision.FP16, Precision.BF16) else torch.float32


def product_dtype(precision: Precision) -> torch.dtype:
    """Return the dtype of products; amp casts them to half."""
    return _HALF.get(precision, torch.float32)


def autocast(precision: Precision, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Return the context in which amp casts; for other precisions, one that does nothing. Raises ArchError."""
    if precision not in (Precision.AMP_FP16, Precision.AMP_BF16):
        return contextlib.nullcontext()
    context = torch.autocast(device.type, dtype=_HALF[precision])
    if not context._enabled:  # with no more than a warning, as for bfloat16 on an older MPS
        raise ArchError(f"{device} cannot compute in {precision}; try --precision fp32")
    return context


@contextlib.contextmanager
def refused(request: Request, device: torch.device) -> Iterator[None]:
    """Raise ArchError, instead of torch's own error, for what a device cannot compute."""
    try:
        yield
    except (RuntimeError, TypeError) as error:
        said = str(error).lower()
        if "cuda error" not in said and any(words in said for words in _REFUSALS):
            first = first_line(error)
            way_out = "--device cpu" if request.precision is Precision.FP32 else "--precision fp32"
            raise ArchError(f"{device} cannot compute in {request.precision} ({first}); try {way_out}") from error
        raise
