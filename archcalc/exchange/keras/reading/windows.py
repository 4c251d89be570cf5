"""Convolutions and pools of Keras. Its padding `same` is TensorFlow's, as ours is."""

from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange.keras.reading.activations import put_activation
from archcalc.exchange.keras.step import Step
from archcalc.layers.window import span

PADDINGS = ("valid", "same")


def convolution(step: Step, axes: int) -> str:
    config = step.config
    fields: dict[str, Any] = {"out_channels": config.integer("filters"), "groups": config.integer("groups", 1)}
    made = step.put(f"conv{axes}d", **fields, **_window(step, axes), bias=config.flag("use_bias", True))
    return put_activation(step, made)


def depthwise(step: Step, axes: int) -> str:
    config, channels = step.config, _channels(step, axes)
    fields: dict[str, Any] = {"out_channels": channels * config.integer("depth_multiplier", 1), "groups": channels}
    made = step.put(f"conv{axes}d", **fields, **_window(step, axes), bias=config.flag("use_bias", True))
    return put_activation(step, made)


def separable(step: Step, axes: int) -> str:
    """Put down two convolutions, of which the second has the bias."""
    config, channels = step.config, _channels(step, axes)
    width = channels * config.integer("depth_multiplier", 1)
    window = {"groups": channels, **_window(step, axes), "bias": False}
    made = step.put(f"conv{axes}d", part=".depthwise", out_channels=width, **window)
    last: dict[str, Any] = {"kernel_size": 1, "bias": config.flag("use_bias", True)}
    made = step.put(f"conv{axes}d", made, ".pointwise", out_channels=config.integer("filters"), **last)
    return put_activation(step, made)


def local(step: Step) -> str:
    config = step.config
    window = _window(step, 2)
    made = step.put("local2d", out_channels=config.integer("filters"), **window, bias=config.flag("use_bias", True))
    return put_activation(step, made)


def dense(step: Step) -> str:
    """Put down a linear layer; a convolution of one place where features are channels of maps."""
    units, bias = step.config.integer("units"), step.config.flag("use_bias", True)
    if step.rank == 1 or not step.axes.are_last:
        return put_activation(step, step.put("linear", out_features=units, bias=bias))
    if step.rank > 4:
        raise step.refuse(f"with {step.rank} axes after the batch")
    step.sketch.note("Dense layers that read maps compute at each place alone, and are convolutions of 1 place here.")
    made = step.put(f"conv{step.rank - 1}d", out_channels=units, kernel_size=1, bias=bias)
    return put_activation(step, made)


def pool(step: Step, kind: str, axes: int) -> str:
    config = step.config
    size = config.sizes("pool_size", axes, 2)
    fields: dict[str, Any] = {"kernel_size": size, "stride": config.sizes("strides", axes, size)}
    if config.word("padding", "valid", PADDINGS) == "same":
        fields["padding"] = "same"
        if kind == "avg":
            fields["count_include_pad"] = False
    return step.put(f"{kind}_pool{axes}d", **fields)


def global_pool(step: Step, kind: str, axes: int) -> str:
    made = step.put(f"adaptive_{kind}_pool{axes}d", output_size=1)
    return made if step.config.flag("keepdims", False) else step.put("flatten", made, ".flatten")


def adaptive_pool(step: Step, kind: str, axes: int) -> str:
    return step.put(f"adaptive_{kind}_pool{axes}d", output_size=step.config.sizes("output_size", axes))


def _window(step: Step, axes: int) -> dict[str, Any]:
    """Return the window of a convolution, in our words."""
    config = step.config
    fields: dict[str, Any] = {
        "kernel_size": config.sizes("kernel_size", axes),
        "stride": config.sizes("strides", axes, 1),
    }
    dilation = config.sizes("dilation_rate", axes, 1)
    if set(dilation) != {1}:
        fields["dilation"] = dilation
    padding = config.word("padding", "valid", (*PADDINGS, *(["causal"] if axes == 1 else [])))
    if padding == "same":
        fields["padding"] = "same"
    elif padding == "causal":
        fields["padding"] = {"left": span(fields["kernel_size"][0], dilation[0]) - 1, "right": 0}
    return fields


def _channels(step: Step, axes: int) -> int:
    """Return how many channels a layer reads. Raises ArchError where these have no places."""
    if step.rank != axes + 1:
        raise ArchError(f"{step.class_name} reads {axes + 1} axes after the batch, not {step.rank}")
    return step.shape[0]
