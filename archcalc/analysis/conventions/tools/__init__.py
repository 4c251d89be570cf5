"""The tools whose numbers can be reproduced, a file each: what they count, in which version, and where they say so."""

from typing import Final

COMMON: Final = (
    *("conv2d", "linear", "max_pool2d", "adaptive_avg_pool2d"),
    *("relu", "local_response_norm", "batch_norm2d", "add"),
)
"""The kinds in which tools differ most and that most networks have: what stands in a table of all conventions."""
