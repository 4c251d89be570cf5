"""One run of somebody's model, and what comes of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcalc.calls import Seen, with_joined
from archcalc.errors import ArchError, listing
from archcalc.exchange.torch_models.crops import with_crops_apart
from archcalc.exchange.torch_models.pairs import are_one_mean, with_pairs_joined
from archcalc.layers.sizes import dims
from archcalc.pytorch.raised import in_words
from archcalc.pytorch.trace.origins import Place, shape_of, tensors_in
from archcalc.pytorch.trace.recorder import Recorder


@dataclass(frozen=True)
class Traced:
    """A run of a model: what was seen, and the tensors that came out, in the order of `seen.outputs`."""

    seen: Seen
    outputs: tuple[Tensor, ...]
    kind: str
    """The name of the class of its result."""
    idle: Mapping[str, int]
    """The parameters of each module that has some which nothing read, by its path."""
    batch: int
    """How many examples it ran on."""
    numbers: Mapping[str, Place]
    """The parameters that no layer has, and where numbers are made of them, by their paths."""


def trace(module: nn.Module, *xs: Tensor, looks_inside: bool = False) -> Traced:
    """Run a model on its inputs, and return every leaf module and function that ran, in order, and what each read.

    A leaf of a class of somebody's own is one call, of which only shapes are known; with `looks_inside` the functions
    that it calls are noted in its place. Raises ArchError, with the module that was running, for whatever the model
    raises.
    """
    _expect_watchable(module)
    _finish(module, xs)
    recorder = Recorder(xs)
    with torch.no_grad(), recorder.watching(module, looks_inside):
        try:
            result = module(*xs)
        except (Exception, SystemExit) as error:  # somebody's model may raise anything
            where = f" in {recorder.running[-1]}" if any(recorder.running[-1:]) else ""
            shapes = listing([dims(x.shape) for x in xs], "and")
            raise ArchError(f"cannot run on {shapes}{where}: {in_words(error)}") from error
    _expect_finished(module)
    outputs = tuple(tensors_in(result))
    numbers = tuple(map(recorder.read, outputs))
    calls = with_joined(recorder.without_unread_parts(numbers), numbers, are_one_mean)
    calls = with_pairs_joined(calls, numbers, recorder.shapes())
    seen = with_crops_apart(Seen(tuple(calls), numbers), [shape_of(x) for x in xs])
    return Traced(seen, outputs, type(result).__name__, recorder.idle(module), recorder.batch, recorder.numbers())


def _expect_watchable(module: nn.Module) -> None:
    """Raise ArchError for a model whose layers run out of Python's sight."""
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            what = f"its module {path}" if path else "it"
            raise ArchError(f"cannot be watched: {what} is TorchScript; name the torch.nn.Module that it was made from")


def _finish(module: nn.Module, xs: Sequence[Tensor]) -> None:
    """Run a model that makes some of its parameters when it is first run; if it fails, so does the next run.

    It is run on one example first, as one that takes no more would make others of several.
    """
    for examples in (1, None):
        if any(map(is_lazy, module.parameters())):
            with suppress(Exception), torch.no_grad():
                module(*(x[:examples] for x in xs))


def _expect_finished(module: nn.Module) -> None:
    """Raise ArchError for a model that has run, and has parameters still without a shape."""
    for path, parameter in module.named_parameters():
        if is_lazy(parameter):
            what = f"cannot be counted: its parameter {path} has no shape, since nothing reads it"
            raise ArchError(f"{what}; give it one, or take it out")
