"""Tools that are too heavy, or too old, to be installed for every test run: what they count is recorded.

    pip install deepspeed calflops transformers torchstat onnx onnx-tool
    python -m tests.heavy_peers deepspeed calflops torchstat onnx-tool

and in environments of their own, or with `pip install --target` and PYTHONPATH, the old releases:

    pip install ptflops==0.6.9 && python -m tests.heavy_peers ptflops-0.6
    pip install thop==0.0.31.post1909230639 && python -m tests.heavy_peers thop-2019
    pip install keras==3.15.1 tensorflow-cpu==2.21.0 && python -m tests.heavy_peers keras

Each run rewrites its tools' part of `recorded_counts.json`, which `test_conventions.py` holds our conventions against.
"""

import collections
import copy
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

import archcalc
from archcalc.graph import Graph
from tests.conftest import ROOT
from tests.peers import ONES, in_quiet, network_of_one, written
from tests.sizes import ALEXNETS

RECORD: Final = ROOT / "tests" / "recorded_counts.json"
VALID: Final = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))

Counts = dict[str, int]


def by_deepspeed(module: nn.Module, x: torch.Tensor) -> Counts:
    from deepspeed.profiling.flops_profiler import get_model_profile

    flops, macs, _ = get_model_profile(module, args=[x], print_profile=False, detailed=False, as_string=False)
    return {"deepspeed": macs, "deepspeed-flops": flops}


def by_calflops(module: nn.Module, x: torch.Tensor) -> Counts:
    from calflops import calculate_flops

    if not list(module.parameters()):  # it would fail halfway, and from then on count everything twice
        raise ValueError("it asks the first parameter for its device")
    flops, macs, _ = calculate_flops(module, args=[x], print_results=False, output_as_string=False)
    return {"calflops": macs, "calflops-flops": flops}


def by_torchstat(module: nn.Module, x: torch.Tensor) -> Counts:
    """By its rules, called as its hooks call them: the hooks themselves need parts of torch that are gone."""
    from torchstat.compute_flops import compute_flops
    from torchstat.compute_madd import compute_madd

    counts = {"torchstat": 0, "torchstat-madd": 0}

    def add(part: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        counts["torchstat"] += int(compute_flops(part, inputs[0], output))
        counts["torchstat-madd"] += int(compute_madd(part, inputs[0], output))

    for part in module.modules():
        if not list(part.children()):
            part.register_forward_hook(add)
    module(x)
    return counts


def by_onnx_tool(module: nn.Module, x: torch.Tensor) -> Counts:
    """Of a graph in which the layers stand as they are: batch norms would be merged by constant folding."""
    import onnx_tool

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        mode = torch.onnx.TrainingMode.PRESERVE
        torch.onnx.export(module, (x,), path, dynamo=False, do_constant_folding=False, training=mode)
        model = onnx_tool.Model(str(path))
        model.graph.shape_infer({})
        model.graph.profile()
        return {"onnx-tool": int(sum(model.graph.macs))}


def by_old_ptflops(module: nn.Module, x: torch.Tensor) -> Counts:
    from ptflops import get_model_complexity_info

    shape = tuple(x.shape[1:])
    macs, _ = get_model_complexity_info(module, shape, print_per_layer_stat=False, as_strings=False)
    return {"ptflops-0.6": int(macs)}


def by_old_thop(module: nn.Module, x: torch.Tensor) -> Counts:
    collections.Iterable = Iterable  # type: ignore[attr-defined]  # where it was in the Python of 2019
    from thop import profile

    macs, _ = profile(module, inputs=(x,), verbose=False)
    return {"thop-2019": int(macs)}


def by_keras(graph: Graph) -> Counts:
    from tests import keras_models

    made = keras_models.model(graph)
    counts = {"keras": keras_models.params(made)}
    return counts | {"keras-flops": keras_models.flops(made)} if keras_models.is_seen(graph) else counts


def on_module(count: Callable[[nn.Module, torch.Tensor], Counts]) -> Callable[[Graph], Counts]:
    """Run a tool on what `archcalc export` writes."""

    def on_graph(graph: Graph) -> Counts:
        module, x = written(graph)
        return count(copy.deepcopy(module), x)

    return on_graph


TOOLS: Final[dict[str, tuple[tuple[str, ...], Callable[[Graph], Counts]]]] = {
    "deepspeed": (("deepspeed", "torch"), on_module(by_deepspeed)),
    "calflops": (("calflops", "torch"), on_module(by_calflops)),
    "torchstat": (("torchstat", "torch"), on_module(by_torchstat)),
    "onnx-tool": (("onnx-tool", "torch"), on_module(by_onnx_tool)),
    "ptflops-0.6": (("ptflops", "torch"), on_module(by_old_ptflops)),
    "thop-2019": (("thop", "torch"), on_module(by_old_thop)),
    "keras": (("keras", "tensorflow"), by_keras),
}
"""Each tool's distribution and what it runs on, and how it is run."""


def networks() -> list[archcalc.Network]:
    """Networks of one layer, every bundled spec, and the larger ones of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        ones = [network_of_one(op, Path(folder)) for op in ONES]
    return [*ones, *(archcalc.load(spec) for spec in [*ALEXNETS, *VALID])]


def run(tool: str) -> tuple[dict[str, Counts], dict[str, str]]:
    """Return what a tool counts for each network, by convention; and why it refuses others."""
    counted: dict[str, Counts] = {}
    refused: dict[str, str] = {}
    for network in networks():
        try:
            with in_quiet(), torch.no_grad():
                counts = TOOLS[tool][1](network.graph)
        except Exception as error:
            refused[network.spec.name] = f"{type(error).__name__}: {str(error)[:80]}"
            continue
        for convention, count in counts.items():
            counted.setdefault(convention, {})[network.spec.name] = int(count)
    return counted, refused


def main() -> None:
    logging.disable(logging.WARNING)
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for tool in sys.argv[1:]:
        counted, refused = run(tool)
        distribution, below = TOOLS[tool][0]
        versions = {"tool": version(distribution), below: version(below)}
        record[tool] = {"versions": versions, "counts": counted, "refused": refused}
        RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
