"""The PyTorch model of a graph, run, measured and counted by others' counters."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.analysis.check.agreement import Observed
from archcalc.analysis.work import moved
from archcalc.errors import ArchError, MissingError, first_line
from archcalc.graph import Graph, Node
from archcalc.layers import Twin
from archcalc.pytorch.build import Built, build, call

_MOST_BYTES: Final = 2**30
"""The most that the inputs, weights and output of a layer may take, where they are really there."""


def observe(graph: Graph, device: str) -> dict[str, Observed]:
    """Return each layer's output shape, parameters, buffers, FLOPs and MACs, as torch and fvcore see them.

    On `meta` neither weights nor activations are allocated. Raises ArchError where torch refuses to run the network,
    MissingError where the device is not there.
    """
    expect_device(device)
    try:
        module = build(graph, device).eval()
        x = torch.zeros(1, *graph.spec.input_shape, device=device)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            outputs = module.outputs(x)
    except RuntimeError as error:
        raise ArchError(f"torch refuses to run {graph.spec.name}: {first_line(error)}") from error
    by_torch = {name: sum(counts.values()) for name, counts in counter.get_flop_counts().items()}
    by_fvcore = _count_by_fvcore(graph)
    observed = {}
    for node in graph.nodes:
        modules, paths = module.modules_of(node.name), module.paths_of(node.name)
        counts = _Counts(
            sum(by_torch.get(f"{type(module).__name__}.{path}", 0) for path in paths),
            sum(by_fvcore.get(path, 0) for path in paths) if by_fvcore else 0,
        )
        if node.layer.counted and not paths:  # counters know modules by their names, and functions not at all
            counts = _of_function(node)
        observed[node.name] = Observed(
            output_shape=tuple(outputs[node.name].shape[1:]),
            params=sum(p.numel() for part in modules for p in part.parameters()),
            buffers=sum(b.numel() for part in modules for b in part.buffers()),
            torch_flops=counts.torch_flops,
            fvcore_macs=None if by_fvcore is None else counts.fvcore_macs,
        )
    return observed


class _Counts(NamedTuple):
    """What counters make of one layer."""

    torch_flops: int
    fvcore_macs: int


class _Alone(nn.Module):
    """The function of a layer as a module."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return call(self.twin, tensors)


def _of_function(node: Node) -> _Counts:
    """Count the function of a layer alone, on all its devices; on zeros that take no memory, as fvcore needs them."""
    alone = _Alone(node.layer.twin(*node.device_inputs))
    tensors = tuple(torch.zeros(()).expand(1, *shape) for shape in node.device_inputs)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        alone(*(tensor.to("meta") for tensor in tensors))
    with _in_quiet():
        from fvcore.nn import FlopCountAnalysis

        macs = int(FlopCountAnalysis(alone, tensors).unsupported_ops_warnings(False).total())
    return _Counts(node.copies * counter.get_total_flops(), node.copies * macs)


def expect_device(device: str) -> None:
    """Raise MissingError, saying what there is, unless torch can use the device here; ArchError for another word."""
    here = ", ".join(["meta", "cpu", *(["cuda"] if torch.cuda.is_available() else [])])
    try:
        known = torch.device(device)
    except RuntimeError as error:
        raise ArchError(f"torch {torch.__version__} knows no device '{device}'; here it can use {here}") from error
    try:
        torch.empty(0, device=known)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0].partition(". ")[0]
        what = f"torch {torch.__version__} cannot use {device} here ({reason}); it can use {here}"
        raise MissingError(what) from error


def _count_by_fvcore(graph: Graph) -> dict[str, int] | None:
    """Return fvcore's count by module path; None for a network of which one layer alone takes over 1 GiB.

    It traces a run, which torch cannot do on `meta`: sizes are tensors in a trace, which meta's convolution refuses. So
    it runs on the CPU, on weights that are one number seen many times and take no memory.
    """
    if max(layer.bytes for layer in moved(graph, 1, 4)) > _MOST_BYTES:
        return None
    with _in_quiet():
        from fvcore.nn import FlopCountAnalysis

        module, x = weightless(graph)
        with torch.no_grad():
            counted = FlopCountAnalysis(module, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
            return {name: int(count) for name, count in counted.by_module().items()}


def weightless(graph: Graph) -> tuple[Built, torch.Tensor]:
    """Return the network on the CPU and an input for it, whose weights and elements are one zero seen many times."""
    module = build(graph, "meta").eval()
    for part in module.modules():
        for name, weight in part.named_parameters(recurse=False):
            view = torch.zeros((), dtype=weight.dtype).expand(weight.shape)
            part.register_parameter(name, nn.Parameter(view, requires_grad=False))
        for name, buffer in part.named_buffers(recurse=False):
            part.register_buffer(name, torch.zeros((), dtype=buffer.dtype).expand(buffer.shape))
    return module, torch.zeros(()).expand(1, *graph.spec.input_shape)


@contextmanager
def _in_quiet() -> Iterator[None]:
    """Silence the warnings of fvcore's tracing, and of what it does not count, which archcalc reports itself."""
    logger = logging.getLogger("fvcore.nn.jit_analysis")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
