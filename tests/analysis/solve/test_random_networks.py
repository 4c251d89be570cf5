"""Which inputs random networks take, against trying each."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.analysis.solve.sizes import steps
from archcalc.analysis.solve.solution import Solution, solve
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers import Layer
from archcalc.layers.window import places
from archcalc.spec.model import Spec
from tests.analysis.solve.trials import TIES, divides, exact, keeps_weights, linked, passing, weights
from tests.random_networks import (
    any_layer,
    branching,
    chain,
    convs,
    layer,
    pools,
)


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


@settings(max_examples=100, deadline=None)
@given(spec=branching())
def test_random_branches(spec: Spec) -> None:
    holds_by_trial(spec, up_to=14)


FIXED = layer("adaptive_avg_pool2d", output_size=5)


@settings(max_examples=80, deadline=None)
@given(whole=st.one_of(any_layer, st.just(FIXED)), like=st.one_of(any_layer, st.just(FIXED)), more=any_layer)
def test_random_middles(whole: Layer, like: Layer, more: Layer) -> None:
    """What is cut to the places of another layer has as many at least."""
    cut = (layer("center_crop_like"), ["l0", "l1"])
    holds_by_trial(chain((whole, ["input"]), (like, ["input"]), cut, more), up_to=14)
    holds_by_trial(chain((whole, ["input"]), layer("center_crop", output_size=[3, 4]), more), up_to=14)


@settings(max_examples=300, deadline=None)
@given(window=st.one_of(convs(st.just(1)), pools), axis=st.integers(0, 1))
def test_every_window_is_one_floor_whatever_its_rounding(window: Any, axis: int) -> None:
    found = steps(window, axis)
    for size in range(1, 60):
        assert found.places(size) == places(window, (1, size, size))[axis]
