"""Other tools, run on a module: each answers how much it counts for an input.

The module is the one that `archcalc export` writes, since what some tools count depends on how a model is written. Its
weights are its own and lie in memory in order: on a weight that is one number seen many times torch takes other paths.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

import archcalc
from archcalc.exchange.pytorch_source import class_name, source
from archcalc.graph import Graph
from archcalc.layers import KINDS

Count = Callable[[nn.Module, torch.Tensor], int]


def written(graph: Graph, batch: int = 1) -> tuple[nn.Module, torch.Tensor]:
    """Return the module of the source that is exported, and an input for it, all zeros."""
    names: dict[str, Any] = {}
    exec(source(graph), names)
    with torch.device("meta"):
        module: nn.Module = names[class_name(graph.spec.name)]()
    module.to_empty(device="cpu").eval()
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.zero_()
    return module, torch.zeros(batch, *graph.spec.input_shape)


def by_torch(module: nn.Module, x: torch.Tensor) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(x)
    return int(counter.get_total_flops())


def by_fvcore(module: nn.Module, x: torch.Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    return int(FlopCountAnalysis(module, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def by_torchinfo(module: nn.Module, x: torch.Tensor) -> int:
    from torchinfo import summary

    return int(summary(module, input_data=x, verbose=0).total_mult_adds)


def by_ptflops(module: nn.Module, x: torch.Tensor, backend: str = "pytorch") -> int:
    from ptflops import get_model_complexity_info

    shape = tuple(x.shape[1:])
    macs, _ = get_model_complexity_info(module, shape, print_per_layer_stat=False, as_strings=False, backend=backend)
    return int(macs)


def by_ptflops_aten(module: nn.Module, x: torch.Tensor) -> int:
    return by_ptflops(module, x, "aten")


def by_thop(module: nn.Module, x: torch.Tensor) -> int:
    from thop import profile

    macs, _ = profile(module, inputs=(x,), verbose=False)
    return int(macs)


def by_torchprofile(module: nn.Module, x: torch.Tensor) -> int:
    from torchprofile import profile_macs

    return int(profile_macs(module, x))


def by_torch_scan(module: nn.Module, x: torch.Tensor, metric: str = "macs") -> int:
    from torchscan import crawl_module

    return int(crawl_module(module, args=(x,))["totals"][metric]["known_value"] or 0)


def by_torch_scan_flops(module: nn.Module, x: torch.Tensor) -> int:
    return by_torch_scan(module, x, "module_flops")


LAYERS = {
    "conv2d": "{op: conv2d, out_channels: 8, kernel_size: 3, stride: 2, groups: 2}",
    "conv_transpose2d": "{op: conv_transpose2d, out_channels: 8, kernel_size: 3, stride: 2}",
    "linear": "{op: linear, out_features: 5}",
    "max_pool2d": "{op: max_pool2d, kernel_size: 3, stride: 2}",
    "avg_pool2d": "{op: avg_pool2d, kernel_size: 3, stride: 2}",
    "adaptive_avg_pool2d": "{op: adaptive_avg_pool2d, output_size: 1}",
    "adaptive_max_pool2d": "{op: adaptive_max_pool2d, output_size: 1}",
    "local_response_norm": "{op: local_response_norm, size: 5, alpha_per: mean}",
    "local_response_norm2d": "{op: local_response_norm2d, size: 3, alpha_per: mean}",
    "local2d": "{op: local2d, out_channels: 8, kernel_size: 3, stride: 2}",
    "table_conv2d": "{op: table_conv2d, kernel_size: 3, stride: 2, connections: [[0, 1, 2], [5], [3, 4, 5, 0]]}",
    "standardized_conv2d": "{op: standardized_conv2d, out_channels: 8, kernel_size: 3, stride: 2, groups: 2}",
    "weight_norm_conv2d": "{op: weight_norm_conv2d, out_channels: 8, kernel_size: 3, stride: 2, groups: 2}",
    "stochastic_depth": "{op: stochastic_depth, p: 0.5}",
    "group_norm": "{op: group_norm, num_groups: 3}",
    "layer_norm": "{op: layer_norm, normalized_shape: [6, 9, 9]}",
    "instance_norm2d": "{op: instance_norm2d, affine: true}",
    "hardtanh": "{op: hardtanh, min_val: -0.25, max_val: 0.25}",
    "zero_pad2d": "{op: zero_pad2d, padding: 1}",
    "constant_pad2d": "{op: constant_pad2d, padding: 1, value: 0.5}",
    "reflection_pad2d": "{op: reflection_pad2d, padding: 1}",
    "replication_pad2d": "{op: replication_pad2d, padding: 1}",
    "pixel_shuffle": "{op: pixel_shuffle, upscale_factor: 2}",
    "pixel_unshuffle": "{op: pixel_unshuffle, downscale_factor: 3}",
    "channel_shuffle": "{op: channel_shuffle, groups: 2}",
    "slice": "{op: slice, start: 1, length: 3}",
    "center_crop": "{op: center_crop, output_size: [4, 6]}",
    "chunk": "{op: chunk, chunks: 2, index: 1}",
    "split": "{op: split, sizes: [1, 3, 2], index: 1}",
    "mean": "{op: mean, dim: [1, 2]}",
    "sum": "{op: sum, dim: [1, 2]}",
    "times": "{op: times, number: 0.25}",
    "transpose": "{op: transpose, dim0: 1, dim1: 2}",
    "unflatten": "{op: unflatten, sizes: [2, 3]}",
    "reshape": "{op: reshape, shape: [3, -1]}",
    "squeeze": "{op: squeeze, dim: 2}",
    "unsqueeze": "{op: unsqueeze, dim: 3}",
    "permute": "{op: permute, dims: [2, 1, 3]}",
    "max_unpool2d": "{op: max_unpool2d, kernel_size: 3, stride: 2}",
    "upsample": "{op: upsample, scale_factor: 2}",
}
"""A layer of each kind that has to be told something, on 6 x 9 x 9."""

LAYERS |= {
    f"{op[:-2]}{axes}d": layer.replace(op, f"{op[:-2]}{axes}d")
    for op, layer in LAYERS.items()
    if op.endswith("2d")
    for axes in (1, 3)
    if f"{op[:-2]}{axes}d" in KINDS
}

PATHS: Final = {
    "sub": "[], []",
    "matmul": "[], [{name: turned, op: transpose, dim0: 2, dim1: 3}]",
    "max_unpool2d": "[{name: pool, op: max_pool2d, kernel_size: 3, stride: 2}], []",
    "center_crop_like": "[], [{name: pool, op: max_pool2d, kernel_size: 3, stride: 2}]",
}
"""The paths that a kind merges, where it cannot merge any three that are alike."""

FLAT: Final = ("linear", "batch_norm1d", "softmax", "log_softmax")
"""Kinds that are put behind a flatten."""

VARIANTS: Final = {
    "conv2d_bare": "{op: conv2d, out_channels: 8, kernel_size: [3, 2], groups: 2, bias: false}",
    "conv2d_mirrored": "{op: conv2d, out_channels: 8, kernel_size: 3, padding: 1, padding_mode: reflect}",
    "conv2d_around": "{op: conv2d, out_channels: 8, kernel_size: 3, padding: {top: 1}, padding_mode: circular}",
    "conv2d_depthwise": "{op: conv2d, out_channels: 12, kernel_size: 3, groups: 6}",
    "conv_transpose2d_bare": "{op: conv_transpose2d, out_channels: 8, kernel_size: [3, 2], groups: 2, bias: false}",
    "conv_transpose2d_spread": "{op: conv_transpose2d, out_channels: 4, kernel_size: 3, dilation: 2, padding: 1}",
    "table_conv2d_bare": "{op: table_conv2d, connections: [[4], [0, 1]], kernel_size: [3, 2], padding: 1, bias: false}",
    "standardized_conv2d_gain": "{op: standardized_conv2d, out_channels: 4, kernel_size: [3, 2], gain: true}",
    "standardized_conv2d_bare": "{op: standardized_conv2d, out_channels: 4, kernel_size: 3, bias: false, gain: true}",
    "weight_norm_conv2d_bare": "{op: weight_norm_conv2d, out_channels: 4, kernel_size: [3, 2], bias: false}",
    "scale_shifted": "{op: scale, bias: true}",
    "scale_shift_alone": "{op: scale, weight: false, bias: true}",
    "scale_of_all": "{op: scale, per: tensor}",
    "dropout_never": "{op: dropout, p: 0}",
    "linear_bare": "{op: linear, out_features: 5, bias: false}",
    "linear_on_maps": "{op: linear, out_features: 5}",
    "linear_bare_on_maps": "{op: linear, out_features: 5, bias: false}",
    "batch_norm2d_plain": "{op: batch_norm2d, affine: false}",
    "batch_norm2d_untracked": "{op: batch_norm2d, track_running_stats: false}",
    "batch_norm2d_bare": "{op: batch_norm2d, affine: false, track_running_stats: false}",
    "max_pool2d_padded": "{op: max_pool2d, kernel_size: 3, padding: 1, dilation: 2}",
    "max_pool2d_oblong": "{op: max_pool2d, kernel_size: [2, 3], stride: 2}",
    "avg_pool2d_padded": "{op: avg_pool2d, kernel_size: [3, 2], padding: 1, ceil_mode: true}",
    "adaptive_avg_pool2d_uneven": "{op: adaptive_avg_pool2d, output_size: 4}",
    "adaptive_avg_pool2d_finer": "{op: adaptive_avg_pool2d, output_size: [20, 13]}",
    "adaptive_max_pool2d_uneven": "{op: adaptive_max_pool2d, output_size: 4}",
    "blur_pool2d_one_sided": "{op: blur_pool2d, kernel_size: 4, padding: {top: 1, bottom: 2, left: 1, right: 2}}",
    "mean_of_places": "{op: mean, dim: [2, 3]}",
    "mean_of_rows": "{op: mean, dim: 3, keepdim: true}",
    "sum_of_rows": "{op: sum, dim: 3, keepdim: true}",
    "softmax_on_maps": "{op: softmax, dim: 1}",
    "log_softmax_on_maps": "{op: log_softmax, dim: 2}",
    "prelu_of_channels": "{op: prelu, num_parameters: 6}",
    "instance_norm2d_plain": "{op: instance_norm2d}",
    "instance_norm2d_tracked": "{op: instance_norm2d, track_running_stats: true}",
    "group_norm_plain": "{op: group_norm, num_groups: 2, affine: false}",
    "layer_norm_on_maps": "{op: layer_norm, normalized_shape: [9, 9]}",
    "layer_norm_bare": "{op: layer_norm, normalized_shape: [6, 9, 9], elementwise_affine: false}",
    "layer_norm_unbiased": "{op: layer_norm, normalized_shape: [6, 9, 9], bias: false}",
    "layer_norm2d_plain": "{op: layer_norm2d, elementwise_affine: false}",
    "layer_norm2d_unbiased": "{op: layer_norm2d, bias: false}",
    "local2d_bare": "{op: local2d, out_channels: 4, kernel_size: [3, 2], padding: 1, bias: false}",
    "upsample_bilinear": "{op: upsample, size: [5, 20], mode: bilinear}",
    "upsample_bicubic": "{op: upsample, scale_factor: 2, mode: bicubic, align_corners: true}",
    "upsample_decimal": "{op: upsample, scale_factor: [1.5, 0.7], mode: bilinear}",
    "upsample_half_more": "{op: upsample, scale_factor: 1.5}",
    "upsample_in_floats": "{op: upsample, scale_factor: 2.3}",
    "upsample_sequence": "{op: upsample, scale_factor: 2}",
    "upsample_sequence_linear": "{op: upsample, scale_factor: 2, mode: linear}",
    "upsample_sequence_longer": "{op: upsample, size: 20}",
    "upsample_volume": "{op: upsample, scale_factor: 2}",
    "upsample_volume_uneven": "{op: upsample, scale_factor: [2, 1.5, 3]}",
    "upsample_volume_trilinear": "{op: upsample, scale_factor: 2, mode: trilinear, align_corners: true}",
    "upsample_exact": "{op: upsample, scale_factor: [3, 2], mode: nearest-exact}",
}
"""Layers that a tool may count otherwise than the plain one of their kind."""

ONES: Final = (*KINDS, *VARIANTS)
"""The names of all networks of one layer."""


def network_of_one(name: str, folder: Path) -> archcalc.Network:
    """A network with one layer, after whatever makes it what its kind reads."""
    spec = folder / f"one_{name}.yaml"
    op = name if name in KINDS else VARIANTS[name].removeprefix("{op: ").partition(",")[0].rstrip("}")
    layer = (LAYERS | VARIANTS).get(name, f"{{op: {name}}}").replace("{", "{name: layer, ", 1)
    features = "  - {name: flatten, op: flatten}\n" if op in FLAT and "maps" not in name else ""
    if KINDS[op].merges:
        paths = PATHS.get(op, "[], [], []")
        layer = layer.replace(f"op: {op}", f"op: branches, merge: {op}, paths: [{paths}]")
    axes = 1 if "sequence" in name else 3 if "volume" in name else 2 if op in FLAT else KINDS[op].axes
    shape = {"pixel_shuffle": [8, 9, 9], "squeeze": [6, 1, 9]}.get(op, [6, *[9] * axes])
    spec.write_text(f"archcalc: 1\nname: one_{name}\ninput: {shape}\nlayers:\n{features}  - {layer}\n")
    return archcalc.load(spec)


PEERS: Final[dict[str, Count]] = {
    "torch": by_torch,
    "fvcore": by_fvcore,
    "torchinfo": by_torchinfo,
    "ptflops": by_ptflops,
    "ptflops-aten": by_ptflops_aten,
    "thop": by_thop,
    "torchprofile": by_torchprofile,
    "torch-scan": by_torch_scan,
    "torch-scan-flops": by_torch_scan_flops,
}
"""Those that the tests install, by the convention that is held against each."""


def count(name: str, module: nn.Module, x: torch.Tensor) -> int:
    """Return what a tool counts for a module that it may change, without its prints and warnings."""
    with in_quiet(), torch.no_grad():
        return PEERS[name](module.eval(), x)


@contextmanager
def in_quiet() -> Iterator[None]:
    """Without what tools print and warn of."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
