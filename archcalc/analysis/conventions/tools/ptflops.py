"""ptflops with both of its back ends, and before it patched functions."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention
from archcalc.analysis.conventions.tools import MODULES_ONLY

_ALSO = "flops-counter flops-counter.pytorch"
_SOURCE = "https://github.com/sovrasov/flops-counter.pytorch/blob/{}/ptflops/{}_ops.py"

PYTORCH = convention(
    "ptflops",
    tool="ptflops, back end pytorch",
    version="0.7.5",
    word="MACs",
    means="multiply-accumulates with bias additions; elements of activations and pools are counted as well",
    url=_SOURCE.format("v0.7.5", "pytorch"),
    counts={
        "conv_d conv_transpose_d linear": "macs + bias",
        "local2d matmul": "macs",
        "max_unpool2d times local_response_norm2d": "outputs",
        "batch_norm_d instance_norm_d group_norm": "outputs + bias",
        "layer_norm": "outputs",
        "relu elu gelu prelu": "2 outputs",
        "relu6 leaky_relu silu softmax": "outputs",
        "upsample": "outputs + stretched",
        "max_pool_d avg_pool_d adaptive_avg_pool_d adaptive_max_pool_d": "2 inputs",
        "local_response_norm": "4 outputs + edges",
    },
    silent=EVERY_OTHER,
    note="since 0.7.1 it counts modules and the functions that they call: activations and pools twice",
    depends="a module such as nn.ReLU counts twice, the function F.relu once; torch.add(a, b) counts, a + b does not",
    also=_ALSO,
)

PYTORCH_0_6 = convention(
    "ptflops-0.6",
    tool="ptflops",
    version="0.6.9",
    word="MACs",
    means="multiply-accumulates with bias additions; elements of activations and pools are counted as well",
    url=_SOURCE.format("v0.6.9", "pytorch"),
    counts={
        "conv2d": "macs + bias",
        "conv_transpose2d": "by_outputs + bias",
        "linear": "macs + biases",
        "batch_norm2d batch_norm1d": "outputs + bias",
        "relu relu6 elu leaky_relu gelu": "outputs",
        "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d": "inputs",
    },
    silent="local_response_norm tanh sigmoid silu hardswish softmax zero_pad2d add concat",
    note="this is the 0.72 GMac of its README for AlexNet",
    depends=MODULES_ONLY,
    also=_ALSO,
)

ATEN = convention(
    "ptflops-aten",
    tool="ptflops, back end aten",
    version="0.7.5",
    word="MACs",
    means="multiply-accumulates of convolutions and matrix products, with bias additions",
    url=_SOURCE.format("v0.7.5", "aten"),
    counts={
        "conv_d standardized_conv2d weight_norm_conv_d conv_transpose_d linear": "macs + bias",
        "local2d table_conv2d matmul blur_pool2d": "macs",
    },
    silent=EVERY_OTHER,
    note="this is the 0.71 GMac of its README for AlexNet",
    depends="the bias of a linear layer on maps counts unless a transposition stands before it",
    also=_ALSO,
)
