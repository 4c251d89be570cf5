"""TensorFlow's profiler: as google-research/receptive_field made its table with it, and on models of Keras."""

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
    also="tensorflow tf tf-slim slim",
)

KERAS_FLOPS = convention(
    "keras-flops",
    tool="TensorFlow 2.21.0's profiler, on a model of Keras",
    version="3.15.1",
    word="FLOPs",
    means="multiplications and additions with bias, of the operations that Keras makes of a layer and that have a rule",
    url="https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/profiler/internal/flops_registry.py",
    counts={
        "conv2d linear": "2 macs + bias",
        "conv_transpose2d": "by_strides + bias",
        "max_pool2d avg_pool2d": "windows",
        "adaptive_avg_pool2d": "inputs",
        "batch_norm2d batch_norm1d": "2 outputs + 5 features + biases",
        "softmax": "5 outputs",
        "gelu": "4 outputs",
        "hardswish": "3 outputs",
        "silu": "2 outputs",
        "add": "adds",
    },
    silent=("adaptive_max_pool2d local_response_norm relu tanh sigmoid leaky_relu relu6 elu zero_pad2d concat"),
    note="Keras itself counts no operations; an adaptive pool is GlobalAveragePooling2D here, and groups are those of "
    "DepthwiseConv2D, as the profiler sees nothing of Conv2D in groups; in Keras 2 a batch norm on maps counts nothing",
    also="tensorflow tf keras tf-keras",
)
