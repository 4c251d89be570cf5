"""Networks of one layer, with what stands before it where its input shall need a gradient."""

from archcalc.graph import Graph, link
from archcalc.layers import Layer
from archcalc.layers.scale import Scale
from archcalc.spec.model import Entry, Spec
from tests.cases import Case


def of_one(row: Case, *, needs_gradient: bool, in_place: bool = False) -> Graph:
    """The layer of a row, each of its inputs from the network's, or from a scale and a shift of that."""
    inputs = {f"in{place}": shape for place, shape in enumerate(row.inputs)}
    before = [_entry(f"of_{name}", Scale(bias=True), name) for name in inputs] if needs_gradient else []
    layer = _entry("layer", row.layer, *([entry.name for entry in before] or inputs))
    spec = Spec(name="one", input_shape=inputs, layers=(*before, layer), inplace=(row.layer.op,) if in_place else ())
    return link(spec)


def _entry(name: str, layer: Layer, *reads: str) -> Entry:
    return Entry(name, layer, reads, None, False, None)  # type: ignore[arg-type]  # no file, and so no mark
