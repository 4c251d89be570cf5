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
        self._times: dict[str, int] = {}
        """The numbers up to which names were found to be taken."""

    def give(self, wanted: str) -> str:
        """Return a name as near to the one that is wanted as may be."""
        first = as_name(wanted)
        name = unused(first, self._taken, after=self._times.get(first, 1))
        if name != first:
            self._times[first] = int(name.rpartition("_")[2])
        self._taken.add(name)
        return name

    def take_back(self, name: str) -> None:
        """Let a name be given once more."""
        self._taken.discard(name)
        self._times.clear()


def unused(wanted: str, taken: Container[str], joint: str = "_", after: int = 1) -> str:
    """Return a name that is not taken: the one that is wanted, or it with the first number that is free, from 2 on.

    Numbers up to `after` are known to be taken.

    >>> unused("conv", {"conv", "conv_2"}), unused("block", {"block"}, joint=""), unused("fc", {"conv"})
    ('conv_3', 'block2', 'fc')
    """
    name, times = wanted, after
    while name in taken:
        times += 1
        name = f"{wanted}{joint}{times}"
    return name


def input_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return what several inputs are called in a spec, each once, by the names that they have elsewhere.

    >>> dict(input_names(["image.left", "image-left", "0"]))
    {'image.left': 'image_left', 'image-left': 'image_left_2', '0': 'layers_0'}
    """
    free = Names([])
    return {name: free.give(as_name(name).replace(".", "_")) for name in names}


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
