"""Checkpoints as files, in the formats that torch.save has written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch

FORMATS: Final = {"zip": True, "before torch 1.6": False}


def saved(path: Path, what: Any, *, is_zip: bool = True) -> Path:
    """A file of torch.save."""
    torch.save(what, path, _use_new_zipfile_serialization=is_zip)
    return path


def thin(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors of the same shapes that share one number, so that a file of them is small."""
    return {name: torch.zeros(1, dtype=tensor.dtype).expand(tensor.shape) for name, tensor in tensors.items()}


def shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def safetensors_file(header: bytes, data: bytes = b"") -> bytes:
    return len(header).to_bytes(8, "little") + header + data
