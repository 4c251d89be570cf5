"""torch's own counter, and what torchvision publishes with its weights."""

from archcalc.analysis.conventions.convention import convention

FLOP_COUNTER = convention(
    "torch",
    tool="torch.utils.flop_counter.FlopCounterMode",
    version="2.14.1",
    word="FLOPs",
    means="2 x multiply-accumulates of convolutions and matrix products",
    url="https://github.com/pytorch/pytorch/blob/v2.14.1/torch/utils/flop_counter.py",
    counts={"conv2d conv_transpose2d linear": "2 macs"},
    silent=(
        "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm2d "
        "batch_norm1d relu tanh sigmoid gelu silu hardswish leaky_relu relu6 elu softmax zero_pad2d add "
        "concat"
    ),
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
    counts={"conv2d linear": "macs"},
    silent=(
        "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm2d "
        "batch_norm1d relu tanh sigmoid gelu silu hardswish leaky_relu relu6 elu softmax zero_pad2d add "
        "concat"
    ),
    note="printed with three decimals",
)
