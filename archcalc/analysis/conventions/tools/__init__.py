"""The tools whose numbers can be reproduced, a file each: what they count, in which version, and where they say so."""

from typing import Final

from archcalc.layers import KINDS
from archcalc.layers.base import Weightless

COMMON: Final = (
    *("conv2d", "linear", "max_pool2d", "adaptive_avg_pool2d"),
    *("relu", "local_response_norm", "batch_norm2d", "add"),
)
"""The kinds in which tools differ most and that most networks have: what stands in a table of all conventions."""

WEIGHTLESS: Final = tuple(op for op, kind in KINDS.items() if issubclass(kind, Weightless))
"""The kinds that have no parameters, by any tool."""

MODULES_ONLY: Final = "modules such as nn.ReLU count, functions such as F.relu do not"
"""On what the number of a tool depends that hooks onto modules."""

WINDOWS: Final = "a pool with kernel_size=3 has a window of 3 elements, with kernel_size=(3, 3) one of 9"
"""On what it depends, too, where a tool takes one number for the elements of a window."""
