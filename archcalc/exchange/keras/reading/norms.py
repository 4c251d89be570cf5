"""Keras' layers that normalize, and those that act in training only."""

from typing import Any

from archcalc.exchange.keras.step import Step


def batch_norm(step: Step) -> str:
    """Put down a batch norm; one that only scales, or only shifts, is followed by a layer of its own for that."""
    config = step.config
    if config.get("mode") not in (None, 0):
        raise step.refuse(f"in mode {config.get('mode')}")
    axis = config.integers("axis") if config.get("axis") is not None else (-1,)
    dims = [step.axes.dim(one, step.rank) for one in axis]
    if dims != [1] or step.rank > 4:
        raise step.refuse(f"along axis {', '.join(map(str, axis))} of {step.rank + 1}: only for each channel")
    scale, center = config.flag("scale", True), config.flag("center", True)
    momentum = round(1 - config.number("momentum", 0.99), 12)
    fields: dict[str, Any] = {"eps": config.number("epsilon", 1e-3), "momentum": momentum, "affine": scale and center}
    made = step.put(f"batch_norm{max(1, step.rank - 1)}d", **fields)
    if scale == center:
        return made
    return step.put("scale", made, ".scale", weight=scale, bias=center)


def layer_norm(step: Step) -> str:
    """Put down a layer norm, between permutations where what it takes together does not come last."""
    config = step.config
    scale, center = config.flag("scale", True), config.flag("center", True)
    if config.flag("rms_scaling", False):
        raise step.refuse("with rms_scaling")
    if center and not scale:
        raise step.refuse("without scale: a shift alone")
    axis = config.integers("axis") if config.get("axis") is not None else (-1,)
    dims = sorted(step.axes.dim(one, step.rank) for one in axis)
    fields: dict[str, Any] = {"eps": config.number("epsilon", 1e-3), "elementwise_affine": scale}
    if not center and scale:
        fields["bias"] = False
    if dims == [1] and step.rank == 3:
        return step.put("layer_norm2d", **fields)
    others = [dim for dim in range(1, step.rank + 1) if dim not in dims]
    order = (*others, *dims)
    sizes = [step.shape[dim - 1] for dim in dims]
    if order == tuple(range(1, step.rank + 1)):
        return step.put("layer_norm", normalized_shape=sizes, **fields)
    last = step.put("permute", part=".last", dims=order)
    made = step.put("layer_norm", last, normalized_shape=sizes, **fields)
    back = [order.index(dim) + 1 for dim in range(1, step.rank + 1)]
    return step.put("permute", made, ".back", dims=back)


def group_norm(step: Step) -> str:
    config = step.config
    axis = config.integers("axis") if config.get("axis") is not None else (-1,)
    if [step.axes.dim(one, step.rank) for one in axis] != [1]:
        raise step.refuse(f"along axis {', '.join(map(str, axis))}: only along channels")
    scale, center = config.flag("scale", True), config.flag("center", True)
    if scale != center:
        raise step.refuse("with scale or center alone")
    groups = config.integer("groups", 32, least=-1)
    groups = step.shape[0] if groups == -1 else groups
    return step.put("group_norm", num_groups=groups, eps=config.number("epsilon", 1e-3), affine=scale)


def dropout(step: Step) -> str:
    """Put down a dropout, or what leaves whole branches out, which Keras' networks say by its noise_shape."""
    shape, rate = step.config.get("noise_shape"), step.config.number("rate", 0.5)
    if shape is None:
        return step.put("dropout", p=rate)
    if isinstance(shape, list) and len(shape) == step.rank + 1 and all(size == 1 for size in shape[1:]):
        return step.put("stochastic_depth", p=rate, mode="row" if shape[0] is None else "batch")
    raise step.refuse(f"with noise_shape {shape}" if isinstance(shape, list) else "with such a noise_shape")


def spatial_dropout(step: Step, axes: int) -> str:
    return step.put(f"dropout{axes}d", p=step.config.number("rate", 0.5))


def stochastic_depth(step: Step) -> str:
    return step.put("stochastic_depth", p=step.config.number("drop_path_rate", step.config.number("rate", 0)))


def layer_scale(step: Step) -> str:
    return step.put("scale")


def in_training_only(step: Step) -> str:
    step.sketch.note(f"{step.class_name} acts in training only, and is left out.")
    return step.source


def preprocessing(step: Step) -> str:
    """Leave out what is done to images before the network; elsewhere only factors can be said."""
    if step.is_of_input:
        step.sketch.note(f"{step.class_name} prepares the images that are the input, and is left out.")
        return step.source
    if step.class_name != "Rescaling" or step.config.number("offset", 0) != 0:
        raise step.refuse("after other layers: it adds a number")
    return step.put("times", number=step.config.number("scale", 1))
