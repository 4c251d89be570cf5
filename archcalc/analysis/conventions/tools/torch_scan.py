"""torch-scan: its MACs and its FLOPs, both from formulas for modules."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention
from archcalc.analysis.conventions.tools import MODULES_ONLY, WINDOWS

_TOOL = "torch-scan"
_VERSION = "0.2.0"
_URL = "https://pypi.org/project/torchscan/0.2.0/"
_NOTE = "the report says which modules it has no formula for; its operator_flops are those of torch"
_DEPENDS = f"{MODULES_ONLY}; {WINDOWS}"

MACS = convention(
    "torch-scan",
    tool=f"{_TOOL}, macs",
    version=_VERSION,
    word="MACs",
    means="multiply-accumulates without bias; some other operations are counted as well",
    url=_URL,
    counts={
        "conv_d standardized_conv2d weight_norm_conv_d linear": "macs",
        "conv_transpose1d": "by_outputs + 4 layers",
        "conv_transpose2d": "by_outputs + 8 layers",
        "conv_transpose3d": "by_outputs + 12 layers",
        "batch_norm_d": "outputs + bias",
        "max_pool_d": "sides - outputs",
        "avg_pool1d": "sides",
        "avg_pool2d": "sides + outputs",
        "avg_pool3d": "sides + 2 outputs",
        "adaptive_max_pool_d": "rough_bins - outputs",
        "adaptive_avg_pool1d": "rough_bins",
        "adaptive_avg_pool2d": "rough_bins + outputs",
        "adaptive_avg_pool3d": "rough_bins + 2 outputs",
    },
    free="relu relu6 leaky_relu elu tanh sigmoid",
    silent=EVERY_OTHER,
    note=_NOTE,
    depends=_DEPENDS,
    also="torchscan",
)

FLOPS = convention(
    "torch-scan-flops",
    tool=f"{_TOOL}, module_flops",
    version=_VERSION,
    word="FLOPs",
    means="multiplications and additions with bias, n - 1 additions for n products; others are counted as well",
    url=_URL,
    counts={
        "conv_d standardized_conv2d weight_norm_conv_d linear": "2 macs - outputs + bias",
        "conv_transpose1d": "2 by_outputs - outputs + bias + 8 layers",
        "conv_transpose2d": "2 by_outputs - outputs + bias + 16 layers",
        "conv_transpose3d": "2 by_outputs - outputs + bias + 24 layers",
        "batch_norm_d": "2 outputs + 2 bias + 2 features",
        "max_pool_d": "sides - outputs",
        "avg_pool1d": "sides",
        "avg_pool2d": "sides + outputs",
        "avg_pool3d": "sides + 2 outputs",
        "adaptive_max_pool_d": "rough_bins - outputs",
        "adaptive_avg_pool1d": "rough_bins",
        "adaptive_avg_pool2d": "rough_bins + outputs",
        "adaptive_avg_pool3d": "rough_bins + 2 outputs",
        "layer_norm layer_norm2d": "6 outputs + 2 slices + scaled + bias",
        "dropout": "dropped",
        "relu": "outputs",
        "relu6": "2 outputs",
        "leaky_relu sigmoid": "4 outputs",
        "elu tanh": "6 outputs",
    },
    silent=EVERY_OTHER,
    note=_NOTE,
    depends=_DEPENDS,
    also="torchscan",
)
