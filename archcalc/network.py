"""The Python API: a network read from a spec, with what can be asked of it."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archcalc.errors import MissingError
from archcalc.graph import Graph, link
from archcalc.layers import Shape
from archcalc.spec.catalogue import Catalogue
from archcalc.spec.document import read_input
from archcalc.spec.model import Spec
from archcalc.table import Table, measure

if TYPE_CHECKING:
    from archcalc.pytorch.build import Built


@dataclass(frozen=True, repr=False)
class Network:
    """A spec and what follows from it."""

    spec: Spec

    @cached_property
    def graph(self) -> Graph:
        """Every layer with its shapes. Raises ArchError where a layer does not fit, with the arithmetic."""
        return link(self.spec)

    def table(self, batch: int = 1, per_device: bool = False) -> Table:
        """Shapes, parameters, MACs, FLOPs and activations, layer by layer.

        Counts that grow with the batch (MACs, FLOPs, activations) are those of `batch` examples. Raises ArchError where
        a layer does not fit.
        """
        return measure(self.graph, batch, per_device)

    def module(self, device: str = "cpu") -> "Built":
        """The network as a torch.nn.Module on a device; on "meta" no weights are allocated.

        Needs torch. Raises ArchError where a layer does not fit, or for what torch has no layer for.
        """
        try:
            from archcalc.pytorch.build import build
        except ImportError as error:
            raise MissingError(f"a module needs torch ({error}): pip install 'archcalc[torch]'") from error

        return build(self.graph, device)

    def __repr__(self) -> str:
        return f"<Network {self.spec.name}: {len(self.spec.layers)} layers>"

    def _repr_html_(self) -> str:
        from archcalc.render.formats.html import fragment
        from archcalc.render.table.layers import sheet

        return fragment(sheet(self.table()))


def load(
    spec: str | os.PathLike[str],
    *,
    input_shape: Shape | None = None,
    spec_dir: str | os.PathLike[str] | None = None,
    **params: Any,
) -> Network:
    """The network that a path, a spec's name, its alias or the unique tail of its name means.

    `input_shape` replaces the spec's, as (channels, height, width); other keywords set its params. Raises ArchError
    with every fault of the file.

        archcalc.load("paper").table().totals.params
        archcalc.load("torchvision", num_classes=10, input_shape=(3, 256, 256))
    """
    shape = None if input_shape is None else read_input(input_shape)
    return Network(Catalogue(spec_dir).load(os.fspath(spec), params, shape))
