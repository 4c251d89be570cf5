"""The work of a layer, counted in every way that some tool counts: conventions are weights of these counts."""

from functools import reduce
from math import prod
from operator import mul
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Node


class Facts(NamedTuple):
    """One layer on one device; `QUANTITIES` says what each number is."""

    macs: int = 0
    ungrouped: int = 0
    split: int = 0
    by_outputs: int = 0
    by_outputs_ungrouped: int = 0
    by_strides: int = 0
    by_filters: int = 0
    bias: int = 0
    folded_bias: int = 0
    inputs: int = 0
    outputs: int = 0
    windows: int = 0
    strides: int = 0
    weights: int = 0
    biases: int = 0
    own_weights: int = 0
    own_biases: int = 0
    adds: int = 0
    places: int = 0
    edges: int = 0
    bins: int = 0
    crossed: int = 0
    pooled: int = 0
    rough_bins: int = 0
    rounded_off: int = 0
    sides: int = 0
    slices: int = 0
    standardized: int = 0
    gained: int = 0
    gains: int = 0
    recurrent: int = 0
    scaled: int = 0
    nearest: int = 0
    nearest_on_maps: int = 0
    linear: int = 0
    bilinear: int = 0
    bicubic: int = 0
    stretched: int = 0
    dropped: int = 0
    layers: int = 0
    features: int = 0
    running: int = 0
    untracked: int = 0
    unbiased: int = 0
    unbiased_kernels: int = 0
    unbiased_places: int = 0


class Words(NamedTuple):
    """A quantity in a few words, and in as many as it takes."""

    short: str
    full: str


QUANTITIES: Final = {
    "macs": Words("MACs", "multiply-accumulates, without bias"),
    "ungrouped": Words("MACs as one group", "multiply-accumulates of the same convolution in one group"),
    "split": Words("MACs / groups", "multiply-accumulates, divided by the groups once more"),
    "by_outputs": Words("MACs by outputs", "multiply-accumulates as if each output were made by a whole window"),
    "by_outputs_ungrouped": Words("MACs by outputs as one group", "by_outputs, as if the convolution had one group"),
    "by_strides": Words("FLOPs by outputs / stride", "2 x the MACs by outputs / (stride height x width), rounded down"),
    "by_filters": Words("MACs by filters", "for each output, kernel height x width x out_channels / groups"),
    "bias": Words("bias additions", "outputs that a bias is added to"),
    "folded_bias": Words("bias additions, folded", "those of a convolution with out_channels / groups in its place"),
    "inputs": Words("inputs", "elements read, with the padding that torch has to put there first"),
    "outputs": Words("outputs", "elements made"),
    "windows": Words("window elements", "kernel height x width, or the size of an LRN, for each output"),
    "strides": Words("stride elements", "stride height x width for each output"),
    "weights": Words("weights", "learnable parameters without biases, at each use of a layer"),
    "biases": Words("biases", "learnable parameters called bias, at each use of a layer"),
    "own_weights": Words("weights", "learnable parameters without biases, once for a layer that is used again"),
    "own_biases": Words("biases", "learnable parameters called bias, once for a layer that is used again"),
    "adds": Words("additions", "additions that make one output of several inputs"),
    "places": Words("places", "height x width of the output"),
    "edges": Words("edge zeros", "zeros that torch puts before and after the channels of an LRN"),
    "bins": Words("bin elements", "whole rows x whole columns of the input for each output of an adaptive pool"),
    "crossed": Words("inputs x places", "all inputs, for each place of the output"),
    "pooled": Words("1x1 outputs", "outputs of a pool that leaves 1x1"),
    "rough_bins": Words(
        "rough bin elements",
        "for each output of an adaptive pool, rows x columns: the input's size / the output's, or the remainder + 1",
    ),
    "rounded_off": Words("lost in floats", "what int((h / oh * (w / ow) + 1) * outputs), in 64-bit floats, loses"),
    "sides": Words("window sides", "for each output, one side of a square kernel, or height x width of another"),
    "slices": Words("vectors", "vectors that a softmax or a norm normalizes"),
    "standardized": Words("weights standardized", "weights of standardized convolutions, in a batch of any size"),
    "gained": Words("weights with a gain", "weights that a learned gain scales, in a batch of any size"),
    "gains": Words("gains", "learned gains of filters, in a batch of any size"),
    "recurrent": Words("weights as if recurrent", "weights not called weight, for each channel of the output"),
    "scaled": Words("outputs scaled", "outputs of a scale, or of a layer norm, with a learned weight"),
    "nearest": Words("nearest outputs", "outputs of an upsampling that repeats the nearest place"),
    "nearest_on_maps": Words(
        "nearest outputs of maps", "outputs of an upsampling of maps that repeats the nearest place"
    ),
    "linear": Words("linear outputs", "outputs of a linear upsampling of a sequence"),
    "bilinear": Words("bilinear outputs", "outputs of a bilinear upsampling"),
    "bicubic": Words("bicubic outputs", "outputs of a bicubic upsampling"),
    "stretched": Words(
        "inputs x factors",
        "inputs of an upsampling x both factors, cut to integers where they differ; its outputs where it has a size",
    ),
    "dropped": Words("outputs dropped", "outputs of a dropout whose p is more than 0"),
    "layers": Words("layers", "one for each layer, in a batch of any size"),
    "features": Words("features", "channels or features made, in a batch of any size"),
    "running": Words("running statistics", "elements of running means and variances"),
    "untracked": Words("outputs by batch statistics", "outputs of a batch norm without running statistics"),
    "unbiased": Words("features without bias", "output features of a layer with weights and no bias"),
    "unbiased_kernels": Words("kernels without bias", "2-D kernels of convolutions without bias"),
    "unbiased_places": Words("input places without bias", "input height x width x out_channels, without bias"),
}
"""Every number of `Facts` in words."""


