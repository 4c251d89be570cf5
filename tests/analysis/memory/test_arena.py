"""One arena for all maps: played byte by byte, next to brute force over offsets and orders, and by hand."""

from dataclasses import replace
from itertools import combinations, permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.memory.arena import order as searched
from archcalc.analysis.memory.arena.asked import Asked, Order
from archcalc.analysis.memory.arena.beside import Beside
from archcalc.analysis.memory.arena.lifetimes import lifetimes
from archcalc.analysis.memory.arena.order import best_order
from archcalc.analysis.memory.arena.plan import How, Plan, plan
from archcalc.analysis.memory.arena.values import Values, _written_over, values_of
from archcalc.analysis.memory.request import Dtype
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node, link
from archcalc.spec.model import Spec
from tests.conftest import BUNDLED
from tests.random_networks import branching, chain, layer
from tests.sizes import FEW, by_size

# whole networks, byte by byte


def played(found: Plan) -> int:
    """Run the layers in the arena, each byte with the name of what was written there last; return the most needed.

    What a layer reads must be there as it runs; it may write only over what nobody needs, or over inputs of the same
    shape that its kind lets it, from their first byte on.
    """
    graph, each = found.graph, found.asked.each
    nodes = {node.name: node for node in graph.nodes}
    steps = {step.layer: step for step in found.steps}
    order = [step.layer for step in found.steps if step.how is not How.INPUT]
    assert sorted(order) == sorted(nodes)
    content: dict[int, str] = {}
    of = {step.layer: step.layer for step in found.steps}  # a view is what it sees
    readers: dict[str, set[str]] = {name: set() for name in of}
    for name in order:
        node = nodes[name]
        if steps[name].how is How.VIEW:
            (of[name],) = {of[source] for source in node.inputs if steps[source].offset == steps[name].offset}
        for source in node.inputs:
            readers[of[source]].add(name)
    for name in graph.outputs:
        readers[of[name]].add("whoever reads the outputs")

    def places(name: str) -> range:
        align = found.asked.align
        assert steps[name].offset % align == 0
        return range(steps[name].offset, steps[name].offset + -(-steps[name].bytes // align) * align)

    for name in graph.spec.inputs:
        content |= dict.fromkeys(places(name), name)
    most, done = 0, set()
    for name in order:
        node, step = nodes[name], steps[name]
        for source in node.inputs:
            assert {content[place] for place in places(source)} == {of[source]}, (name, source)
        needed = {
            other for other in readers if of[other] == other and readers[other] - done and other in content.values()
        }
        if step.how is not How.VIEW:
            assert step.bytes == each * _elements(node.output_shape)
            for place, source in enumerate(node.inputs):
                if set(places(source)) & set(places(name)):
                    assert step.how is How.IN_PLACE
                    assert steps[source].offset == step.offset
                    assert found.asked.in_place
                    assert place in node.layer.may_be_written_over(*node.device_inputs)
            done.add(name)
            after = {other for other in needed if readers[other] - done}
            assert not {content.get(place) for place in places(name)} & after, name
            alive = {byte for other in needed for byte in places(other)} | {*places(name)}
            assert len(alive) == step.alive
            content |= dict.fromkeys(places(name), name)
        else:
            assert step.alive == len({byte for other in needed for byte in places(other)})
            done.add(name)
        most = max(most, step.alive or 0)
        assert max(content) < found.arena
    for name in graph.outputs:
        assert {content[place] for place in places(name)} == {of[name]}
    return most


def _elements(shape: tuple[int, ...]) -> int:
    size = 1
    for one in shape:
        size *= one
    return size


@st.composite
def networks(draw: st.DrawFn, most: int) -> Graph:
    """Layers that read any of those before them: convolutions, what can be in place, what makes views, and merges."""
    channels, made = {"input": 3}, []
    for place in range(draw(st.integers(1, most))):
        source = draw(st.sampled_from([*channels]))
        alike = [name for name, count in channels.items() if count == channels[source]]
        kind = draw(st.sampled_from(["conv", "conv", "relu", "dropout", "add", "mul", "softmax", "concat"]))
        reads, makes = [source], channels[source]
        if kind == "conv":
            makes = draw(st.integers(1, 6))
        elif kind in ("add", "mul"):
            reads = [source, draw(st.sampled_from(alike))]
        elif kind == "concat":
            reads = [source, draw(st.sampled_from([*channels]))]
            makes = sum(channels[name] for name in reads)
        fields = {"out_channels": makes, "kernel_size": 1} if kind == "conv" else {}
        made.append((layer("conv2d" if kind == "conv" else kind, **fields), reads))
        channels[f"l{place}"] = makes
    spec = chain(*made, input_shape=(3, 2, 2))
    return link(replace(spec, outputs=(spec.layers[-1].name,)) if draw(st.booleans()) else spec)


@given(networks(12), st.booleans(), st.sampled_from([*Order]), st.sampled_from([1, 1, 16]))
@settings(deadline=None)
def test_random_networks_run_in_their_arena(graph: Graph, in_place: bool, order: Order, align: int) -> None:
    found = plan(graph, Asked(1, Dtype.INT8, order, in_place, align=align))
    assert played(found) == found.bound <= found.arena <= found.layout.greedy
    assert any(block.offset + block.bytes == found.arena for block in found.blocks)


@given(networks(12), st.sampled_from([*Order]))
@settings(deadline=None)
def test_fused_layers_write_over_the_one_map_that_they_read(graph: Graph, order: Order) -> None:
    found = plan(graph, Asked(1, Dtype.INT8, order, fused=True))
    assert played(found) == found.bound
    nodes = {node.name: node for node in graph.nodes}
    for step in found.steps:
        if step.how is How.IN_PLACE:
            made_of = {one.offset for one in found.steps if one.layer in nodes[step.layer].inputs}
            assert made_of == {step.offset}
    if order is Order.SPEC:
        none, all_of_them = (plan(graph, Asked(1, Dtype.INT8, in_place=way)).bound for way in (False, True))
        assert all_of_them <= found.bound <= none


def test_what_is_fused() -> None:
    """A convolution, its relu, and their sum, to which nobody returns: 4x3x3 = 36 elements each."""
    relu, add, conv = layer("relu"), layer("add"), layer("conv2d", out_channels=4, kernel_size=1)
    graph = link(chain(conv, relu, conv, (add, ["l1", "l2"]), relu))
    ways = [[str(step.how) for step in plan(graph, asked).steps[1:]] for asked in (Asked(), Asked(fused=True))]
    assert ways == [["map", "in place", "map", "in place", "in place"], ["map", "in place", "map", "map", "in place"]]


def test_aligned_by_hand() -> None:
    """Of 784, 4,704 and 1,176 bytes the third is no multiple of 16: 1,184; fc3 makes 10 of fc2's 84: 16 and 96."""
    found = plan(archcalc.load("lenet_d2l").graph, Asked(1, Dtype.INT8, align=16))
    assert found.bound == found.arena == 4_704 + 1_184
    assert [(step.bytes, step.alive) for step in found.steps[-1:]] == [(10, 96 + 16)]
    assert [block.bytes for block in found.blocks[-2:]] == [96, 16]


@given(branching())
@settings(deadline=None)
def test_windows_and_all_kinds_of_shapes_run_in_their_arena(spec: Spec) -> None:
    try:
        graph = link(spec)
    except ArchError:
        assume(False)
    found = plan(graph, Asked(1, Dtype.INT8))
    assert played(found) == found.bound


@pytest.mark.parametrize("name", ["lenet_d2l", "resnet18", "mobilenet_v3_small", "shufflenet_v2_x1_0"])
def test_networks_run_in_their_arena(name: str) -> None:
    network = archcalc.load(name)
    graph = network.graph if name == "lenet_d2l" else network.with_(input_shape=(3, 32, 32)).graph
    found = plan(graph, Asked(1, Dtype.INT8))
    assert played(found) == found.bound


@pytest.mark.parametrize("name", by_size(BUNDLED, FEW))
def test_bounds_of_all_networks(name: str) -> None:
    """The bound out of place, by a count of who reads what, without offsets; views are told by torch's eager memory."""
    graph = archcalc.load(name).graph
    of: dict[str, str] = {name: name for name in graph.spec.inputs}
    sizes = {name: _elements(shape) for name, shape in graph.spec.inputs.items()}
    views = {step.layer for step in plan(graph, Asked(1, Dtype.INT8, in_place=False)).steps if step.how is How.VIEW}
    assert views == {node.name for node in graph.nodes if node.layer.idle}
    for node in graph.nodes:
        of[node.name] = of[node.inputs[0]] if node.layer.idle else node.name
        sizes[node.name] = _elements(node.output_shape)
    most = 0
    for step, node in enumerate(graph.nodes):
        before = {of[name] for name in graph.spec.inputs} | {of[one.name] for one in graph.nodes[: step + 1]}
        later = {of[name] for one in graph.nodes[step:] for name in one.inputs} | {of[name] for name in graph.outputs}
        most = max(most, sum(sizes[name] for name in before & (later | {of[node.name]})))
    assert plan(graph, Asked(1, Dtype.INT8, in_place=False)).bound == most


# orders


def branches(*widths: int) -> Graph:
    """Branches of an input of 1x4x4, each wide and then narrow, that are written in turns, and joined."""
    wide = [(layer("conv2d", out_channels=width, kernel_size=1), ["input"]) for width in widths]
    narrow = [(layer("conv2d", out_channels=1, kernel_size=1), [f"l{number}"]) for number in range(len(widths))]
    joined = (layer("concat"), [f"l{len(widths) + number}" for number in range(len(widths))])
    return link(chain(*wide, *narrow, joined, input_shape=(1, 4, 4)))


def test_the_best_order_by_hand() -> None:
    """Maps of 16 elements a channel. In turns, the second wide map is made beside the first and the input: 8 + 6 + 1.

    One branch after the other: the 8 with the input and then a narrow one, 8 + 1 + 1; then 6 + 1 with the first narrow.
    """
    found = plan(branches(8, 6), Asked(1, Dtype.INT8, order=Order.BEST))
    assert found.of_spec == (16 * 15, 16 * 15)
    assert found.bound == found.arena == 16 * (8 + 1 + 1)
    assert [step.layer for step in found.steps] == ["input", "l0", "l2", "l1", "l3", "l4"]
    assert played(found) == found.bound


def test_a_map_that_nobody_reads_is_gone_after_its_layer() -> None:
    """Maps of 16 elements a channel: l2 needs 1 + 8 + 20 where its branch is first, and one more where it is not.

    After it, the other branch needs 1 + 1 + 15 and makes 2: the map of 20 is not there any more.
    """
    reads = ["input", "input", "l1", "l0", "l1"]
    layers = [
        (layer("conv2d", out_channels=width, kernel_size=1), [source])
        for width, source in zip((15, 8, 20, 2, 1), reads, strict=True)
    ]
    spec = chain(*layers, (layer("concat"), ["l3", "l4"]), input_shape=(1, 4, 4))
    found = plan(link(replace(spec, outputs=("l5",))), Asked(1, Dtype.INT8, order=Order.BEST))
    assert found.bound == 16 * (1 + 8 + 20)
    assert played(found) == found.bound


def pairs_changed(order: list[int], views: set[int]) -> int:
    """Return how many pairs of layers run in another order than that of the spec; views run with what they see."""
    return sum(one > other for one, other in combinations([layer for layer in order if layer not in views], 2))


def test_of_equally_good_orders_the_nearest_to_the_spec_is_taken() -> None:
    """The branch of 8 channels runs alone with the input, 1 + 8 + 1; the others then need no more in any way."""
    widths, sources = (1, 8, 6, 1, 1, 1), ("input", "input", "input", "l0", "l1", "l2")
    layers = [(layer("conv2d", out_channels=width, kernel_size=1), [source])
              for width, source in zip(widths, sources, strict=True)]  # fmt: skip
    graph = link(chain(*layers, (layer("concat"), ["l3", "l4", "l5"]), input_shape=(1, 4, 4)))
    found = plan(graph, Asked(1, Dtype.INT8, order=Order.BEST))
    assert [step.layer for step in found.steps[1:]] == ["l1", "l4", "l0", "l2", "l3", "l5", "l6"]


def test_a_chain_has_no_better_order() -> None:
    found = plan(archcalc.load("lenet_d2l").graph, Asked(1, Dtype.INT8, order=Order.BEST))
    assert (found.of_spec, found.bound) == (None, 5_880)


def orders(found: Values) -> list[list[int]]:
    """All orders in which a layer runs after what it reads."""
    makers = found.makers()
    after = [{makers[value] for value in {*use.reads, *([use.makes] if use.is_view else [])} if value in makers}
             for use in found.uses]  # fmt: skip
    every = permutations(range(len(found.uses)))
    return [list(one) for one in every if all(after[x] <= {*one[:place]} for place, x in enumerate(one))]


@given(networks(7), st.booleans())
@settings(deadline=None, max_examples=60)
def test_the_best_order_is_the_best_by_brute_force(graph: Graph, in_place: bool) -> None:
    found = values_of(graph)
    written = max(lifetimes(found, range(len(found.uses)), in_place).alive())
    most = [(max(lifetimes(found, order, in_place).alive()), order) for order in orders(found)]
    least = min(alive for alive, _ in most)
    best = best_order(found, in_place, written)
    if best is None:
        assert least == written
    else:
        assert sorted(best) == [*range(len(found.uses))]
        assert best in orders(found)
        assert max(lifetimes(found, best, in_place).alive()) == least < written
        views = {place for place, use in enumerate(found.uses) if use.is_view}
        equal = [order for alive, order in most if alive == least]
        assert pairs_changed(best, views) == min(pairs_changed(order, views) for order in equal)


def test_too_many_orders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, "MOST_SETS", 10)
    with pytest.raises(ArchError) as error:
        plan(branches(8, 7, 6, 5), Asked(1, Dtype.INT8, order=Order.BEST))
    assert str(error.value) == (
        "the best order of made is not searched: there are more than 10 sets of layers that can have run: "
        "give --order spec"
    )


# by hand


@pytest.mark.parametrize(
    ("name", "dtype", "bound", "peak"),
    [
        # conv1 makes 6x28x28 = 4,704, its sigmoid is in place, and pool1 makes 6x14x14 = 1,176 beside it
        ("lenet_d2l", Dtype.INT8, 4_704 + 1_176, "pool1"),
        # the first expansion to 96 channels of 112x112, 1,204,224, beside the 96x56x56 = 301,056 made of it at stride 2
        ("mobilenet_v2", Dtype.INT8, 1_204_224 + 301_056, "stage2.first.depthwise"),
        ("mobilenet_v2", Dtype.FP32, 4 * (1_204_224 + 301_056), "stage2.first.depthwise"),
        # 32x112x112 = 401,408 to 64x112x112 = 802,816, pointwise
        ("mobilenet_v1", Dtype.FP32, 4 * (401_408 + 802_816), "conv1.pointwise"),
        # a normalization over channels is not in place: 96x55x55 = 290,400 twice, both devices together
        ("alexnet_paper", Dtype.INT8, 2 * 290_400, "norm1"),
        # a projection: pooled 64x56x56 = 200,704, and twice 256x56x56 = 802,816, that of the block and its own
        ("resnet50", Dtype.INT8, 200_704 + 2 * 802_816, "layer1.first.sum.downsample.0"),
    ],
)
def test_bounds_by_hand(name: str, dtype: Dtype, bound: int, peak: str) -> None:
    found = archcalc.load(name).memory_plan(dtype=str(dtype)).found  # type: ignore[arg-type]
    assert (found.bound, found.peak) == (bound, peak)
    assert found.arena == bound


def test_batches_and_weights() -> None:
    """61,706 weights; twice the examples need twice the arena."""
    one, two = (archcalc.load("lenet_d2l").memory_plan(batch, dtype="fp16") for batch in (1, 2))
    assert (one.arena, two.arena) == (2 * 5_880, 4 * 5_880)
    assert one.found.beside.bytes == two.found.beside.bytes == 2 * 61_706


def test_counts_of_batches_are_no_weights() -> None:
    """A batch norm of 4 channels: 4 weights, biases, means and variances; the count of batches, 8 B, is not read."""
    graph = link(chain(layer("batch_norm2d")))
    assert plan(graph, Asked(1, Dtype.INT8)).beside == Beside(16, 0, 8)


# what is alive to the end, or seen twice, is not written over


def hows(*layers: object) -> list[str]:
    found = plan(link(chain(*layers)), Asked(1, Dtype.INT8))  # type: ignore[arg-type]
    assert played(found) == found.bound
    return [str(step.how) for step in found.steps[1:]]


def test_what_is_written_over() -> None:
    relu, add, flat = layer("relu"), layer("add"), layer("flatten")
    conv = layer("conv2d", out_channels=4, kernel_size=1)
    assert hows(relu, relu) == ["in place", "in place"]
    assert hows(conv, (relu, ["l0"]), (relu, ["l0"]), (add, ["l1", "l2"])) == ["map", "map", "in place", "in place"]
    assert hows(conv, (add, ["l0", "l0"])) == ["map", "in place"]
    assert hows(conv, (relu, ["l0"]), (add, ["l1", "l0"])) == ["map", "map", "in place"]
    # a view of l0 is read later, so it is not written over
    assert hows(conv, (flat, ["l0"]), (relu, ["l0"]), (flat, ["l2"]), (add, ["l1", "l3"])) == [
        *("map", "view", "map", "view", "in place")
    ]
    assert hows((relu, ["input"]), (relu, ["input"])) == ["map", "in place"]
    turned, softmax = layer("permute", dims=[2, 3, 1]), layer("softmax")
    assert hows(conv, turned, flat) == ["map", "map", "view"]
    assert hows(conv, softmax) == ["map", "map"]


class _OverItsFirst:
    """A kind that may write over its first input alone."""

    def may_be_written_over(self, *inputs: object) -> tuple[int, ...]:
        return (0,)


def test_what_is_read_in_another_way_too_is_not_written_over() -> None:
    node = Node("x", _OverItsFirst(), ("a", "b"), ((2,), (2,)), (2,), ((2,), (2,)), (2,))  # type: ignore[arg-type]
    assert (_written_over(node, [0, 1]), _written_over(node, [0, 0])) == ((0,), ())


def test_an_output_is_not_written_over() -> None:
    spec = {
        "archcalc": 1,
        "name": "net",
        "input": [4, 3, 3],
        "outputs": ["a", "b"],
        "layers": [
            {"name": "a", "op": "conv2d", "out_channels": 4, "kernel_size": 1},
            {"name": "b", "op": "relu"},
        ],
    }
    found = archcalc.load(spec).memory_plan(dtype="int8").found
    assert [step.how for step in found.steps] == [How.INPUT, How.MAP, How.MAP]
    assert found.bound == played(found) == 72
