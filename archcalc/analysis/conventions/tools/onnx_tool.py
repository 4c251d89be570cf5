"""onnx-tool, which prices every operation of an ONNX graph in MACs."""

from archcalc.analysis.conventions.convention import convention

ONNX_TOOL = convention(
    "onnx-tool",
    tool="onnx-tool",
    version="1.0.1",
    word="MACs",
    means="multiply-accumulates with bias; other operations have a price: comparison or addition 1, division 4, exp 32",
    url="https://github.com/ThanatosShinji/onnx-tool/blob/43b5c5e4cdff13038cc23e3655f3a2e6b821b75d/onnx_tool/node.py",
    counts={
        "conv2d linear": "macs + bias",
        "conv_transpose2d": "by_filters + bias",
        "batch_norm2d batch_norm1d": "31 outputs + 5 untracked",
        "local_response_norm": "37 outputs + windows",
        "relu": "outputs",
        "relu6 leaky_relu": "2 outputs",
        "silu": "33 outputs",
        "gelu": "34 outputs",
        "hardswish": "5 outputs",
        "elu": "35 outputs",
        "sigmoid": "32 outputs",
        "tanh": "76 outputs",
        "softmax": "36 outputs",
        "max_pool2d avg_pool2d": "windows",
        "adaptive_avg_pool2d": "inputs + 4 pooled",
        "adaptive_max_pool2d": "inputs",
        "add": "adds",
    },
    free="concat zero_pad2d",
    note="many exporters merge a batch norm into a convolution; a window that torch clips in ceil_mode is counted",
    also="onnx",
)
