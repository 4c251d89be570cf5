"""fvcore's FlopCountAnalysis, which MMEngine's get_model_complexity_info follows."""

from archcalc.analysis.conventions.convention import EVERY_OTHER, convention

FVCORE = convention(
    "fvcore",
    tool="fvcore FlopCountAnalysis",
    version="0.1.5.post20221221",
    word="flops",
    means="multiply-accumulates, where a fused multiply-add is one flop, and some other operations",
    url="https://github.com/facebookresearch/fvcore/blob/fd5043ff8b2e6790f5bd7c9632695c68986cc658/fvcore/nn/jit_handles.py",
    counts={
        "conv_d weight_norm_conv_d local2d table_conv2d conv_transpose_d linear matmul blur_pool2d": "macs",
        "standardized_conv2d": "macs + 4 standardized + gained",
        "batch_norm_d": "outputs + bias + 3 untracked",
        "instance_norm_d group_norm": "4 outputs + bias",
        "layer_norm layer_norm2d": "4 outputs + scaled",
        "adaptive_avg_pool2d": "inputs",
        "upsample": "nearest_on_maps + 4 bilinear",
    },
    free="relu concat zero_pad_d constant_pad_d slice permute chunk split transpose reshape squeeze unsqueeze "
    "center_crop center_crop_like",
    silent=EVERY_OTHER,
    note="the ops that it does not count are listed as unsupported operators",
    also="flopcountanalysis mmengine",
)
