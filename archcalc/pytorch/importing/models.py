"""A model that a word names: made, run once, and put down as a spec that is then held against the run."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from archcalc.analysis.check.against import beside
from archcalc.analysis.check.pairing import put_together
from archcalc.errors import ArchError, listing
from archcalc.exchange.torch_models.document import Imported, imported
from archcalc.exchange.yaml import written
from archcalc.graph import Graph, link
from archcalc.pytorch.importing.libraries import make_model
from archcalc.pytorch.importing.process import Wanted
from archcalc.pytorch.trace import Traced, trace
from archcalc.spec.catalogue import Catalogue, name_of
from archcalc.spec.inputs import Inputs, by_name
from archcalc.table import measure
from archcalc.twins import place

_MOST_NAMED = 4


def import_model(wanted: Wanted, report: Callable[[str], None]) -> Imported:
    """Return the spec of the model that is wanted. `report` is called with what somebody's code is about to do.

    Raises ArchError where the model cannot be made or run.
    """
    report("is made")
    made = make_model(wanted)
    report("runs")
    head = {"name": name_of(wanted.model.name), "title": made.title, "sources": made.sources}
    try:
        return put_down(made.module, made.given, head)
    except ArchError as error:
        raise ArchError(f"{wanted.model.word} {error}") from error


def put_down(module: nn.Module, given: Inputs, head: Mapping[str, Any]) -> Imported:
    """Return the spec of a model as it runs on zeros of `given` shapes, held against the run.

    Raises ArchError where it cannot be run, and where the spec would not be what was seen.
    """
    first = next(module.parameters(), torch.empty(0))
    dtype = first.dtype if first.is_floating_point() else torch.float32
    xs = [torch.zeros(1, *shape, dtype=dtype, device=first.device) for shape in by_name(given).values()]
    traced = trace(module, *xs, looks_inside=True)
    found = imported(traced.seen, given, {**head, "notes": _notes(traced)})
    if not found.fault:
        _expect_agreement(link(Catalogue().read(written(found.document))), traced, module)
    return found


def _notes(traced: Traced) -> str:
    """Return what a spec of a run cannot show: the parameters that nothing read."""
    if not traced.idle:
        return ""
    names = [*traced.idle]
    shown = [*names[:_MOST_NAMED], *(["others"] if len(names) > _MOST_NAMED else [])]
    total = sum(traced.idle.values())
    return f"{total:,} params of {listing(shown, 'and')} are left out, since nothing reads them in evaluation."


def _expect_agreement(graph: Graph, traced: Traced, module: nn.Module) -> None:
    """Raise ArchError unless a graph does what was seen, layer by layer, and has the model's parameters."""
    paired = put_together(place(graph), graph.spec.inputs, graph.outputs, traced.seen)
    pairs = [(pair.ours or pair.theirs, pair.differences) for pair in beside(paired)]
    differences = [f"{call.name}: {words}" for call, found in pairs if call for words in found]
    differences += paired.rewired.outputs
    theirs = sum(parameter.numel() for parameter in module.parameters()) - sum(traced.idle.values())
    ours = measure(graph).totals.params
    if ours != theirs:
        differences.append(f"{ours:,} params here, {theirs:,} in the model")
    if differences:
        raise ArchError(f"was not understood: {listing(differences[:_MOST_NAMED], 'and')}")
