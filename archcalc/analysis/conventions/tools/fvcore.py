"""fvcore's FlopCountAnalysis, which MMEngine's get_model_complexity_info follows."""

from archcalc.analysis.conventions.convention import convention

FVCORE = convention(
    "fvcore",
    tool="fvcore FlopCountAnalysis",
    version="0.1.5.post20221221",
    word="flops",
    means="multiply-accumulates, a fused multiply-add being one flop, and some other operations",
    url="https://github.com/facebookresearch/fvcore/blob/main/fvcore/nn/flop_count.py",
    counts={
        "conv2d linear": "macs",
        "batch_norm2d batch_norm1d": "outputs + bias",
        "adaptive_avg_pool2d": "inputs",
    },
    free="relu concat zero_pad2d",
    note="what it does not count it lists as unsupported operators; a batch norm costs 4 or 5 per element in training",
)
