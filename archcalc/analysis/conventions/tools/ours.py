"""archcalc's own way: multiply-accumulates of convolutions and linear layers, twice as many FLOPs, and parameters."""

from archcalc import __version__
from archcalc.analysis.conventions.convention import OURS, convention
from archcalc.analysis.conventions.tools import WEIGHTLESS
from archcalc.analysis.quoted import About
from archcalc.layers import KINDS

_COUNTED = " ".join(op for op, kind in KINDS.items() if kind.counted)
_OTHERS = [op for op, kind in KINDS.items() if not kind.counted]
_RULE = "docs/counting.md, How things are counted"

MACS = convention(
    "macs",
    tool=OURS,
    version=__version__,
    word="MACs",
    means="multiply-accumulates of convolutions and linear layers, without bias",
    url=_RULE,
    counts={_COUNTED: "macs"},
    free=_OTHERS,
)

FLOPS = convention(
    "flops",
    tool=OURS,
    version=__version__,
    word="FLOPs",
    means="2 x MACs: a multiplication and an addition each",
    url=_RULE,
    counts={_COUNTED: "2 macs"},
    free=_OTHERS,
)

PARAMS = convention(
    "params",
    tool=OURS,
    version=__version__,
    word="params",
    means="elements of learnable tensors, without buffers such as running statistics",
    url=_RULE,
    counts={" ".join(op for op in KINDS if op not in WEIGHTLESS): "own_weights + own_biases"},
    free=WEIGHTLESS,
    about=About.PARAMS,
    also="parameters",
)
