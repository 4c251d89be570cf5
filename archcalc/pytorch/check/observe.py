"""The PyTorch model of a graph, run, measured and counted by others' counters."""

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.analysis.check.agreement import Observed
from archcalc.analysis.work import moved
from archcalc.errors import ArchError, MissingError, first_line
from archcalc.graph import Graph, Node, link
from archcalc.layers import Twin
from archcalc.pytorch.build import Built, Device, build, call
from archcalc.spec.model import Spec

_MOST_BYTES: Final = 2**30
"""The most that the inputs, weights and output of a layer may take, where they are really there."""

_PRODUCTS: Final = ("conv", "linear", "addmm", "matmul", "bmm", "einsum")
"""fvcore's names of the operators that are multiply-accumulates."""


def observe(graph: Graph, device: str) -> dict[str, Observed]:
    """Return each layer's output shape, parameters, buffers, FLOPs and MACs, as torch and fvcore see them.

    On `meta` neither weights nor activations are allocated. Raises ArchError where torch refuses to run the network,
    MissingError where the device is not there.
    """
    expect_device(device)
    try:
        module = cast(_Counted, build(graph, device, _Counted).eval())
        xs = [torch.zeros(1, *shape, device=device) for shape in graph.spec.inputs.values()]
        with torch.no_grad(), FlopCounterMode(display=False) as module.counter:
            outputs = module.outputs(*xs)
    except RuntimeError as error:
        raise ArchError(f"torch refuses to run {graph.spec.name}: {first_line(error)}") from error
    by_fvcore = _count_by_fvcore(graph)
    observed = {}
    seen: set[Tensor] = set()
    for node in graph.nodes:
        modules = module.modules_of(node.name)
        observed[node.name] = Observed(
            output_shape=tuple(outputs[node.name].shape[1:]),
            params=_new(chain.from_iterable(part.parameters() for part in modules), seen),
            buffers=_new(chain.from_iterable(part.buffers() for part in modules), seen),
            torch_flops=module.flops[node.name],
            fvcore_macs=None if by_fvcore is None else by_fvcore[node.name],
        )
    return observed


class _Counted(Built):
    """A network that notes what torch's counter counts while each layer runs."""

    counter: FlopCounterMode

    def __init__(self, graph: Graph, devices: Sequence[Device]) -> None:
        super().__init__(graph, devices)
        self.flops: dict[str, int] = {}

    def _run(self, name: str, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        before = self.counter.get_total_flops()
        out = super()._run(name, made)
        self.flops[name] = self.counter.get_total_flops() - before
        return out


def _new(tensors: Iterable[Tensor], seen: set[Tensor]) -> int:
    """Return the elements of tensors that no layer before has; those of shared weights are counted once."""
    own = [tensor for tensor in tensors if tensor not in seen]
    seen.update(own)
    return sum(tensor.numel() for tensor in own)


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
    """Return fvcore's count of each layer; None for a network of which one layer alone takes over 1 GiB.

    It traces a run, which torch cannot do on `meta`: sizes are tensors in a trace, which meta's convolution refuses. So
    it runs on the CPU, on weights that are one number seen many times and take no memory. It counts by module, so that
    here no layer is another once more.
    """
    if max(layer.bytes for layer in moved(graph, 1, 4)) > _MOST_BYTES:
        return None
    with _in_quiet():
        from fvcore.nn import FlopCountAnalysis

        module, xs = weightless(link(_without_sharing(graph.spec)))
        with torch.no_grad():
            counted = FlopCountAnalysis(module, xs).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
            counts = counted.by_module_and_operator()
            return {node.name: _by_fvcore(node, module.paths_of(node.name), counts) for node in graph.nodes}


def _by_fvcore(node: Node, paths: Sequence[str], counts: Mapping[str, Mapping[str, float]]) -> int:
    """Return the count of a layer's modules; it knows modules by their names, and so a function is counted alone.

    Of a layer made of multiply-accumulates these are meant, and not what it does with its weights before.
    """
    if paths or not node.layer.counted:
        each = chain.from_iterable(counts[path].items() for path in paths)
        return sum(int(count) for operator, count in each if operator in _PRODUCTS or not node.layer.counted)
    from fvcore.nn import FlopCountAnalysis

    tensors = tuple(torch.zeros(()).expand(1, *shape) for shape in node.device_inputs)
    alone = FlopCountAnalysis(_Alone(node.layer.twin(*node.device_inputs)), tensors)
    return node.copies * int(alone.unsupported_ops_warnings(False).total())


class _Alone(nn.Module):
    """The function of a layer as a module."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, *tensors: Tensor) -> Tensor:
        return call(self.twin, tensors)


def _without_sharing(spec: Spec) -> Spec:
    return replace(spec, layers=tuple(entry._replace(again=None) for entry in spec.layers))


def weightless(graph: Graph) -> tuple[Built, tuple[torch.Tensor, ...]]:
    """Return the network on the CPU and inputs for it, whose weights and elements are one zero seen many times."""
    module = build(graph, "meta").eval()
    for part in module.modules():
        for name, weight in part.named_parameters(recurse=False):
            view = torch.zeros((), dtype=weight.dtype).expand(weight.shape)
            part.register_parameter(name, nn.Parameter(view, requires_grad=False))
        for name, buffer in part.named_buffers(recurse=False):
            part.register_buffer(name, torch.zeros((), dtype=buffer.dtype).expand(buffer.shape))
    return module, tuple(torch.zeros(()).expand(1, *shape) for shape in graph.spec.inputs.values())


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
