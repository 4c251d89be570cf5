"""A model that a word names: made, run once, and put down as a spec that is then held against the run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from typing import Any, Final

import torch
from torch import Tensor, nn

from archcalc.analysis.check.against import beside
from archcalc.analysis.check.pairing import put_together
from archcalc.calls import Seen
from archcalc.errors import ArchError, listing
from archcalc.exchange.torch_models.document import Imported, about_idle, imported
from archcalc.exchange.yaml import written
from archcalc.graph import Graph, link
from archcalc.pytorch.importing.libraries import Made, find_model
from archcalc.pytorch.importing.process import Wanted
from archcalc.pytorch.trace import Traced, trace
from archcalc.spec.catalogue import Catalogue, name_of
from archcalc.spec.inputs import Inputs, by_name
from archcalc.table import measure
from archcalc.twins import place

_MOST_NAMED: Final = 4

_IDENTITY: Final = "Identity"
"""The class whose modules compute nothing: timm's models have thousands."""


def import_model(wanted: Wanted, report: Callable[[str], None]) -> Imported:
    """Return the spec of the model that is wanted. `report` is called with what somebody's code is about to do.

    Raises ArchError where the model cannot be made or run.
    """
    report("is found")
    model = find_model(wanted)
    head = {"name": name_of(wanted.model.name), "title": model.title, "sources": model.sources}
    try:
        return _import(model, False, head, wanted.model.word, report)
    except ArchError:  # some models cannot be made, or run, without weights
        return _import(model, True, head, wanted.model.word, report)


def _import(
    model: Made, has_weights: bool, head: Mapping[str, Any], word: str, report: Callable[[str], None]
) -> Imported:
    report("is made")
    module = model.make(has_weights).eval()
    report("runs")
    given = _in_order(module, model.given)
    with _about(word):
        return _put_down(module, _traced(module, given), given, head)


def _in_order(module: nn.Module, given: Inputs) -> Inputs:
    """Return inputs in the order of forward's arguments, if they have their names; else as they are given."""
    try:
        names = [*signature(module.forward).parameters]
    except (TypeError, ValueError):  # of a module that is not Python's
        return given
    if isinstance(given, Mapping) and {*given} <= {*names}:
        return {name: given[name] for name in names if name in given}
    return given


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Say of an error what it is about."""
    try:
        yield
    except ArchError as error:
        raise ArchError(f"{what} {error}") from error


_BATCHES: Final = {True: (11, 13, 17, 19), False: (5, 7, 11, 13)}
"""Sizes of batches that few other axes have; smaller ones for models that are there, which compute something."""


def _traced(module: nn.Module, given: Inputs) -> Traced:
    """Return the run of a model on zeros, of a batch that is as long as no other axis is.

    So what is done to the batch is seen. A model that runs on no such batch runs on one example.
    """
    first = next(module.parameters(), torch.empty(0))
    try:
        for batch in _BATCHES[first.is_meta]:
            traced = _run(module, first, given, batch)
            if not any(batch in call.output_shape for call in traced.seen.calls):
                break
        return traced
    except ArchError:
        return _run(module, first, given, 1)


def _run(module: nn.Module, like: Tensor, given: Inputs, batch: int) -> Traced:
    dtype = like.dtype if like.is_floating_point() else torch.float32
    xs = [torch.zeros(batch, *shape, dtype=dtype, device=like.device) for shape in by_name(given).values()]
    return trace(module, *xs, looks_inside=True)


def of_module(module: nn.Module, given: Inputs, name: str | None) -> Imported:
    """Return the spec of a module that is there; what it computes in, and whether it trains, is left as it was."""
    if not isinstance(module, nn.Module):
        raise ArchError(f"a module must be a torch.nn.Module, got {module!r}: of a class, make an object first")
    kind, given = type(module).__name__, _in_order(module, given)
    training = {part: part.training for part in module.modules()}
    head = {"name": name_of(name or kind), "title": f"{kind}, imported"}
    try:
        with _about("the module"):
            return _put_down(module, _traced(module.eval(), given), given, head)
    finally:
        for part, was in training.items():
            part.training = was


def _put_down(module: nn.Module, traced: Traced, given: Inputs, head: Mapping[str, Any]) -> Imported:
    """Return the spec of a model that ran, held against the run. Raises ArchError where it is not what was seen."""
    seen = traced.seen.without_unread_functions().without(_IDENTITY)
    seen = seen.with_outputs_apart(_IDENTITY, by_name(given).values())
    found = imported(seen, given, {**head, "notes": _notes(traced)})
    if not found.fault:
        _expect_no_numbers(traced)
    if not found.fault and "layers" in found.document:
        _expect_agreement(link(Catalogue().read(written(found.document))), seen, _read_params(module, traced))
    return replace(found, classes={path: type(part).__name__ for path, part in module.named_modules() if path})


def _expect_no_numbers(traced: Traced) -> None:
    """Raise ArchError where a model makes a number of a parameter that no layer has."""
    for path, (scope, where) in traced.numbers.items():
        within = f" in {scope}" if scope else ""
        raise ArchError(
            f"makes a number of its parameter {path}{within}, at {where}, which no layer does: "
            f"make {path} a buffer or a number, or compute with it as a tensor"
        )


def _read_params(module: nn.Module, traced: Traced) -> int:
    """Return how many parameters of a model something read."""
    return sum(parameter.numel() for parameter in module.parameters()) - sum(traced.idle.values())


def _notes(traced: Traced) -> str:
    """Return what a spec of a run cannot show: the parameters that nothing read, and that it takes no batches."""
    alone = _ALONE if traced.batch == 1 else ""
    return " ".join(filter(None, (about_idle(traced.idle), alone)))


_ALONE: Final = "The model takes one example at a time, and no batches."


def _expect_agreement(graph: Graph, seen: Seen, theirs: int) -> None:
    """Raise ArchError unless a graph does what was seen, layer by layer, and has as many parameters."""
    paired = put_together(place(graph), graph.spec.inputs, graph.outputs, seen)
    pairs = [(pair.ours or pair.theirs, pair.differences) for pair in beside(paired)]
    differences = [f"{call.name}: {words}" for call, found in pairs if call for words in found]
    differences += paired.rewired.outputs
    ours = measure(graph).totals.params
    if ours != theirs:
        differences.append(f"{ours:,} params here, {theirs:,} in the model")
    if differences:
        raise ArchError(f"was not understood: {listing(differences[:_MOST_NAMED], 'and')}")
