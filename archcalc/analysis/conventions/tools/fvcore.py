"""fvcore's FlopCountAnalysis, which MMEngine's get_model_complexity_info follows."""

from archcalc.analysis.conventions.convention import convention

FVCORE = convention(
    "fvcore",
    tool="fvcore FlopCountAnalysis",
    version="0.1.5.post20221221",
    word="flops",
    means="multiply-accumulates, where a fused multiply-add is one flop, and some other operations",
    url="https://github.com/facebookresearch/fvcore/blob/fd5043ff8b2e6790f5bd7c9632695c68986cc658/fvcore/nn/jit_handles.py",
    counts={
        "conv2d conv_transpose2d linear": "macs",
        "batch_norm2d batch_norm1d": "outputs + bias + 3 untracked",
        "adaptive_avg_pool2d": "inputs",
    },
    free="relu concat zero_pad2d",
    silent=(
        "max_pool2d avg_pool2d adaptive_max_pool2d local_response_norm tanh sigmoid gelu silu hardswish "
        "leaky_relu relu6 elu softmax add"
    ),
    note="the ops that it does not count are listed as unsupported operators",
    also="flopcountanalysis mmengine",
)
