"""torchstat, whose Flops are multiply-accumulates and whose MAdd are multiplications and additions."""

from archcalc.analysis.conventions.convention import convention
from archcalc.analysis.conventions.tools import MODULES_ONLY

_SOURCE = "https://github.com/Swall0w/torchstat/blob/0.0.7/torchstat/"
_NOTE = "a kind that it does not support counts as 0, with a warning; it refuses a linear layer on maps"

FLOPS = convention(
    "torchstat",
    tool="torchstat, Flops",
    version="0.0.7",
    word="Flops",
    means="multiply-accumulates, with bias in convolutions; elements of activations and pools are counted as well",
    url=f"{_SOURCE}compute_flops.py",
    counts={
        "conv2d": "macs + bias",
        "linear": "macs",
        "batch_norm2d": "outputs + bias",
        "relu relu6 elu leaky_relu": "outputs",
        "max_pool2d avg_pool2d": "inputs",
    },
    silent=(
        "conv_transpose2d adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm1d tanh sigmoid gelu "
        "silu hardswish softmax zero_pad2d add concat"
    ),
    note=_NOTE,
    depends=MODULES_ONLY,
)

MADD = convention(
    "torchstat-madd",
    tool="torchstat, MAdd",
    version="0.0.7",
    word="MAdd",
    means="multiplications and additions, n - 1 additions for n products",
    url=f"{_SOURCE}compute_madd.py",
    counts={
        "conv2d": "2 macs - outputs + bias",
        "conv_transpose2d": "2 macs - unbiased_places",
        "linear": "2 macs - outputs",
        "batch_norm2d": "4 outputs",
        "relu relu6": "outputs",
        "max_pool2d": "windows - outputs",
        "avg_pool2d": "windows",
        "softmax": "3 outputs - layers",
    },
    silent=(
        "adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm1d tanh sigmoid gelu silu "
        "hardswish leaky_relu elu zero_pad2d add concat"
    ),
    note=_NOTE,
    depends=MODULES_ONLY,
)
