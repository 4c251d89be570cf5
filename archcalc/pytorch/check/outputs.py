"""The outputs of a spec's module and of a model, on the same input and with the same random weights."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import torch
from torch import Tensor, nn

from archcalc.analysis.check.against import Beside, Output
from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built, build
from archcalc.pytorch.check.fresh import refresh, settle
from archcalc.pytorch.raised import in_words
from archcalc.pytorch.trace.origins import tensors_in

_DRAWS: Final = 4
"""How often weights are drawn at most, since those of one draw may make an output that is all 0."""


class UncomparableError(Exception):
    """Why outputs cannot be compared, in words."""


def compare_outputs(
    graph: Graph, layers: Sequence[Beside], places: Mapping[str, int], model: nn.Module, xs: Sequence[Tensor]
) -> tuple[Output, ...]:
    """Return how far the outputs lie apart that both have; `places` are those of the spec's among the model's.

    The model's weights are lost. Raises UncomparableError, and ArchError where the model does not run with others.
    """
    _expect_weights(layers)
    built = build(graph, xs[0].device).eval().to(xs[0].dtype)
    found: tuple[Output, ...] = ()
    for seed in range(_DRAWS):
        theirs = _run_anew(model, xs, seed)
        _copy(layers, model, built)
        found = tuple(
            _apart(name, ours, theirs[places[name]]) for name, ours in _run(built, graph.outputs, xs) if name in places
        )
        if all(output.largest for output in found):
            break
    return found


def _expect_weights(layers: Sequence[Beside]) -> None:
    """Raise UncomparableError for a layer whose weights the model does not have."""
    for pair in layers:
        ours, theirs = pair.ours, pair.theirs
        if ours is not None and ours.tensors and (theirs is None or ours.tensors != theirs.tensors):
            raise UncomparableError(f"layer {ours.name} has no counterpart with the same weights")


def _run_anew(model: nn.Module, xs: Sequence[Tensor], seed: int) -> list[Tensor]:
    """Return the model's outputs with weights that are drawn anew."""
    refresh(model, seed)
    try:
        settle(model, xs)
        with torch.no_grad():
            return list(tensors_in(model(*xs)))
    except (Exception, SystemExit) as error:  # somebody's model may raise anything
        raise ArchError(f"cannot run once more, with random weights: {in_words(error)}") from error


def _copy(layers: Sequence[Beside], model: nn.Module, built: Built) -> None:
    """Copy the model's weights to the spec's module."""
    state = model.state_dict()
    copied: dict[str, Tensor] = {}
    for pair in layers:
        ours, theirs = pair.ours, pair.theirs
        if ours is None or theirs is None:
            continue
        for name in ours.tensors:
            whole = state[_in_state(theirs, name)]
            parts = whole.chunk(len(ours.paths)) if whole.dim() else [whole] * len(ours.paths)
            copied |= {f"{path}.{name}": part for path, part in zip(ours.paths, parts, strict=True)}
    built.load_state_dict(copied)


def _in_state(call: Call, name: str) -> str:
    """Return the name that a tensor of a call has in the model's state."""
    if name in call.state:
        return call.state[name]
    return f"{call.paths[0]}.{name}" if call.paths[0] else name


def _run(built: Built, names: Sequence[str], xs: Sequence[Tensor]) -> list[tuple[str, Tensor]]:
    """Return the outputs of the spec's module under their names."""
    with torch.no_grad():
        outputs = built(*xs)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    return list(zip(names, several, strict=True))


def _apart(name: str, ours: Tensor, theirs: Tensor) -> Output:
    """Return how far one output lies apart. Raises UncomparableError for one of another shape."""
    if ours.shape != theirs.shape:
        raise UncomparableError(f"output {name} has another shape in the model")
    furthest, largest = (ours - theirs).abs().max().item(), theirs.abs().max().item()
    return Output(
        name=name,
        furthest=furthest if isfinite(furthest) else None,
        largest=largest if isfinite(largest) else None,
        dtype=str(ours.dtype).removeprefix("torch."),
    )
