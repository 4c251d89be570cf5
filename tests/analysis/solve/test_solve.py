"""`archcalc solve`: what it finds in closed form is what trying every size finds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.solve.layer_output import layer_output
from archcalc.analysis.solve.sizes import steps
from archcalc.analysis.solve.solution import Sizes, Solution, solve
from archcalc.errors import ArchError, Mark
from archcalc.graph import Graph, link
from archcalc.layers import KINDS, Layer
from archcalc.layers.window import places, slide
from archcalc.spec.model import Entry, Spec
from tests.commands import on_terminal, run
from tests.conftest import BUNDLED, ROOT

VALID = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
SPECS = [*BUNDLED, *map(str, VALID)]
assert VALID, "no valid specs found"

TIES = "tie height to width"


def linked(spec: Spec, height: int, width: int) -> Graph | None:
    """The graph of another input, by trial."""
    try:
        return link(replace(spec, input_shape=(spec.input_shape[0], height, width)))
    except ArchError:
        return None


def divides(graph: Graph, axis: int) -> bool:
    """Whether rounding down and rounding up are the same for every window, by the rule that the table uses."""
    for node in graph.nodes:
        layer: Any = node.layer
        if node.layer.window(*node.device_inputs) is None:
            continue
        size, kernel, stride = node.device_inputs[0][1 + axis], layer.kernel_size[axis], layer.stride[axis]
        if layer.padding == "same":
            if size // stride != -(-size // stride):
                return False
            continue
        before, after = layer.padding[2 * axis : 2 * axis + 2]
        dilation = layer.dilation[axis]
        down = slide(size, kernel, stride, before, after, dilation)
        if down != slide(size, kernel, stride, before, after, dilation, "unclipped"):
            return False
    return True


def passing(sizes: Sizes) -> set[int]:
    return {size for run in sizes.passing for size in run}


def exact(sizes: Sizes) -> set[int]:
    return {size for run in sizes.exact for size in run}


def weights(graph: Graph) -> dict[str, Any]:
    """The shapes of all that a network learns or stores."""
    return {
        n.name: (n.layer.param_shapes(*n.device_inputs), n.layer.buffer_shapes(*n.device_inputs)) for n in graph.nodes
    }


def keeps_weights(solution: Solution, axis: int, size: int) -> bool:
    """Whether a size that passes is said to fit the weights that the spec's own input asks for."""
    runs = solution.same_weights[axis]
    return runs is None or any(size in run for run in runs)


@pytest.mark.parametrize("name", SPECS, ids=lambda name: Path(name).stem)
def test_every_size_of_every_spec(name: str) -> None:
    spec = archcalc.load(name).spec
    up_to = 260
    solution = solve(spec, up_to)
    assert solution.sizes is not None
    graphs = {size: linked(spec, size, size) for size in range(1, up_to + 1)}
    squares = passing(solution.sizes[0]) & passing(solution.sizes[1])
    assert squares == {size for size, graph in graphs.items() if graph}
    for axis, sizes in enumerate(solution.sizes):
        assert exact(sizes) & squares == {size for size, graph in graphs.items() if graph and divides(graph, axis)}
        assert sizes.and_larger == (squares == set(range(min(squares), up_to + 1)))
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


def solved(spec: Spec, up_to: int) -> tuple[str, Solution | None]:
    try:
        return "", solve(spec, up_to)
    except ArchError as error:
        return str(error), None


def holds_by_trial(spec: Spec, up_to: int) -> None:
    """Hold what is solved against every height and width up to a bound."""
    trials = {(h, w): linked(spec, h, w) for h in range(1, up_to + 1) for w in range(1, up_to + 1)}
    fault, solution = solved(spec, up_to)
    if solution is None:
        assume(TIES not in fault)
        assert not any(trials.values()), fault
        return
    assert solution.sizes is not None
    high, wide = map(passing, solution.sizes)
    for (h, w), graph in trials.items():
        assert (graph is not None) == (h in high and w in wide), (h, w)
        if graph:
            assert divides(graph, 0) == (h in exact(solution.sizes[0]))
            assert divides(graph, 1) == (w in exact(solution.sizes[1]))
    for axis in solution.sizes:
        assert exact(axis) <= passing(axis)
    _words_of(solution)
    _weights_of(solution, trials)


