"""The table next to torch and its counters, as sheets and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.check.agreement import Agreement, LayerAgreement
from archcalc.layers.sizes import dims
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_LAYERS: Final = (
    Column("layer", "layer"),
    Column("type", "type", leaves=2),
    Column("output", "output", dims, sizes=True),
    Column("torch_output", "torch", dims, leaves=1, sizes=True),
    Column("params", "params", number, right=True),
    Column("torch_params", "torch", number, right=True, leaves=1),
    Column("flops", "FLOPs", number, right=True),
    Column("torch_flops", "torch", number, right=True, leaves=1),
    Column("fvcore_flops", "2 x fvcore", number, right=True, leaves=1),
    Column("verdict", "verdict", prose=True, least=12),
)

_NETWORKS: Final = (
    Column("name", "name"),
    Column("layers", "layers", right=True, leaves=2),
    Column("params", "params", number, right=True),
    Column("torch_params", "torch", number, right=True, leaves=1),
    Column("flops", "FLOPs", number, right=True),
    Column("torch_flops", "torch", number, right=True, leaves=1),
    Column("fvcore_flops", "2 x fvcore", number, right=True, leaves=1),
    Column("verdict", "verdict", prose=True, least=12),
)


def layers_sheet(agreement: Agreement) -> Sheet:
    """Return a line for each layer: archcalc's numbers, and torch's and fvcore's next to them."""
    name, device = agreement.name, agreement.device
    return Sheet(
        name=name,
        title=f"{name} on {device}: archcalc next to torch",
        columns=_LAYERS,
        rows=tuple(map(_layer, agreement.layers)),
        footer=(_total(agreement),),
        notes=tuple(_notes([agreement])),
    )


def networks_sheet(agreements: Sequence[Agreement]) -> Sheet:
    """Return a line for each network."""
    rows = (
        (a.name, len(a.layers), *_sums(a), "agrees" if not a.differences else f"{len(a.differences)} differences")
        for a in agreements
    )
    return Sheet("", "", _NETWORKS, tuple(rows), notes=tuple(_notes(agreements)))


def _layer(layer: LayerAgreement) -> tuple[Any, ...]:
    row, seen = layer.row, layer.observed
    verdict = "differs" if layer.differences else "agrees" if layer.is_counted else "agrees, not counted"
    flops = (row.flops, seen.torch_flops, 2 * seen.fvcore_macs) if layer.is_counted else (None, None, None)
    return (row.name, row.op, row.output_shape, seen.output_shape, row.params, seen.params, *flops, verdict)


def _sums(agreement: Agreement) -> tuple[int, int, int, int, int]:
    """Return params and FLOPs, by archcalc and by the others; fvcore's of the layers that both count."""
    layers = agreement.layers
    return (
        sum(layer.row.params for layer in layers),
        sum(layer.observed.params for layer in layers),
        sum(layer.row.flops for layer in layers),
        sum(layer.observed.torch_flops for layer in layers),
        2 * sum(layer.observed.fvcore_macs for layer in layers if layer.is_counted),
    )


def _total(agreement: Agreement) -> tuple[Any, ...]:
    params, torch_params, *flops = _sums(agreement)
    return ("total", None, None, None, params, torch_params, *flops, None)


def _notes(agreements: Sequence[Agreement]) -> list[str]:
    ops = dict.fromkeys(op for agreement in agreements for op in agreement.not_counted)
    return [f"not counted in FLOPs: {', '.join(ops)}; of these only shapes and params are compared"] if ops else []


def data(agreement: Agreement) -> dict[str, Any]:
    """Return the table next to what PyTorch observes, as JSON.

    - `name`: the name of the spec.
    - `device`: where the model ran.
    - `agrees`: whether nothing differs.
    - `differences`: every difference, in words; also for each layer.
    - `not_counted`: the ops whose FLOPs the counters do not count.
    - `outputs`: the names of the layers that no later layer reads, in order.
    - `layers`: in order, each with

      - `name`, `op`.
      - `archcalc`: its `output_shape`, `params`, `buffers` and `flops`, as the table has them.
      - `torch`: the same four, as torch observes them.
      - `fvcore`: its `macs`, as fvcore counts them.
      - `counted`: whether the counters count this op.
    """
    return stamped(
        {
            "name": agreement.name,
            "device": agreement.device,
            "agrees": not agreement.differences,
            "differences": agreement.differences,
            "not_counted": agreement.not_counted,
            "outputs": list(agreement.outputs),
            "layers": [_layer_data(layer) for layer in agreement.layers],
        }
    )


def _layer_data(layer: LayerAgreement) -> dict[str, Any]:
    row, seen = layer.row, layer.observed
    ours = {"output_shape": list(row.output_shape), "params": row.params, "buffers": row.buffers, "flops": row.flops}
    theirs = {"output_shape": list(seen.output_shape), "params": seen.params, "buffers": seen.buffers}
    return {
        "name": row.name,
        "op": row.op,
        "archcalc": ours,
        "torch": theirs | {"flops": seen.torch_flops},
        "fvcore": {"macs": seen.fvcore_macs},
        "counted": layer.is_counted,
        "differences": layer.differences,
    }
