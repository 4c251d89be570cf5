"""TensorFlow's profiler, by which google-research/receptive_field made its table."""

from archcalc.analysis.conventions.convention import convention

RECEPTIVE_FIELD = convention(
    "receptive-field",
    tool="TensorFlow profiler, as in receptive_field's table",
    version="1.15",
    word="FLOPs",
    means="multiplications and additions with bias; in pools, one for each element under the window",
    url="https://github.com/tensorflow/tensorflow/blob/v1.15.0/tensorflow/python/profiler/internal/flops_registry.py",
    counts={
        "conv2d linear": "2 macs + bias",
        "max_pool2d avg_pool2d": "windows",
        "adaptive_avg_pool2d": "inputs",
        "softmax": "5 outputs",
        "add": "adds",
    },
    silent=(
        "adaptive_max_pool2d local_response_norm batch_norm2d batch_norm1d relu tanh sigmoid gelu silu "
        "hardswish leaky_relu relu6 elu zero_pad2d concat"
    ),
    note="its table counts up to an end point, such as pool5; an op without a rule is 0",
)
