"""Which inputs a known network takes."""

import pytest

import archcalc
from archcalc.analysis.solve.layer_output import layer_output
from archcalc.analysis.solve.solution import solve
from archcalc.graph import link
from archcalc.layers.window import slide
from tests.analysis.solve.trials import SPECS, divides, exact, keeps_weights, linked, passing, weights
from tests.sizes import by_size


@pytest.mark.parametrize("name", by_size(SPECS))
def test_every_size_of_every_spec(name: str) -> None:
    spec = archcalc.load(name).spec
    up_to = 260
    solution = solve(spec, up_to)
    assert solution.sizes is not None
    graphs = {size: linked(spec, size, size) for size in range(1, up_to + 1)}
    whole = passing(solution.sizes[0]) & passing(solution.sizes[1])
    squares = {size for size in whole if size <= up_to}  # the smallest is found beyond, too
    assert squares == {size for size, graph in graphs.items() if graph}
    for axis, sizes in enumerate(solution.sizes):
        assert exact(sizes) & squares == {size for size, graph in graphs.items() if graph and divides(graph, axis)}
        if squares:
            goes_on = squares == set(range(min(squares), up_to + 1))
            assert sizes.and_larger == (goes_on and name != "unet")  # whose cuts are known as far as they were tried
    own = weights(link(spec))
    for size, graph in graphs.items():
        if graph:
            said = [keeps_weights(solution, axis, size) for axis in (0, 1)]
            assert all(said) == (weights(graph) == own), size
    assert bool(solution.made_anew) == any(solution.same_weights)


# alexnet_owt's 6 is pooled from 13 or 14, these from 27 to 30, these from 55 to 62, which conv1 makes of 223 to 254:
# the spec's notes say so too. LeNet's 5 is pooled from 10 or 11, which conv2 makes of 14 or 15, these from 28 to 31.
@pytest.mark.parametrize(
    ("name", "layers", "sizes"),
    [
        ("alexnet_owt", ("fc6",), range(223, 255)),
        ("lenet_d2l", ("fc1",), range(28, 32)),
        ("alexnet_torchvision", (), None),
        ("alexnet_tf_benchmark", (), None),
    ],
)
def test_inputs_that_fit_the_weights(name: str, layers: tuple[str, ...], sizes: range | None) -> None:
    solution = solve(archcalc.load(name).spec)
    assert solution.made_anew == layers
    assert solution.same_weights == ((sizes,) if sizes else None, (sizes,) if sizes else None)


def test_height_and_width_that_fit_the_weights_are_told_apart() -> None:
    oblong = archcalc.load("alexnet_owt", input_shape=(3, 224, 300)).spec
    solution, own = solve(oblong, up_to=100), weights(link(oblong))  # the bound is for other answers
    for axis, its_own in ((0, 224), (1, 300)):
        for size in range(its_own - 40, its_own + 40):
            graph = linked(oblong, *((size, 300) if axis == 0 else (224, size)))
            assert keeps_weights(solution, axis, size) == (graph is not None and weights(graph) == own)
    too_small = solve(archcalc.load("alexnet_owt", input_shape=(3, 62, 62)).spec)
    assert (too_small.made_anew, too_small.same_weights) == (("fc6",), (None, None))


# The smallest input, the layer at which one less fails, and the exact inputs up to 300, by hand: the windows of
# torchvision's net step by 4 * 2 * 2 * 2 = 32 in all, and 63 leads to 15, 7, 3 and 1 places exactly.
KNOWN = [
    ("alexnet_torchvision", 63, "pool5", [63, 95, 127, 159, 191, 223, 255, 287]),
    ("alexnet_single_tower", 67, "pool5", [67, 99, 131, 163, 195, 227, 259, 291]),
    ("lenet_d2l", 12, "pool2", list(range(12, 301, 4))),
]


@pytest.mark.parametrize(("name", "smallest", "layer_name", "sizes"), KNOWN)
def test_known_inputs(name: str, smallest: int, layer_name: str, sizes: list[int]) -> None:
    solution = solve(archcalc.load(name).spec, up_to=300)
    assert solution.smallest == (smallest, smallest)
    ((size, fault),) = solution.too_small
    assert (size, fault.within) == ((smallest - 1, smallest - 1), f"layer {layer_name}")
    assert solution.sizes is not None
    assert sorted(exact(solution.sizes[0])) == sizes


def test_32_cannot_pass_the_net_without_an_adaptive_pool() -> None:
    solution = solve(archcalc.load("alexnet_owt").spec)
    assert solution.smallest is not None
    assert solution.smallest > (32, 32)


@pytest.mark.parametrize("name", ["alexnet_torchvision", "alexnet_paper", "caffenet", "alexnet_ccv", "lenet_d2l"])
def test_a_layers_output_comes_from_these_inputs(name: str) -> None:
    spec = archcalc.load(name).spec
    graphs = {size: linked(spec, size, size) for size in range(200, 261)}
    for node in link(spec).nodes:
        if len(node.output_shape) != 3:
            continue
        wanted = node.output_shape[1:]
        height, _ = layer_output(spec, node.name).axes
        found = {size for run in height.inputs for size in run}
        for size, graph in graphs.items():
            made = {other.name: other.output_shape[1:] for other in graph.nodes} if graph else {}
            assert (size in found) == (made.get(node.name) == wanted), (node.name, size)


def test_every_way_to_55_makes_55() -> None:
    made = layer_output(archcalc.load("caffenet").spec, "conv1", (55, 55)).axes[0]
    assert made.ways
    for way in made.ways:
        assert way.padding is not None
        for size in (way.reads.start, way.reads.stop - 1):
            assert slide(size, 11, way.stride, *way.padding) == 55
        assert slide(way.reads.start - 1, 11, way.stride, *way.padding) == 54
        assert slide(way.reads.stop, 11, way.stride, *way.padding) == 56
        assert way.exact is None or (way.exact + sum(way.padding) - 11) % way.stride == 0
    four = {(way.padding, way.exact) for way in made.ways if way.stride == 4}
    assert {((0, 0), 227), ((2, 2), 223)} <= four  # (227 - 11) / 4 + 1 = (223 + 4 - 11) / 4 + 1 = 55
