"""torch's own counter, and what torchvision publishes with its weights."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention

FLOP_COUNTER = convention(
    "torch",
    tool="torch.utils.flop_counter.FlopCounterMode",
    version="2.14.1",
    word="FLOPs",
    means="2 x multiply-accumulates of convolutions and matrix products",
    url="https://github.com/pytorch/pytorch/blob/v2.14.1/torch/utils/flop_counter.py",
    counts={
        "conv_d standardized_conv2d weight_norm_conv_d conv_transpose_d local2d table_conv2d": "2 macs",
        "linear matmul blur_pool2d": "2 macs",
    },
    silent=EVERY_OTHER,
    note="an op that it does not know counts as 0, without a warning",
    also="pytorch flopcountermode lightning",
)

TORCHVISION = convention(
    "torchvision",
    tool="torchvision weights, _ops",
    version="0.29.1",
    word="GFLOPS",
    means="multiply-accumulates of convolutions and linear layers, in units of 10^9, although it says FLOPS",
    url="https://github.com/pytorch/vision/pull/6936",
    counts={"conv_d linear": "macs"},
    silent=EVERY_OTHER,
    note="printed with three decimals",
)
