"""The work of a layer, counted in every way that some tool counts: conventions are weights of these counts."""

from math import prod
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Node


class Facts(NamedTuple):
    """One layer on one device, for one example; `QUANTITIES` says what each number is."""

    macs: int = 0
    ungrouped: int = 0
    split: int = 0
    by_outputs: int = 0
    by_outputs_ungrouped: int = 0
    bias: int = 0
    flat_bias: int = 0
    inputs: int = 0
    outputs: int = 0
    windows: int = 0
    strides: int = 0
    weights: int = 0
    biases: int = 0
    adds: int = 0
    places: int = 0
    edges: int = 0
    bins: int = 0
    crossed: int = 0
    pooled: int = 0
    slices: int = 0
    layers: int = 0
    untracked: int = 0
    unbiased: int = 0
    unbiased_kernels: int = 0


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
    "bias": Words("bias additions", "outputs that a bias is added to"),
    "flat_bias": Words("bias additions to vectors", "outputs that a bias is added to, in a layer that reads a vector"),
    "inputs": Words("inputs", "elements read, with the padding that torch has to put there first"),
    "outputs": Words("outputs", "elements made"),
    "windows": Words("window elements", "kernel height x width, or the size of an LRN, for each output"),
    "strides": Words("stride elements", "stride height x width for each output"),
    "weights": Words("weights", "learnable parameters without biases"),
    "biases": Words("biases", "learnable parameters called bias"),
    "adds": Words("additions", "additions that make one output of several inputs"),
    "places": Words("places", "height x width of the output"),
    "edges": Words("edge zeros", "zeros that torch puts before and after the channels of an LRN"),
    "bins": Words("bin elements", "whole rows x whole columns of the input for each output of an adaptive pool"),
    "crossed": Words("inputs x places", "all inputs, for each place of the output"),
    "pooled": Words("1x1 outputs", "outputs of a pool that leaves 1x1"),
    "slices": Words("softmax vectors", "vectors that a softmax normalizes"),
    "layers": Words("layers", "one for each layer"),
    "untracked": Words("outputs by batch statistics", "outputs of a batch norm without running statistics"),
    "unbiased": Words("features without bias", "output features of a layer with weights and no bias"),
    "unbiased_kernels": Words("kernels without bias", "2-D kernels of convolutions without bias"),
}
"""Every number of `Facts` in words."""


def facts(node: Node) -> Facts:
    """Count the work of a layer on one of its devices, for one example."""
    layer, reads, makes = node.layer, node.device_inputs, node.device_output
    window, params = layer.window(*reads), layer.param_shapes(*reads)
    outputs, places = prod(makes), prod(makes[1:])
    weight = params.get("weight")
    macs: int = layer.macs(*reads, makes)
    unbiased = weight if weight and "bias" not in params else (0,)
    inputs = sum(map(prod, reads)) + _padding_of_its_own(node)
    counted = Facts(
        macs=macs,
        ungrouped=macs,
        split=macs,
        by_outputs=macs,
        by_outputs_ungrouped=macs,
        bias=outputs if "bias" in params else 0,
        flat_bias=outputs if "bias" in params and len(makes) == 1 else 0,
        inputs=inputs,
        outputs=outputs,
        windows=prod(window.kernel_size) * outputs if window else 0,
        strides=prod(window.stride) * outputs if window else 0,
        weights=prod(weight) if weight else 0,
        biases=prod(params.get("bias", (0,))),
        adds=(len(reads) - 1) * outputs,
        places=places,
        crossed=inputs * places,
        layers=1,
        unbiased=unbiased[0],
        unbiased_kernels=prod(unbiased[:2]),
    )
    return counted._replace(**layer.quantities(*reads, makes))


def _padding_of_its_own(node: Node) -> int:
    """Return the elements of padding that torch's layer cannot make, so that another layer before it does."""
    try:
        pad = node.layer.twin(*node.device_inputs).pad
    except ArchError:
        return 0
    if pad is None:
        return 0
    channels, height, width = node.device_inputs[0]
    left, right, top, bottom = pad.keywords["padding"]
    added: int = channels * ((top + height + bottom) * (left + width + right) - height * width)
    return added
