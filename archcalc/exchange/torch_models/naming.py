"""What layers are called: as the model's modules are, as far as a spec can have such names."""

import re

from archcalc.calls import Call
from archcalc.spec.model import LONGEST_NAME

_LAYERS = "layers"
"""What stands before a path that begins with a number, as those in a sequence do."""


class Names:
    """The names that are given, each once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def give(self, call: Call, op: str) -> str:
        """Return the name of a layer: its module's path, or for a function its op, within the module that calls it."""
        wanted = as_name(call.paths[0] if call.paths else f"{call.scope}.{op}" if call.scope else op)
        if call.state:
            wanted = as_name(call.name)
        name, times = wanted, 1
        while name in self._taken:
            times += 1
            name = f"{wanted}_{times}"
        self._taken.add(name)
        return name


def as_name(path: str) -> str:
    """Return a path as a name that a spec can have.

    >>> as_name("layer1.0.conv1"), as_name("0.weight"), as_name("_conv_stem"), as_name("block.conv-1")
    ('layer1.0.conv1', 'layers.0.weight', 'conv_stem', 'block.conv_1')
    """
    parts = [re.sub(r"\W", "_", part, flags=re.ASCII).strip("_") or "_" for part in path.split(".")]
    if not parts[0][:1].isalpha():
        parts = [_LAYERS, *parts]
    return ".".join(parts)[:LONGEST_NAME]
