"""A spec next to PyTorch: its counters, somebody's model, a checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcalc.analysis.check import against
from archcalc.analysis.check.agreement import Agreement
from archcalc.analysis.weights import Weights
from archcalc.answers.answer import Answer
from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.render.answer import Answer as Rendered


def _size(shape: tuple[int, ...] | None) -> str | None:
    return None if shape is None else "x".join(map(str, shape))


@dataclass(frozen=True, repr=False)
class Agreements(Answer):
    """Tables next to what PyTorch and its counters observe of the same networks, layer by layer."""

    agreements: tuple[Agreement, ...]

    @property
    def differences(self) -> list[str]:
        """Every difference in words, with its network."""
        return [f"{one.name}: {words}" for one in self.agreements for words in one.differences]

    def rendered(self) -> Rendered:
        from archcalc.render.check import of_counters

        return of_counters(self.agreements)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer."""
        for one in self.agreements:
            for layer in one.layers:
                row, seen = layer.row, layer.observed
                yield {
                    "network": one.name,
                    "name": row.name,
                    "op": row.op,
                    "output": _size(row.output_shape),
                    "torch_output": _size(seen.output_shape),
                    "params": row.params,
                    "torch_params": seen.params,
                    "flops": row.flops,
                    "torch_flops": seen.torch_flops,
                    "macs": row.macs,
                    "fvcore_macs": seen.fvcore_macs if layer.is_counted else None,
                    "agrees": not layer.differences,
                }


@dataclass(frozen=True, repr=False)
class Against(Answer):
    """A spec next to somebody's model: layers next to what runs, and the outputs of both."""

    found: against.Against

    @property
    def differences(self) -> list[str]:
        """Every difference in words, with its network."""
        return [f"{self.found.name}: {words}" for words in self.found.differences]

    def rendered(self) -> Rendered:
        from archcalc.render.check import of_model

        return of_model(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each layer and what stands next to it."""
        for pair in self.found.layers:
            ours, theirs = pair.ours, pair.theirs
            yield {
                "name": ours and ours.name,
                "op": ours and ours.op,
                "output": _size(ours.output_shape) if ours else None,
                "their_name": theirs and theirs.name,
                "their_op": theirs and theirs.op,
                "their_output": _size(theirs.output_shape) if theirs else None,
                "differs": "; ".join(pair.differences),
            }


@dataclass(frozen=True, repr=False)
class OfWeights(Answer):
    """A spec next to the tensors of a checkpoint."""

    weights: Weights
    checkpoint: Checkpoint

    @property
    def differences(self) -> list[str]:
        """Every tensor that does not fit, in words, with its network."""
        from archcalc.render.check.weights import misfit

        return [f"{self.weights.network}: {misfit(one)}" for one in self.weights.misfits]

    def rendered(self) -> Rendered:
        from archcalc.render.check import of_weights

        return of_weights(self.weights, self.checkpoint)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each tensor."""
        for one in self.weights.fits:
            yield {
                "layer": one.layer,
                "tensor": one.name,
                "shape": _size(one.shape),
                "found": one.found_name,
                "found_shape": _size(one.found_shape),
                "found_mask": one.found_mask,
                "verdict": one.verdict.value,
                "paired_by": one.paired_by and one.paired_by.value,
            }
