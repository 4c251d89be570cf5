"""A spec compared with somebody's model: layers next to what runs, then outputs with the model's weights."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.analysis.check.against import Against, Beside, Outputs, set_beside
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built, build
from archcalc.pytorch.check.observe import expect_device
from archcalc.pytorch.target import make
from archcalc.pytorch.trace import trace
from archcalc.twins import Placed, place


def hold_against_model(graph: Graph, target: str, device: str) -> Against:
    """Compare the spec's layers with the model's, and on a real device the outputs of both.

    Outputs are those of one random example in double precision, where the model can compute in it, after the model's
    weights have been copied to the spec's module. Raises ArchError where the model cannot be made or run.
    """
    expect_device(device)
    placed = place(graph)  # what torch cannot do is reported before anybody's code is run
    model = make(target, device).eval()
    dtype = torch.float64 if device != "meta" else torch.float32
    try:
        return _compare(graph, placed, model.to(dtype), target, device, dtype)
    except ArchError:
        if dtype == torch.float32:
            raise
        return _compare(graph, placed, model.float(), target, device, torch.float32)


def _compare(
    graph: Graph, placed: Sequence[Placed], model: nn.Module, target: str, device: str, dtype: torch.dtype
) -> Against:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, *graph.spec.input_shape, generator=generator, dtype=dtype).to(device)
    try:
        seen, theirs = trace(model, x)
    except ArchError as error:
        raise ArchError(f"{target} {error}") from error
    layers = set_beside(placed, seen)
    outputs, why = None, ""
    if device == "meta":
        why = "there are no weights on meta"
    elif not isinstance(theirs, Tensor):
        why = f"the model returns an object of type {type(theirs).__name__}, not a tensor"
    else:
        built = build(graph, device).eval().to(dtype)
        why = _copy(layers, model, built)
        outputs = None if why else _outputs(built, x, theirs)
        why = why or ("" if outputs else "their shapes differ")
    return Against(graph.spec.name, target, device, tuple(layers), outputs, why)


def _copy(layers: Sequence[Beside], model: nn.Module, built: Built) -> str:
    """Copy the model's weights to the spec's module; why that cannot be done, or nothing."""
    state = model.state_dict()
    copied: dict[str, Tensor] = {}
    for ours, theirs in layers:
        if ours is None or theirs is None or ours.tensors != theirs.tensors:
            if ours is not None and ours.tensors:
                return f"layer {ours.name} has no counterpart to take weights from"
            continue
        for name in ours.tensors:
            whole = state[f"{theirs.paths[0]}.{name}" if theirs.paths[0] else name]
            parts = whole.chunk(len(ours.paths)) if whole.dim() else [whole] * len(ours.paths)
            copied |= {f"{path}.{name}": part for path, part in zip(ours.paths, parts, strict=True)}
    built.load_state_dict(copied)
    return ""


def _outputs(built: Built, x: Tensor, theirs: Tensor) -> Outputs | None:
    with torch.no_grad():
        ours = built(x)
    if ours.shape != theirs.shape:
        return None
    furthest, largest = (ours - theirs).abs().max().item(), theirs.abs().max().item()
    return Outputs(furthest, largest, str(x.dtype).removeprefix("torch."))
