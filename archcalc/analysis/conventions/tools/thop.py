"""thop (pytorch-OpCounter) today, and the release whose README says 0.77 G for AlexNet."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention
from archcalc.analysis.conventions.tools import MODULES_ONLY, WINDOWS

_ALSO = "pytorch-opcounter opcounter"
_SOURCE = "https://github.com/Lyken17/pytorch-OpCounter/blob/"

THOP = convention(
    "thop",
    tool="thop",
    version="0.1.1.post2209072238",
    word="MACs",
    means="multiply-accumulates without bias; some other operations are counted as well",
    url=f"{_SOURCE}9e106f34e10bc8ecd3cbdc17d26fa6f1a1bfe728/thop/vision/basic_hooks.py",
    counts={
        "conv_d linear": "macs",
        "conv_transpose_d": "by_outputs",
        "batch_norm_d instance_norm_d": "2 outputs + 2 bias",
        "layer_norm": "2 outputs + 2 scaled",
        "prelu": "outputs",
        "avg_pool_d": "outputs",
        "upsample": "nearest + 5 linear + 11 bilinear + 259 bicubic",
        "adaptive_avg_pool_d": "inputs + outputs - rounded_off",
        "softmax": "3 outputs - slices",
    },
    free="relu relu6 leaky_relu max_pool_d adaptive_max_pool_d zero_pad2d pixel_shuffle",
    silent=EVERY_OTHER,
    note="it counts a transposed convolution by its output; "
    "the inputs of an adaptive pool are computed in floats and rounded down",
    depends=MODULES_ONLY,
    also=_ALSO,
)

THOP_2019 = convention(
    "thop-2019",
    tool="thop",
    version="0.0.31.post1909230639",
    word="MACs",
    means="multiply-accumulates with bias in convolutions; multiplications and additions separately in linear layers",
    url=f"{_SOURCE}3ab72b2622d307a58b5a4ac84302bf11b816c969/thop/count_hooks.py",
    counts={
        "conv2d": "macs + bias",
        "conv_transpose2d": "by_outputs + bias",
        "linear": "2 macs - outputs",
        "batch_norm2d batch_norm1d": "4 outputs",
        "avg_pool2d": "sides + outputs",
        "adaptive_avg_pool2d": "bins + outputs",
        "leaky_relu": "outputs",
    },
    free="relu relu6 max_pool2d adaptive_max_pool2d",
    silent="local_response_norm tanh sigmoid gelu silu hardswish elu softmax zero_pad2d add concat",
    note="this is the 0.77 G of its README for AlexNet; it adds up in 32-bit floats, which lose the last digits",
    depends=f"{MODULES_ONLY}; {WINDOWS}",
    also=_ALSO,
)
