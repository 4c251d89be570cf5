"""Netscope's CNN analyzer for Caffe networks."""

from archcalc.analysis.conventions.convention import convention

NETSCOPE = convention(
    "netscope",
    tool="Netscope CNN Analyzer",
    version="8ae36d8",
    word="macc",
    means="multiply-accumulates without bias, also those of the squares in an LRN and of a Scale layer",
    url="https://github.com/dgschwend/netscope/blob/8ae36d831d3acdf0a9189b0f77f03a41c516ca3b/src/analyzer.coffee",
    counts={
        "conv2d linear": "macs",
        "local_response_norm": "windows",
        "batch_norm2d": "bias",
    },
    free="max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d relu relu6 elu softmax add concat",
    silent="batch_norm1d tanh sigmoid gelu silu hardswish leaky_relu zero_pad2d",
    note="Caffe itself counts nothing, this does so for its networks, whose deploy files have a batch of 10; "
    "its other columns (comp, add, div, exp) hold what is 0 here",
    also="caffe",
)
