"""torchprofile, which counts the operators of a trace."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention

TORCHPROFILE = convention(
    "torchprofile",
    tool="torchprofile",
    version="0.1.0",
    word="MACs",
    means="multiply-accumulates without bias; products and means are counted as well",
    url="https://github.com/zhijian-liu/torchprofile/blob/v0.1.0/torchprofile/handlers.py",
    counts={
        "conv_d weight_norm_conv_d local2d table_conv2d linear matmul blur_pool2d": "macs",
        "standardized_conv2d": "macs + gained + gains",
        "conv_transpose_d": "by_outputs_ungrouped",
        "batch_norm_d instance_norm_d group_norm": "bias",
        "layer_norm layer_norm2d scale": "scaled",
        "global_response_norm": "2 outputs + slices",
        "frozen_batch_norm2d": "outputs + 2 features",
        "mul": "adds",
        "upsample": "4 bilinear",
        "avg_pool_d adaptive_avg_pool_d mean leaky_relu times": "outputs",
        "local_response_norm local_response_norm2d": "3 outputs",
    },
    free="relu relu6 tanh sigmoid gelu silu softmax max_pool_d adaptive_max_pool_d zero_pad_d add concat "
    "constant_pad_d reflection_pad_d hardtanh log_softmax permute dropout_d chunk split "
    "transpose unflatten reshape squeeze unsqueeze max_unpool2d",
    silent=EVERY_OTHER,
)
