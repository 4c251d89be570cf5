"""imgclsmob (pytorchcv, gluoncv2), whose tables give FLOPs / 2."""

from archcalc.analysis.conventions.convention import convention
from archcalc.analysis.conventions.tools import MODULES_ONLY

IMGCLSMOB = convention(
    "imgclsmob",
    tool="imgclsmob model_stats",
    version="5f49747",
    word="FLOPs",
    means="multiplications and additions, and operations of activations, pools and batch norms",
    url="https://github.com/osmr/imgclsmob/blob/5f497474d1d3064bbc5cfd23c7c66da2082b9c7a/pytorch/model_stats.py",
    counts={
        "conv2d": "2 macs - unbiased_kernels",
        "linear": "2 weights - unbiased",
        "batch_norm2d batch_norm1d": "4 outputs",
        "relu relu6": "outputs",
        "leaky_relu hardswish": "2 outputs",
        "elu": "3 outputs",
        "sigmoid": "4 outputs",
        "silu": "5 outputs",
        "max_pool2d avg_pool2d": "windows",
        "adaptive_avg_pool2d adaptive_max_pool2d": "crossed",
    },
    free="zero_pad2d",
    silent="local_response_norm tanh gelu softmax add concat",
    note="its READMEs print half of it, as FLOPs/2; in an adaptive pool, every output counts as reading everything",
    printed_half=True,
    depends=MODULES_ONLY,
    also="pytorchcv gluoncv2 gluoncv",
)
