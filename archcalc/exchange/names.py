"""What layers are called that have names elsewhere, as far as a spec can have such names."""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Final

from archcalc.spec.model import LONGEST_NAME

_LAYERS: Final = "layers"
"""What stands before a path that begins with a number, as those in a sequence do."""


class Names:
    """The names that are given, each once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken}

    def give(self, wanted: str) -> str:
        """Return a name as near to the one that is wanted as may be."""
        name = unused(as_name(wanted), self._taken)
        self._taken.add(name)
        return name

    def take_back(self, name: str) -> None:
        """Let a name be given once more."""
        self._taken.discard(name)


def unused(wanted: str, taken: Container[str], joint: str = "_") -> str:
    """Return a name that is not taken: the one that is wanted, or it with the first number from 2 on that is free.

    >>> unused("conv", {"conv", "conv_2"}), unused("block", {"block"}, joint=""), unused("fc", {"conv"})
    ('conv_3', 'block2', 'fc')
    """
    name, times = wanted, 1
    while name in taken:
        times += 1
        name = f"{wanted}{joint}{times}"
    return name


def input_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return what several inputs are called in a spec, each once, by the names that they have elsewhere.

    >>> dict(input_names(["image.left", "image-left", "0"]))
    {'image.left': 'image_left', 'image-left': 'image_left_2', '0': 'layers_0'}
    """
    found: dict[str, str] = {}
    for name in names:
        found[name] = unused(as_name(name).replace(".", "_"), {*found.values()})
    return found


def as_name(path: str) -> str:
    """Return a path as a name that a spec can have.

    >>> as_name("layer1.0.conv1"), as_name("0.weight"), as_name("_conv_stem"), as_name("inception/3x3")
    ('layer1.0.conv1', 'layers.0.weight', 'conv_stem', 'inception.3x3')
    """
    steps = path.replace("/", ".").split(".")
    parts = [re.sub(r"\W", "_", part, flags=re.ASCII).strip("_") or "_" for part in steps]
    if not parts[0][:1].isalpha():
        parts = [_LAYERS, *parts]
    return ".".join(parts)[:LONGEST_NAME]
