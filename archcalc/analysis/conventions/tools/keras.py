"""Keras' summary, which counts no operations but says how many parameters a model has."""

from archcalc.analysis.conventions.convention import convention
from archcalc.analysis.conventions.tools import WEIGHTLESS
from archcalc.analysis.quoted import About

KERAS = convention(
    "keras",
    tool="Keras, model.summary() and count_params()",
    version="3.15.1",
    word="Total params",
    means="elements of all variables of the layers, running statistics of batch norms too",
    url="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/utils/summary_utils.py",
    counts={
        "conv2d local2d table_conv2d conv_transpose2d linear prelu": "own_weights + own_biases",
        "group_norm layer_norm layer_norm2d": "own_weights + own_biases",
        "batch_norm2d batch_norm1d": "own_weights + own_biases + running",
    },
    free=WEIGHTLESS,
    note="its Trainable params are the learnable ones; it has no counter of batches, which torch keeps beside them; "
    "FLOPs of a model of Keras are those of keras-flops",
    about=About.PARAMS,
    also="keras-params tf-keras",
)
