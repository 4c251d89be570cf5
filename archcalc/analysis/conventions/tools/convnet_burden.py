"""convnet-burden, for MatConvNet."""

from archcalc.analysis.conventions.convention import convention

CONVNET_BURDEN = convention(
    "convnet-burden",
    tool="convnet-burden",
    version="9c7f31b",
    word="FLOPs",
    means="fused multiply-adds with bias; operations of pools, activations and LRN are counted as well",
    url="https://github.com/albanie/convnet-burden/blob/9c7f31ba3bc108cb5b5c30a8fcd12afce07c207e/core/burden.m",
    counts={
        "conv2d linear": "macs + bias",
        "relu": "2 outputs",
        "max_pool2d avg_pool2d": "2 strides",
        "adaptive_avg_pool2d": "inputs",
        "local_response_norm": "3 outputs + 2 places",
        "add": "outputs",
    },
    free="batch_norm2d batch_norm1d concat sigmoid softmax",
    silent="adaptive_max_pool2d tanh gelu silu hardswish leaky_relu relu6 elu zero_pad2d",
    note="numbers above 10^9 are printed without decimals; its alexnet has no LRN, its caffenet is at 224 x 224",
    also="matconvnet",
)
