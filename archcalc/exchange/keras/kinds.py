"""The layers of Keras by their classes, in all its versions, and what puts each down."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from archcalc.exchange.keras.reading import activations, merges, norms, shapes, transposed, windows
from archcalc.exchange.keras.step import Step

Reader = Callable[[Step], str]
"""Puts down what a call of a layer does, and returns the name of what that hands on."""


def _over(reader: Callable[..., str], name: str, axes: tuple[int, ...] = (1, 2, 3)) -> dict[str, Reader]:
    """Return a reader for the class of each number of axes, such as Conv1D, Conv2D and Conv3D."""
    return {name.format(number): partial(reader, axes=number) for number in axes}


def _pools() -> dict[str, Reader]:
    found: dict[str, Reader] = {}
    for kind, word in (("max", "Max"), ("avg", "Average")):
        for axes in (1, 2, 3):
            for start, reader in (
                ("", windows.pool),
                ("Global", windows.global_pool),
                ("Adaptive", windows.adaptive_pool),
            ):
                found[f"{start}{word}Pooling{axes}D"] = partial(reader, kind=kind, axes=axes)
    return found


LAYERS: Final[Mapping[str, Reader]] = {
    **_over(windows.convolution, "Conv{}D"),
    **_over(windows.convolution, "Convolution{}D"),
    "AtrousConvolution2D": partial(windows.convolution, axes=2),
    **_over(windows.depthwise, "DepthwiseConv{}D", axes=(1, 2)),
    **_over(windows.separable, "SeparableConv{}D", axes=(1, 2)),
    "SeparableConvolution2D": partial(windows.separable, axes=2),
    **_over(transposed.transposed, "Conv{}DTranspose"),
    "LocallyConnected2D": windows.local,
    "Dense": windows.dense,
    **_pools(),
    "BatchNormalization": norms.batch_norm,
    "SyncBatchNormalization": norms.batch_norm,
    "LayerNormalization": norms.layer_norm,
    "GroupNormalization": norms.group_norm,
    "Dropout": norms.dropout,
    **_over(norms.spatial_dropout, "SpatialDropout{}D"),
    **dict.fromkeys(
        ("GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"), norms.in_training_only
    ),
    **dict.fromkeys(
        (f"Random{word}" for word in ("Flip", "Rotation", "Zoom", "Contrast", "Translation", "Brightness")),
        norms.in_training_only,
    ),
    "Rescaling": norms.preprocessing,
    "Normalization": norms.preprocessing,
    "Activation": activations.activation,
    "ReLU": merges.relu_of_shifted,
    "LeakyReLU": activations.leaky_relu,
    "ELU": activations.elu,
    "PReLU": activations.prelu,
    "Softmax": activations.softmax,
    "Flatten": shapes.flatten,
    "Reshape": shapes.reshape,
    "Permute": shapes.permute,
    **_over(shapes.zero_padding, "ZeroPadding{}D"),
    **_over(shapes.cropping, "Cropping{}D"),
    "CenterCrop": shapes.center_crop,
    **_over(shapes.up_sampling, "UpSampling{}D"),
    "Resizing": shapes.resizing,
    "Add": partial(merges.merge, op="add"),
    "Subtract": partial(merges.merge, op="sub"),
    "Multiply": partial(merges.merge, op="mul"),
    "Maximum": partial(merges.merge, op="maximum"),
    "Average": partial(merges.merge, op="average"),
    "Concatenate": merges.concatenate,
    "Merge": merges.merge_of_keras_1,
    "Identity": lambda step: step.put("identity"),
}
"""Layers. Those that a person writes, and registers, are none of these, and neither is `Lambda`: they are code."""

OF_KERAS_APPLICATIONS: Final[Mapping[str, Reader]] = {
    "LayerScale": norms.layer_scale,
    "StochasticDepth": norms.stochastic_depth,
}
"""Classes that are written beside Keras' own networks, in `keras.src.applications`."""

_FUNCTIONS: Final[Mapping[str, Reader]] = {
    "add": partial(merges.merge, op="add"),
    "subtract": partial(merges.merge, op="sub"),
    "multiply": partial(merges.merge, op="mul"),
    "maximum": partial(merges.merge, op="maximum"),
    **dict.fromkeys(("truedivide", "truediv", "divide"), merges.divide),
    "concatenate": merges.concatenate,
    **dict.fromkeys(("absolute", "abs"), lambda step: step.put("abs")),
}


def function(name: str) -> Reader | None:
    """Return the reader of a function of tensors, such as Keras 3's `TrueDivide` or TensorFlow's `math.truediv`."""
    return _FUNCTIONS.get(name.rpartition(".")[2].replace("_", "").lower())
