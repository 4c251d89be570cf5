"""archcalc's own way: multiply-accumulates of convolutions and linear layers, and twice as many FLOPs."""

from archcalc import __version__
from archcalc.analysis.conventions.convention import OURS, convention
from archcalc.layers import KINDS

_OTHERS = set(KINDS) - {"conv2d", "linear"}
_RULE = "README.md, How things are counted"

MACS = convention(
    "macs",
    tool=OURS,
    version=__version__,
    word="MACs",
    means="multiply-accumulates of convolutions and linear layers, without bias",
    url=_RULE,
    counts={"conv2d linear": "macs"},
    free=_OTHERS,
)

FLOPS = convention(
    "flops",
    tool=OURS,
    version=__version__,
    word="FLOPs",
    means="2 x MACs: a multiplication and an addition each",
    url=_RULE,
    counts={"conv2d linear": "2 macs"},
    free=_OTHERS,
)
