"""What layers are called that have names elsewhere, as far as a spec can have such names."""

import re
from collections.abc import Iterable
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
        first = as_name(wanted)
        name, times = first, 1
        while name in self._taken:
            times += 1
            name = f"{first}_{times}"
        self._taken.add(name)
        return name

    def take_back(self, name: str) -> None:
        """Let a name be given once more."""
        self._taken.discard(name)


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
