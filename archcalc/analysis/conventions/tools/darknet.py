"""Darknet's `ops` command."""

from archcalc.analysis.conventions.convention import convention

DARKNET = convention(
    "darknet",
    tool="Darknet",
    version="011eed6",
    word="Ops",
    means="2 x multiply-accumulates of convolutional and connected layers, in Bn, which are 10^9",
    url="https://github.com/pjreddie/darknet/blob/011eed632d70c4e907ad512e2ac1e04d90b1072c/src/darknet.c",
    counts={"conv2d": "2 ungrouped", "linear": "2 macs"},
    silent=(
        "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm2d "
        "batch_norm1d relu tanh sigmoid gelu silu hardswish leaky_relu relu6 elu softmax zero_pad2d add "
        "concat"
    ),
    note="a grouped convolution is counted as if it had one group",
    also="yolo",
)
