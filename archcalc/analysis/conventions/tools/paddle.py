"""PaddleClas' tables: by paddle.flops today, by fluid's model_stat in 2020."""

from archcalc.analysis.conventions.convention import convention

_ALSO = "paddle paddlepaddle"
_SOURCE = "https://github.com/PaddlePaddle/Paddle/blob/"

PADDLECLAS = convention(
    "paddleclas",
    tool="paddle.flops, as in PaddleClas",
    version="0024132",
    word="FLOPs",
    means="multiply-accumulates, with bias in convolutions; some other operations are counted as well",
    url=f"{_SOURCE}0024132485b3bd8213898c8d89bdbfd8c8579e05/python/paddle/hapi/dynamic_flops.py",
    counts={
        "conv2d": "macs + bias",
        "linear": "macs",
        "batch_norm2d": "2 outputs",
        "leaky_relu avg_pool2d": "outputs",
        "adaptive_avg_pool2d": "bins + outputs",
    },
    free="relu relu6",
    silent=(
        "max_pool2d adaptive_max_pool2d local_response_norm batch_norm1d tanh sigmoid gelu silu hardswish elu "
        "softmax zero_pad2d add concat"
    ),
    depends="layers such as nn.ReLU count, functions such as F.relu do not",
    also=_ALSO,
)

PADDLECLAS_2020 = convention(
    "paddleclas-2020",
    tool="paddle.fluid.contrib.model_stat, as in PaddleClas",
    version="007ff51",
    word="FLOPs",
    means="2 x multiply-accumulates of convolutions, 1 x those of linear layers; other operations are counted as well",
    url=f"{_SOURCE}007ff517954ba21e534c48bea63f91eb750662cc/python/paddle/fluid/contrib/model_stat.py",
    counts={
        "conv2d": "2 split",
        "linear": "macs",
        "batch_norm2d": "2 outputs",
        "relu sigmoid tanh leaky_relu": "outputs",
        "max_pool2d avg_pool2d": "windows",
    },
    silent=(
        "adaptive_avg_pool2d adaptive_max_pool2d local_response_norm batch_norm1d gelu silu hardswish relu6 "
        "elu softmax zero_pad2d add concat"
    ),
    note="it divides by the groups twice; its 30.81 G for VGG16 is 0.1 % less than the rule gives",
    also=_ALSO,
)
