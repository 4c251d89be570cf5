"""DeepSpeed's flops profiler, and calflops, which counts by the same rules."""

from archcalc.analysis.conventions.convention import Convention, convention

_ELEMENTWISE = "relu elu leaky_relu silu gelu softmax"
_SILENT = "tanh sigmoid hardswish relu6 zero_pad2d add concat"
_POOLS = "max_pool2d avg_pool2d adaptive_avg_pool2d adaptive_max_pool2d"


def _macs(name: str, tool: str, version: str, url: str, transposed: str) -> Convention:
    return convention(
        name,
        tool=tool,
        version=version,
        word="MACs",
        means="multiply-accumulates of convolutions and linear layers, without bias",
        url=url,
        counts={"conv2d linear": "macs", "conv_transpose2d": transposed},
        free=f"{_ELEMENTWISE} {_POOLS} batch_norm2d batch_norm1d local_response_norm",
        silent=_SILENT,
    )


def _flops(name: str, tool: str, version: str, url: str, transposed: str, note: str = "") -> Convention:
    return convention(
        name,
        tool=tool,
        version=version,
        word="FLOPs",
        means="2 x MACs, bias additions in convolutions but not in linear layers, and one for each element elsewhere",
        url=url,
        counts={
            "conv2d": "2 macs + bias",
            "conv_transpose2d": transposed,
            "linear": "2 macs",
            "batch_norm2d batch_norm1d": "outputs + bias + 3 untracked",
            _ELEMENTWISE: "outputs",
            _POOLS: "inputs",
            "local_response_norm": "4 outputs + edges",
        },
        silent=_SILENT,
        note=note,
        depends="torch.add(a, b) counts, a + b does not",
    )


_DEEPSPEED = (
    "DeepSpeed flops profiler",
    "0.19.8",
    "https://github.com/deepspeedai/DeepSpeed/blob/v0.19.8/deepspeed/profiling/flops_profiler/profiler.py",
)
_CALFLOPS = (
    "calflops",
    "0.3.2",
    "https://github.com/MrYxJ/calculate-flops.pytorch/blob/4bcf54c3f846d30fd483f40e3b39219f2454e801/calflops/pytorch_ops.py",
)

DEEPSPEED = _macs("deepspeed", *_DEEPSPEED, transposed="macs")
DEEPSPEED_FLOPS = _flops("deepspeed-flops", *_DEEPSPEED, transposed="2 macs + bias")
CALFLOPS = _macs("calflops", *_CALFLOPS, transposed="split")
CALFLOPS_FLOPS = _flops(
    "calflops-flops",
    *_CALFLOPS,
    transposed="2 split + folded_bias",
    note="after a run that fails, it counts everything else again; its README shows 3 x the number of AlexNet",
)
