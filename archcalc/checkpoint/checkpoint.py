"""A checkpoint: the state_dict that was taken from a file, and where it was in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from archcalc.layers import Shape

Keys = tuple[str, ...]
"""The way to a mapping in a file: `("model", "state_dict")`, and nothing for the file's own."""


class Kind(Enum):
    """The kinds of files that hold checkpoints."""

    SAFETENSORS = "a .safetensors file"
    ARCHIVE = "a zip archive of torch.save"
    STREAM = "a file of torch.save before torch 1.6"


@dataclass(frozen=True)
class Checkpoint:
    """The names and shapes of the tensors of one state_dict, and where the file has it."""

    path: Path
    kind: Kind
    tensors: Mapping[str, Shape]
    keys: Keys = ()
    others: tuple[tuple[Keys, int], ...] = ()
    """Where the file has other tensors with names, and how many."""

    @property
    def key(self) -> str | None:
        """The key of the state_dict; None where it is not under one."""
        return key_of(self.keys)

    @property
    def is_ordered(self) -> bool:
        """Whether the tensors are in the order of the model, which torch.save keeps, or in that of the alphabet."""
        return self.kind is not Kind.SAFETENSORS


def key_of(keys: Keys) -> str | None:
    """
    >>> key_of(("model", "state_dict")), key_of(())
    ('model.state_dict', None)
    """
    return ".".join(keys) or None
