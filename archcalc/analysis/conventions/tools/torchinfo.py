"""torchinfo's summary."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention

TORCHINFO = convention(
    "torchinfo",
    tool="torchinfo",
    version="1.8.0",
    word="mult-adds",
    means="how often each weight and bias is used: by every output place in a convolution, once in any other layer",
    url="https://github.com/TylerYep/torchinfo/blob/v1.8.0/torchinfo/layer_info.py",
    counts={
        "conv_d standardized_conv2d table_conv2d": "macs + bias",
        "weight_norm_conv_d": "recurrent + bias",
        "conv_transpose_d": "by_outputs + bias",
        "local2d linear batch_norm_d instance_norm_d group_norm layer_norm layer_norm2d "
        "global_response_norm scale prelu": "weights + biases",
    },
    silent=EVERY_OTHER,
    note="a layer without parameters costs nothing, and a linear layer on maps only its parameters",
    depends="layers that are modules count; a layer that is a function with parameters of its own does not",
)