def _weights_of(solution: Solution, trials: dict[tuple[int, int], Graph | None]) -> None:
    """Along each axis through the spec's own input, what keeps the weights is what is said to."""
    _, height, width = solution.spec.input_shape
    own = trials[height, width]
    for (h, w), graph in trials.items():
        if own and graph and (h == height or w == width):
            kept = keeps_weights(solution, 0, h) and keeps_weights(solution, 1, w)
            assert kept == (weights(graph) == weights(own)), (h, w)


def _words_of(solution: Solution) -> None:
    """The smallest passes, and what is smaller by one is what fails."""
    if solution.smallest is not None:
        assert linked(solution.spec, *solution.smallest)
    for size, _ in solution.too_small:
        assert not linked(solution.spec, *size)


@settings(max_examples=150, deadline=None)
@given(layers=st.lists(any_layer, min_size=1, max_size=5))
def test_random_chains(layers: list[Layer]) -> None:
    holds_by_trial(chain(*layers), up_to=18)


def test_weights_on_joined_maps() -> None:
    fine, coarse = (layer("max_pool2d", kernel_size=size) for size in (2, 3))
    spec = chain(
        (fine, ["input"]),
        layer("flatten"),
        (coarse, ["input"]),
        layer("flatten"),
        (layer("concat"), ["l1", "l3"]),
        layer("linear", out_features=5),
    )
    holds_by_trial(spec, up_to=18)
    # 11 high: halves from 10 or 11, thirds from 9 to 11; 13 wide: halves from 12 or 13, thirds from 12 to 14
    assert solve(spec).same_weights == ((range(10, 12),), (range(12, 14),))


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


@settings(max_examples=200, deadline=None)
@given(spec=branching())
def test_random_branches(spec: Spec) -> None:
    holds_by_trial(spec, up_to=14)


@settings(max_examples=300, deadline=None)
@given(window=st.one_of(convs(st.just(1)), pools), axis=st.integers(0, 1))
def test_every_window_is_one_floor_whatever_its_rounding(window: Any, axis: int) -> None:
    found = steps(window, axis)
    for size in range(1, 60):
        assert found.places(size) == places(window, (1, size, size))[axis]


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


def test_the_command_answers_in_words_and_in_json(tmp_path: Path) -> None:
    done = run("solve", "torchvision")
    assert done.returncode == 0
    assert (
        "63x63 is the smallest input that passes, and all larger ones pass too, with the same weights\n" in done.stdout
    )
    assert "62x62 fails at pool5: a 3x3 window at stride 2 does not fit 2x2" in done.stdout
    answer = json.loads(run("solve", "torchvision", "--up-to", "100", "--format", "json").stdout)
    assert (answer["smallest"], answer["height"]["exact"]) == ([63, 63], [63, 95])
    made = json.loads(run("solve", "torchvision", "--layer", "conv1", "--output", "55", "-f", "json").stdout)
    assert made["height"]["inputs"] == [[223, 226]]
    run("solve", "torchvision", "--layer", "conv1", "--output", "55x27", "--output", str(tmp_path / "ways.csv"))
    assert (tmp_path / "ways.csv").read_text().startswith("axis,stride,padding,")


