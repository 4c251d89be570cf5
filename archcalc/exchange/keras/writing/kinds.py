"""Which layers of Keras each kind becomes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from archcalc.exchange.keras.writing import pointwise, shapes, windows
from archcalc.exchange.keras.writing.model import Tensor
from archcalc.exchange.keras.writing.step import Step

_Writer = Callable[[Step], Tensor]


def _over(name: str, writer: _Writer) -> dict[str, _Writer]:
    """Return a writer for the kind of each number of axes, such as conv1d, conv2d and conv3d."""
    return {name.format(axes): writer for axes in (1, 2, 3)}


WRITERS: Final[Mapping[str, _Writer]] = {
    **_over("conv{}d", windows.convolution),
    **_over("conv_transpose{}d", windows.transposed),
    "linear": pointwise.linear,
    **_over("max_pool{}d", windows.max_pool),
    **_over("avg_pool{}d", windows.avg_pool),
    **_over("adaptive_avg_pool{}d", partial(windows.adaptive_pool, kind="Average")),
    **_over("adaptive_max_pool{}d", partial(windows.adaptive_pool, kind="Max")),
    "mean": windows.mean,
    **_over("batch_norm{}d", pointwise.batch_norm),
    **_over("instance_norm{}d", pointwise.instance_norm),
    "group_norm": pointwise.group_norm,
    "layer_norm": pointwise.layer_norm,
    "layer_norm2d": pointwise.layer_norm2d,
    "scale": pointwise.scale,
    "times": pointwise.times,
    **dict.fromkeys(pointwise.ACTIVATIONS, pointwise.activation),
    "abs": pointwise.absolute,
    "leaky_relu": pointwise.leaky_relu,
    "elu": pointwise.elu,
    "prelu": pointwise.prelu,
    "hardtanh": pointwise.hardtanh,
    "gelu": pointwise.gelu,
    "softplus": pointwise.softplus,
    "softmax": pointwise.softmax,
    "log_softmax": pointwise.log_softmax,
    "dropout": pointwise.dropout,
    **_over("dropout{}d", pointwise.channel_dropout),
    "stochastic_depth": pointwise.stochastic_depth,
    "flatten": shapes.flatten,
    **dict.fromkeys(("unflatten", "reshape", "squeeze", "unsqueeze"), shapes.reshape),
    "identity": pointwise.identity,
    "pixel_shuffle": shapes.pixel_shuffle,
    "pixel_unshuffle": shapes.pixel_unshuffle,
    "channel_shuffle": shapes.channel_shuffle,
    "slice": shapes.cut,
    **dict.fromkeys(("center_crop", "center_crop_like"), shapes.center_crop),
    **dict.fromkeys(("permute", "transpose"), shapes.permute),
    **dict.fromkeys(("chunk", "split"), shapes.part),
    **_over("zero_pad{}d", windows.zero_pad),
    "upsample": shapes.upsample,
    "add": partial(pointwise.merge, class_name="Add"),
    "sub": partial(pointwise.merge, class_name="Subtract"),
    "mul": partial(pointwise.merge, class_name="Multiply"),
    "maximum": partial(pointwise.merge, class_name="Maximum"),
    "concat": pointwise.concat,
}
"""What puts each kind down. A kind that is not here is one that Keras has no layer for."""
