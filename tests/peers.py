"""Other tools, run on a module: each answers how much it counts for one example of an input."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import torch
from torch import nn

import archcalc
from archcalc.layers import KINDS

Count = Callable[[nn.Module, torch.Tensor], int]


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


LAYERS: Final = {
    "conv2d": "{op: conv2d, out_channels: 8, kernel_size: 3, stride: 2, groups: 2}",
    "linear": "{op: linear, out_features: 5}",
    "max_pool2d": "{op: max_pool2d, kernel_size: 3, stride: 2}",
    "avg_pool2d": "{op: avg_pool2d, kernel_size: 3, stride: 2}",
    "adaptive_avg_pool2d": "{op: adaptive_avg_pool2d, output_size: 1}",
    "adaptive_max_pool2d": "{op: adaptive_max_pool2d, output_size: 1}",
    "local_response_norm": "{op: local_response_norm, size: 5, alpha_per: mean}",
    "zero_pad2d": "{op: zero_pad2d, padding: 1}",
}
"""A layer of each kind that has to be told something, on 6 x 9 x 9."""


def network_of_one(op: str, folder: Path) -> archcalc.Network:
    """A network with one layer of a kind, after whatever makes it what the kind reads."""
    spec = folder / f"one_{op}.yaml"
    layer = LAYERS.get(op, f"{{op: {op}}}").replace("{", "{name: layer, ", 1)
    features = "  - {name: flatten, op: flatten}\n" if op in ("linear", "batch_norm1d", "softmax") else ""
    if KINDS[op].merges:
        layer = f"{{name: layer, op: branches, merge: {op}, paths: [[], [], []]}}"
    spec.write_text(f"archcalc: 1\nname: one_{op}\ninput: [6, 9, 9]\nlayers:\n{features}  - {layer}\n")
    return archcalc.load(spec)


PEERS: Final[dict[str, Count]] = {
    "torch": by_torch,
    "fvcore": by_fvcore,
    "torchinfo": by_torchinfo,
    "ptflops": by_ptflops,
    "ptflops-aten": by_ptflops_aten,
    "thop": by_thop,
    "torchprofile": by_torchprofile,
}
"""Those that the tests install, by the convention that is held against each."""


def count(name: str, module: nn.Module, x: torch.Tensor) -> int:
    """What a tool counts for a module that it may change; without what it prints and warns of."""
    with in_quiet(), torch.no_grad():
        return PEERS[name](module.eval(), x)


@contextmanager
def in_quiet() -> Iterator[None]:
    """Without what tools print and warn of."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