def test_what_passes_with_a_layer_made_anew_is_told_from_what_fits_its_weights() -> None:
    said = run("solve", "alexnet_owt").stdout.splitlines()
    assert (
        "63x63 is the smallest input that passes, and all larger ones pass too, if fc6 is made again for them" in said
    )
    assert "the weights that fc6 has at 224x224 fit only inputs 223 to 254 high and wide" in said
    assert said[-1].endswith("; 223x223 and 255x255 (with fc6 made again) would be exact")
    oblong = run("solve", "alexnet_owt", "--input", "3x224x300").stdout
    assert "only inputs 223 to 254 high and 287 to 318 wide" in oblong
    answer = json.loads(run("solve", "alexnet_owt", "-f", "json").stdout)
    assert (answer["made_anew"], answer["height"]["same_weights"]) == (["fc6"], [[223, 254]])
    free = json.loads(run("solve", "torchvision", "-f", "json").stdout)
    assert (free["made_anew"], free["width"]["same_weights"]) == ([], None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layer", "conv9"], "alexnet_torchvision has no layer 'conv9'; did you mean 'conv5'?"),
        (["--layer", "fc6"], "layer fc6 makes features, without height and width; name one that makes maps"),
        (["--layer", "conv1", "--output", "0"], "--output: 0 is not a size"),
        (["--layer", "conv1", "--output", "-3"], "--output: -3 is not a size"),
        (["--output", "55"], "--output: 55 is a size; name the layer that should make it, as in --layer conv1"),
        (["--output", "55x27", "-f", "json"], "--output: 55x27 is a size; name the layer"),
        (["--layer", "conv1", "--output", "abc"], "--output: abc is neither a size, such as 55 or 55x27, nor a file"),
        (["--output", "abc"], "--output: abc is not a file with the ending of a format, such as answer.txt;"),
        (["--layer", "conv1", "--output", "55", "--output", "54"], "--output: give one size and one file"),
        (["--up-to", "0"], "up_to must be an integer from 1 to 1,000,000, got 0"),
    ],
)
def test_what_cannot_be_solved_says_why(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run("solve", "torchvision", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_files_that_are_meant_are_written(tmp_path: Path) -> None:
    for arguments, file in (
        (["-o", "out.txt"], "out.txt"),
        (["--layer", "conv1", "-o", "out.txt"], "out.txt"),
        (["-o", "abc", "--format", "json"], "abc"),
        (["--layer", "conv1", "-o", "55", "-o", "ways.json"], "ways.json"),
    ):
        done = run("solve", "torchvision", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / file).read_text()
        (tmp_path / file).unlink()
        assert not list(tmp_path.iterdir())


def test_ways_near_to_the_spec_come_first_and_a_program_gets_all() -> None:
    asked = ["solve", "caffenet", "--layer", "conv1", "--output", "55"]
    lines = [line.split() for line in run(*asked).stdout.splitlines()[3:]]
    assert [line[:2] for line in lines[:7]] == [["4", str(padding)] for padding in range(6)] + [["3", "0"]]
    assert lines[0][5:] == ["as", "in", "the", "spec"]
    ways = json.loads(run(*asked, "--format", "json").stdout)["height"]["ways"]
    assert len(ways) == 66  # strides 1 to 11, paddings 0 to 5
    assert len(run(*asked, "--format", "csv").stdout.splitlines()) == 1 + 66
    assert sum(line[:1] != [] and line[0].isdecimal() and line[1].isdecimal() for line in lines) == 12
    assert "54 more ways are further from the spec: --format csv or json lists all" in run(*asked).stdout


@pytest.mark.parametrize(
    ("spec", "layer_name", "words"),
    [
        ("caffenet", "conv1", "227 to 230, of which 227 divides exactly at every window up to conv1\n"),
        ("lenet_d2l", "conv2", "28 to 29, of which 28 divides exactly at every window up to conv2\n"),
        ("lenet_d2l", "conv1", "28, dividing exactly at every window up to conv1\n"),
    ],
)
def test_which_inputs_divide_exactly_is_a_sentence(spec: str, layer_name: str, words: str) -> None:
    assert f" at {layer_name}: {words}" in run("solve", spec, "--layer", layer_name).stdout


@pytest.mark.parametrize("width", [30, 60])
@pytest.mark.parametrize(
    "arguments",
    [
        ["alexnet_owt"],
        [str(ROOT / "tests/specs/valid/resnet18.yaml")],
        ["paper", "--layer", "conv1", "--output", "55"],
        ["paper", "--layer", "conv1", "--output", "55x54"],
    ],
)
def test_no_line_is_wider_than_the_terminal(arguments: list[str], width: int) -> None:
    text, code = on_terminal(width, "solve", *arguments, NO_COLOR="1")
    assert code == 0
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