_ONCE: Final = ("layers", "features", "standardized", "gained", "gains")
"""What a batch has once, whatever its size."""


def facts(node: Node, batch: int = 1) -> Facts:
    """Count the work of a layer on one of its devices, for a batch of examples."""
    one = _of_one_example(node)
    several = {name: count * batch for name, count in one._asdict().items() if name not in _ONCE}
    return one._replace(**several)._replace(rounded_off=_rounded_off(node, batch) if one.rough_bins else 0)


def _of_one_example(node: Node) -> Facts:
    layer, reads, makes = node.layer, node.device_inputs, node.device_output
    window, params = layer.window(*reads), layer.param_shapes(*reads)
    outputs, places = prod(makes), prod(makes[1:])
    weight, biases = params.get("weight"), prod(params.get("bias", (0,)))
    macs: int = layer.macs(*reads, makes)
    weights = sum(map(prod, params.values())) - biases
    unbiased = weight if weight and not biases else (0,)
    inputs = sum(map(prod, reads)) + _padding_of_its_own(node)
    counted = Facts(
        macs=macs,
        ungrouped=macs,
        split=macs,
        by_outputs=macs,
        by_outputs_ungrouped=macs,
        bias=outputs if biases else 0,
        inputs=inputs,
        outputs=outputs,
        windows=prod(window.kernel_size) * outputs if window else 0,
        sides=_side(window.kernel_size) * outputs if window else 0,
        strides=prod(window.stride) * outputs if window else 0,
        weights=weights,
        biases=biases,
        own_weights=0 if node.weights_of else weights,
        own_biases=0 if node.weights_of else biases,
        running=sum(prod(shape) for shape in node.own_buffers.values() if shape),
        adds=(len(reads) - 1) * outputs,
        places=places,
        crossed=inputs * places,
        layers=1,
        features=makes[0],
        unbiased=unbiased[0],
        unbiased_kernels=prod(unbiased[:2]),
    )
    return counted._replace(**layer.quantities(*reads, makes))


def _side(kernel_size: tuple[int, ...]) -> int:
    """
    >>> _side((3, 3)), _side((3, 2))
    (3, 6)
    """
    return kernel_size[0] if len(set(kernel_size)) == 1 else prod(kernel_size)


def _rounded_off(node: Node, batch: int) -> int:
    """Return what thop's count of an adaptive pool lacks, since it divides in floats and rounds down what comes out.

    It is `count_adap_avgpool` of its `basic_hooks.py`, with `calculate_adaptive_avg` of its `calc_func.py`.
    """
    reads, makes = node.device_inputs[0], node.device_output
    outputs = prod(makes) * batch
    each = [size / made for size, made in zip(reads[1:], makes[1:], strict=True)]
    counted = int((reduce(mul, each) + 1) * outputs)
    return prod(reads) * batch + outputs - counted


def _padding_of_its_own(node: Node) -> int:
    """Return the elements of padding that torch's layer cannot make, so that another layer before it does."""
    try:
        pad = node.layer.twin(*node.device_inputs).pad
    except ArchError:
        return 0
    if pad is None:
        return 0
    channels, *sizes = node.device_inputs[0]
    sides = pad.keywords["padding"]
    padding = [before + after for before, after in zip(sides[::2], sides[1::2], strict=True)][::-1]
    added: int = channels * (prod(map(int.__add__, sizes, padding)) - prod(sizes))
    return added
