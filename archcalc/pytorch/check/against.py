"""A spec held against somebody's model: layers beside what runs, then outputs under the same random weights."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from archcalc.analysis.check.against import META, Against, Beside, Output, beside
from archcalc.analysis.check.pairing import Paired, put_together
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.check.observe import expect_device
from archcalc.pytorch.check.outputs import UncomparableError, compare_outputs
from archcalc.pytorch.target import make
from archcalc.pytorch.trace import Traced, trace
from archcalc.twins import Placed, place

_IDENTITY: Final = "nn.Identity"
"""The class whose modules compute nothing: where a spec has none, a model's are looked through."""


def hold_against_model(
    graph: Graph, target: str, device: str, report: Callable[[str], None] = lambda _: None
) -> Against:
    """Return the spec's layers beside the model's, and on a real device how far their outputs lie apart.

    Outputs are those of one random example in double precision, where the model can compute in it, with weights that
    are drawn for the model and copied to the spec's module. `report` is called with what somebody's code is about to
    do. Raises ArchError where the model cannot be made or run.
    """
    expect_device(device)
    placed = place(graph)  # what torch cannot do is reported before anybody's code is run
    report("is made")
    model = make(target, device).eval()
    _expect_torch_as_it_is(target)
    report("runs")
    return hold_against(graph, placed, model, target, device)


def _expect_torch_as_it_is(target: str) -> None:
    """Raise ArchError where somebody's code has replaced what a class of torch does: ours would do the same."""
    for name, kind in vars(nn).items():
        if isinstance(kind, type) and issubclass(kind, nn.Module):
            where = getattr(kind.forward, "__module__", None) or "torch"
            if not where.startswith("torch"):
                what = f"{target} replaces nn.{name}.forward for all of torch"
                raise ArchError(f"{what}, so that it cannot be compared: make it a class of its own")


def hold_against(graph: Graph, placed: Sequence[Placed], model: nn.Module, name: str, device: str) -> Against:
    """Return the spec's layers beside those of a model that is there; in evaluation, with weights that are lost."""
    if device != META:
        try:
            return _compare(graph, placed, model.to(torch.float64), name, device, torch.float64)
        except (ArchError, TypeError, RuntimeError):  # a model, or a device, of single precision
            pass
    return _compare(graph, placed, model.float(), name, device, torch.float32)


def _compare(
    graph: Graph, placed: Sequence[Placed], model: nn.Module, name: str, device: str, dtype: torch.dtype
) -> Against:
    generator = torch.Generator().manual_seed(0)
    shapes = graph.spec.inputs.values()
    xs = [torch.randn(1, *shape, generator=generator, dtype=dtype).to(device) for shape in shapes]
    try:
        traced = trace(model, *xs)
        if not any(layer.twin.call == _IDENTITY for layer in placed):
            traced = replace(traced, seen=traced.seen.without(_IDENTITY.rpartition(".")[2]))
        paired = put_together(placed, graph.spec.inputs, graph.outputs, traced.seen)
        layers = beside(paired)
        outputs, why = _outputs(graph, layers, paired, traced, model, xs)
    except ArchError as error:
        raise ArchError(f"{name} {error}") from error
    return Against(
        name=graph.spec.label,
        inputs=tuple(graph.spec.inputs),
        model=name,
        device=device,
        layers=layers,
        rewired=paired.rewired.outputs,
        outputs=outputs,
        why_no_outputs=why,
        idle=dict(traced.idle),
    )


def _outputs(
    graph: Graph, layers: Sequence[Beside], paired: Paired, traced: Traced, model: nn.Module, xs: Sequence[Tensor]
) -> tuple[tuple[Output, ...], str]:
    """Return how far the outputs lie apart, or why they are not compared."""
    if xs[0].is_meta:
        return (), "there are no weights on meta"
    places = dict(paired.rewired.matched)
    if not traced.outputs:
        return (), f"the model returns an object of type {traced.kind}, not a tensor"
    if not places and len(traced.outputs) == len(graph.outputs):
        places = {name: place for place, name in enumerate(graph.outputs)}  # made otherwise, and so perhaps unequal
    if not places:
        return (), "none is made in the same way"
    try:
        return compare_outputs(graph, layers, places, model, xs), ""
    except UncomparableError as reason:
        return (), str(reason)
