"""Networks of one layer, with what stands before it where its input shall need a gradient."""

from dataclasses import replace

from archcalc.graph import Graph, link
from archcalc.layers import Layer
from archcalc.layers.activation import Sigmoid
from archcalc.layers.rearrange import Permute
from archcalc.layers.reshape import Reshape
from archcalc.layers.scale import Scale, Times
from archcalc.spec.model import Entry, Spec
from tests.cases import Case


def of_one(row: Case, *, needs_gradient: bool, in_place: bool = False) -> Graph:
    """The layer of a row, each of its inputs from the network's, or from a scale and a shift of that."""
    inputs = {f"in{place}": shape for place, shape in enumerate(row.inputs)}
    before = [_entry(f"of_{name}", Scale(bias=True), name) for name in inputs] if needs_gradient else []
    layer = _entry("layer", row.layer, *([entry.name for entry in before] or inputs))
    spec = Spec(name="one", input_shape=inputs, layers=(*before, layer), inplace=(row.layer.op,) if in_place else ())
    return link(spec)


def out_of_order(row: Case, *, is_view: bool) -> Graph:
    """The layer of a row on what has its channels last: a view, or a tensor of its own; after it a flatten."""
    entries, names, inputs = [], [], {}
    for place, shape in enumerate(row.inputs):
        name, rank = f"in{place}", len(shape)
        inputs[name] = (*shape[1:], shape[0])
        entries.append(_entry(f"of_{name}", Scale(per="tensor", bias=True), name))
        names.append(f"of_{name}")
        if rank > 1:
            entries.append(_entry(f"turned{place}", Permute(dims=[rank, *range(1, rank)]), names.pop()))
            names.append(f"turned{place}")
        if not is_view:
            entries.append(_entry(f"own{place}", Sigmoid(), names.pop()))
            names.append(f"own{place}")
    entries.append(_entry("layer", row.layer, *names))
    entries.append(_entry("after", Times(number=2.0), "layer"))
    entries.append(_entry("flat", Reshape(shape=[-1]), "after"))
    return link(Spec(name="one", input_shape=inputs, layers=tuple(entries)))


def written_over(row: Case, by: Layer) -> Graph:
    """The layer of a row, whose output another layer writes over."""
    before = of_one(row, needs_gradient=True).spec
    return link(replace(before, layers=(*before.layers, _entry("by", by, "layer")), inplace=(by.op,)))


def _entry(name: str, layer: Layer, *reads: str) -> Entry:
    return Entry(name, layer, reads, None, False, None)  # type: ignore[arg-type]  # no file, and so no mark
