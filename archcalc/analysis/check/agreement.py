"""A table compared with what PyTorch and its counters observe of the same network, layer by layer."""

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.layers import KINDS, Shape
from archcalc.table import Row, Table


class Observed(NamedTuple):
    """One layer as PyTorch runs it, all its devices together, for one example."""

    output_shape: Shape
    params: int
    buffers: int
    torch_flops: int
    """As torch.utils.flop_counter.FlopCounterMode counts."""
    fvcore_macs: int
    """As fvcore's FlopCountAnalysis counts, which calls them flops."""


class LayerAgreement(NamedTuple):
    """One layer of the table next to what was observed."""

    row: Row
    observed: Observed

    @property
    def is_counted(self) -> bool:
        """Whether the counters count such a layer as archcalc does; what they do not count is no agreement."""
        return KINDS[self.row.op].counted

    @property
    def differences(self) -> list[str]:
        """Every difference in words, with both numbers."""
        row, seen = self.row, self.observed
        pairs: list[tuple[str, int | Shape, int | Shape]] = [
            ("output shape", row.output_shape, seen.output_shape),
            ("params", row.params, seen.params),
            ("buffers", row.buffers, seen.buffers),
            ("FLOPs by torch's counter", row.flops, seen.torch_flops),
        ]
        if self.is_counted:
            pairs.append(("MACs by fvcore", row.macs, seen.fvcore_macs))
        unequal = (pair for pair in pairs if pair[1] != pair[2])
        return [f"{what}: archcalc {_shown(ours)}, torch {_shown(theirs)}" for what, ours, theirs in unequal]


class Agreement(NamedTuple):
    """A network next to what was observed of it, on a device."""

    name: str
    device: str
    layers: tuple[LayerAgreement, ...]
    outputs: tuple[str, ...]
    """The names of the network's outputs."""

    @property
    def differences(self) -> list[str]:
        return [f"layer {layer.row.name}: {words}" for layer in self.layers for words in layer.differences]

    @property
    def not_counted(self) -> list[str]:
        """The ops that no counter counts as multiply-accumulates."""
        return list(dict.fromkeys(layer.row.op for layer in self.layers if not layer.is_counted))


def hold_against(table: Table, observed: Mapping[str, Observed], device: str) -> Agreement:
    """Put the table of one example next to what was observed of each of its layers."""
    layers = tuple(LayerAgreement(row, observed[row.name]) for row in table.rows)
    return Agreement(table.name, device, layers, table.outputs)


def _shown(value: int | Shape) -> str:
    return f"{value:,}" if isinstance(value, int) else "x".join(map(str, value))
