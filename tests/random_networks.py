"""Random layers and networks."""

from typing import Any

from hypothesis import strategies as st

from archcalc.errors import Mark
from archcalc.layers import KINDS, Layer
from archcalc.spec.model import Entry, Spec


def layer(op: str, **fields: Any) -> Layer:
    return KINDS[op](**fields)


def chain(*layers: Layer | tuple[Layer, list[str]], input_shape: tuple[int, ...] = (4, 11, 13)) -> Spec:
    """A spec of layers called l0, l1, ..., each reading the one before it or those it names."""
    entries = []
    for place, item in enumerate(layers):
        kind, inputs = item if isinstance(item, tuple) else (item, [f"l{place - 1}" if place else "input"])
        entries.append(Entry(f"l{place}", kind, tuple(inputs), None, False, Mark("made.yaml", place + 1, 1)))
    return Spec(name="made", input_shape=input_shape, layers=tuple(entries))


counts = st.integers(1, 4)

pairs = st.one_of(counts, st.tuples(counts, counts))

margins = st.integers(0, 3)

sides = st.one_of(margins, st.fixed_dictionaries(dict.fromkeys(("top", "bottom", "left", "right"), margins)))

rounding = st.sampled_from([False, True, "caffe", "unclipped"])

kernels = st.one_of(st.integers(1, 5), st.tuples(st.integers(1, 5), st.integers(1, 5)))


def convs(channels: st.SearchStrategy[int]) -> st.SearchStrategy[Layer]:
    fields = {"kernel_size": kernels, "stride": pairs, "dilation": st.integers(1, 3), "out_channels": channels}
    free = st.builds(layer, st.just("conv2d"), padding=sides, ceil_mode=rounding, **fields)
    same = st.builds(layer, st.just("conv2d"), padding=st.just("same"), **fields)
    return st.one_of(free, same)


pools = st.builds(
    layer,
    st.just("max_pool2d"),
    kernel_size=st.tuples(st.integers(2, 4), st.integers(2, 4)),
    stride=pairs,
    padding=st.integers(0, 1),
    dilation=st.integers(1, 2),
    ceil_mode=rounding,
)

others = st.one_of(
    st.builds(layer, st.just("avg_pool2d"), kernel_size=counts, ceil_mode=rounding),
    st.builds(layer, st.just("zero_pad2d"), padding=sides),
    st.builds(layer, st.just("adaptive_avg_pool2d"), output_size=pairs),
    st.sampled_from([layer("relu"), layer("batch_norm2d"), layer("linear", out_features=5), layer("flatten")]),
)

any_layer = st.one_of(convs(st.just(4)), convs(st.just(4)), pools, others)


@st.composite
def branching(draw: st.DrawFn) -> Spec:
    """Layers, each of which may read any before it, and some of which read two or three."""
    made: list[Layer | tuple[Layer, list[str]]] = []
    for place in range(draw(st.integers(2, 6))):
        before = st.sampled_from([*(f"l{i}" for i in range(place)), "input"])
        if place > 1 and draw(st.booleans()):
            merge = draw(
                st.sampled_from([layer("add"), layer("concat"), layer("concat", dim=2), layer("concat", dim=3)])
            )
            made.append((merge, draw(st.lists(before, min_size=2, max_size=3))))
        else:
            made.append((draw(any_layer), [draw(before)]))
    return chain(*made)
