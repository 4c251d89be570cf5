"""A checkpoint under the names of our module, written as a .safetensors file whole or not at all."""

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from archcalc.analysis.weights import Fit, Verdict, Weights
from archcalc.checkpoint.archive import expect_checksums
from archcalc.checkpoint.checkpoint import Checkpoint, Kind
from archcalc.checkpoint.read import SAFETENSORS
from archcalc.checkpoint.saved import MalformedError
from archcalc.checkpoint.state_dicts import follow
from archcalc.errors import ArchError, printable, reason
from archcalc.files import is_pipe_or_device, replacing


def convert(weights: Weights, checkpoint: Checkpoint, to: Path) -> None:
    """Write the tensors of a checkpoint under the names of our module.

    Towers get their parts of a layer that is one in the checkpoint, pruned weights are multiplied by their masks, and
    the counter of batches that old checkpoints lack is 0. Dtypes stay. Raises ArchError where a tensor does not fit,
    and where the file cannot be read or written.
    """
    expect_place(checkpoint, to)
    if weights.misfit_count:
        count = f"{weights.misfit_count:,} do not"
        raise ArchError(f"{to} is not written, as not all tensors of {checkpoint.path} fit ({count})")
    found = _tensors(checkpoint)
    ours = {name: tensor for fit in weights.own for name, tensor in _parts(fit, found)}
    try:
        with replacing(Path(os.path.realpath(to))) as temporary:
            save_file(ours, temporary, metadata={"format": "pt"})
    except OSError as error:
        raise ArchError(f"{to} cannot be written: {reason(error)}") from None
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise ArchError(f"{to} cannot be written: {_in_short(error)}") from None


def expect_place(checkpoint: Checkpoint, to: Path) -> None:
    """Raise ArchError where the checkpoint cannot be written: not over what is read, nor into a pipe or a folder."""
    if to.suffix != SAFETENSORS:
        raise ArchError(f"{to}: a checkpoint is converted to a {SAFETENSORS} file: give this ending")
    if not os.path.exists(to):
        return
    if to.samefile(checkpoint.path):
        raise ArchError(f"{to} is the file that is read: name another")
    if to.is_dir() or is_pipe_or_device(to):
        raise ArchError(f"{to} is a directory, a pipe or a device: name a file")


def _tensors(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    """Return the tensors that were chosen. Raises ArchError where they are not those whose shapes were read."""
    path = checkpoint.path
    try:
        found = _of_safetensors(checkpoint) if checkpoint.kind is Kind.SAFETENSORS else _saved_by_torch(checkpoint)
    except OSError as error:
        raise ArchError(f"{path} cannot be read: {reason(error)}") from None
    except Exception as error:  # whatever a damaged file does to these libraries; none of its code has run
        raise ArchError(f"{path} cannot be read: {_in_short(error)}") from None
    for name, shape in checkpoint.tensors.items():
        if not isinstance(found.get(name), Tensor) or tuple(found[name].shape) != shape:
            raise ArchError(f"{path} is not as it was a moment ago: {printable(name[:100])} is another")
    return found


def _of_safetensors(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    with safe_open(checkpoint.path, "pt") as file:
        return {name: file.get_tensor(name) for name in checkpoint.tensors}


def _saved_by_torch(checkpoint: Checkpoint) -> Any:
    if checkpoint.kind is Kind.ARCHIVE:
        expect_checksums(checkpoint.path)
    with warnings.catch_warnings(action="ignore"):
        saved = torch.load(checkpoint.path, map_location="cpu", weights_only=True)
    return follow(saved, checkpoint.keys)


def _parts(fit: Fit, found: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield a tensor of our module, or a part of it for each device, none of which shares its memory with another."""
    if fit.verdict is Verdict.NOT_NEEDED or fit.found_name is None:
        whole = torch.zeros(fit.shape or (), dtype=torch.int64)
    else:
        whole = found[fit.found_name].detach()
    if fit.found_mask is not None:
        whole = (whole * found[fit.found_mask]).to(whole.dtype)
    whole = whole.to_dense() if whole.layout is not torch.strided else whole
    parts = whole.chunk(len(fit.names)) if whole.dim() else [whole] * len(fit.names)
    for name, part in zip(fit.names, parts, strict=True):
        yield name, part.clone(memory_format=torch.contiguous_format)


def _in_short(error: Exception) -> str:
    """Return the first sentence of an error, and none of the advice that may follow it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, MalformedError | ArchError) else text.split(". ")[0][:200]
