"""Where maps lie in an arena: next to the algorithm of the paper, and to brute force over all offsets."""

from collections.abc import Callable, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.memory.arena import exactly
from archcalc.analysis.memory.arena import smallest as searched
from archcalc.analysis.memory.arena.exactly import ExactSearch, GivenUpError
from archcalc.analysis.memory.arena.lifetimes import lifetimes
from archcalc.analysis.memory.arena.placing import Span, Spans
from archcalc.analysis.memory.arena.smallest import Way, smallest
from archcalc.analysis.memory.arena.values import values_of
from archcalc.network import Network
from tests.conftest import BUNDLED
from tests.sizes import FEW, by_size

SPANS = st.lists(
    st.builds(lambda size, first, length: Span(size, first, first + length), st.integers(1, 5), st.integers(0, 4),
              st.integers(0, 3)),
    min_size=1, max_size=12,
)  # fmt: skip


def greedy_by_size(spans: Sequence[Span]) -> list[int]:
    found = Spans(spans)
    return found.placed(found.by_size())


def together(one: Span, other: Span) -> bool:
    return one.first <= other.last and other.first <= one.last


def is_plan(spans: list[Span], offsets: list[int]) -> bool:
    """Whether no two spans have a byte in common at the same time."""
    placed = zip(spans, offsets, strict=True)
    return not any(
        together(one, other) and at < there + other.size and there < at + one.size
        for (one, at), (other, there) in combinations(placed, 2)
    )


def size_of(spans: list[Span], offsets: Sequence[int]) -> int:
    return max(offset + span.size for span, offset in zip(spans, offsets, strict=True))


def bound_of(spans: list[Span]) -> int:
    return max(sum(span.size for span in spans if span.first <= step <= span.last) for step in range(10))


@given(SPANS)
def test_no_two_maps_share_a_byte_at_the_same_time(spans: list[Span]) -> None:
    offsets = greedy_by_size(spans)
    assert is_plan(spans, offsets)
    assert bound_of(spans) <= size_of(spans, offsets) <= sum(span.size for span in spans)


@given(SPANS)
def test_offsets_are_those_of_the_paper(spans: list[Span]) -> None:
    """Algorithm 3 of arXiv 2001.03288 as it is written there, over all tensors that have an offset already."""
    offsets: dict[int, int] = {}
    for t in sorted(range(len(spans)), key=lambda t: (-spans[t].size, spans[t].first)):
        prev_offset, best_offset, smallest_gap = 0, None, float("inf")
        for x in sorted(offsets, key=lambda x: (offsets[x], offsets[x] + spans[x].size)):
            if max(spans[t].first, spans[x].first) <= min(spans[t].last, spans[x].last):
                gap = offsets[x] - prev_offset
                if spans[t].size <= gap < smallest_gap:
                    smallest_gap, best_offset = gap, prev_offset
                prev_offset = max(prev_offset, offsets[x] + spans[x].size)
        offsets[t] = prev_offset if best_offset is None else best_offset
    assert greedy_by_size(spans) == [offsets[t] for t in range(len(spans))]


@given(SPANS.filter(lambda spans: len(spans) <= 4))
@settings(max_examples=40, deadline=None)
def test_no_arena_is_smaller_than_the_bound_by_brute_force(spans: list[Span]) -> None:
    """The smallest arena, over all offsets: at least the bound, and at most what the planner needs."""
    most = sum(span.size for span in spans)
    ranges = [range(most - span.size + 1) for span in spans]
    least = min(size_of(spans, offsets) for offsets in product(*ranges) if is_plan(spans, list(offsets)))
    assert bound_of(spans) <= least <= size_of(spans, greedy_by_size(spans))


def test_a_gap_is_used_if_it_is_the_smallest_that_is_large_enough() -> None:
    """6 at 0, and 5 beside it at 6; then 4, not with the 6, at 0, and 2, not with the 4, after the 6 or at 4."""
    spans = [Span(6, 0, 1), Span(5, 0, 9), Span(4, 2, 9), Span(2, 4, 5)]
    assert greedy_by_size(spans) == [0, 6, 0, 4]


def least_of(spans: list[Span]) -> int:
    """Return the smallest arena, over all offsets."""
    most = sum(span.size for span in spans)
    ranges = [range(most - span.size + 1) for span in spans]
    return min(size_of(spans, offsets) for offsets in product(*ranges) if is_plan(spans, list(offsets)))


# the smallest plan


TIGHT = [Span(4, 5, 6), Span(3, 3, 4), Span(4, 0, 0), Span(4, 0, 2), Span(1, 1, 4), Span(2, 1, 3), Span(4, 4, 6)]
"""At most 8 are alive at once, but there is no plan of 8 bytes."""


@given(SPANS)
@settings(deadline=None)
def test_the_smallest_plan_is_a_plan_and_no_larger_than_greedy(spans: list[Span]) -> None:
    found = smallest(spans)
    assert is_plan(spans, list(found.offsets))
    assert found.size == size_of(spans, found.offsets)
    assert found.greedy == size_of(spans, greedy_by_size(spans))
    assert bound_of(spans) <= found.size <= found.greedy
    assert found == smallest(spans)


@pytest.mark.parametrize("most_placed", [searched.MOST_PLACED, 0], ids=["with a local search", "without"])
@given(spans=SPANS.filter(lambda spans: len(spans) <= 4))
@settings(max_examples=40, deadline=None)
def test_the_smallest_plan_is_the_smallest_by_brute_force(most_placed: int, spans: list[Span]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searched, "MOST_PLACED", most_placed)
        found = smallest(spans)
    assert (found.size, found.is_least) == (least_of(spans), True)


@given(SPANS.filter(lambda spans: len(spans) <= 4))
@settings(max_examples=40, deadline=None)
def test_the_exact_search_finds_every_plan_that_there_is(spans: list[Span]) -> None:
    least = least_of(spans)
    exact = ExactSearch(Spans(spans))
    for most in range(least - 1, sum(span.size for span in spans) + 1):
        found = exact.under(most)
        assert (found is not None) == (most >= least)
        assert found is None or (is_plan(spans, found) and size_of(spans, found) <= most)


@pytest.mark.parametrize(
    "spans",
    [
        [Span(2, 0, 2), Span(5, 3, 4), Span(5, 0, 0), Span(4, 1, 2), Span(2, 1, 3)],
        [Span(1, 3, 3), Span(4, 4, 6), Span(3, 2, 2), Span(1, 3, 6), Span(1, 3, 5), Span(2, 2, 3)],
    ],
)
def test_the_exact_search_goes_back_where_it_must(spans: list[Span]) -> None:
    """What it puts first does not fit with all else; over all offsets up to the bound there is a plan."""
    bound = bound_of(spans)
    assert any(is_plan(spans, list(one)) for one in product(*(range(bound - span.size + 1) for span in spans)))
    found = ExactSearch(Spans(spans)).under(bound)
    assert found is not None
    assert is_plan(spans, found)


def test_a_bound_that_no_plan_reaches() -> None:
    """All offsets from which each ends at 8 or below: 5 * 6 * 5 * 5 * 8 * 7 * 5 plans, none without an overlap."""
    offsets = product(*(range(8 - span.size + 1) for span in TIGHT))
    assert not any(is_plan(TIGHT, list(one)) for one in offsets)
    found = smallest(TIGHT)
    assert (bound_of(TIGHT), found.size, found.way, found.is_least) == (8, 9, Way.BY_SIZE, True)


def test_a_search_that_is_given_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exactly, "MOST_LOOKED_AT", 6)
    with pytest.raises(GivenUpError):
        ExactSearch(Spans(TIGHT)).under(8)
    assert not smallest(TIGHT).is_least


def test_orders_are_changed_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a plan that does not exist: as many buffers are placed as may be, after those of greedy by size."""
    placed = []
    whole = Spans.placed

    def counted(self: Spans, order: Sequence[int]) -> list[int]:
        placed.extend(order)
        return whole(self, order)

    monkeypatch.setattr(Spans, "placed", counted)
    monkeypatch.setattr(searched, "MOST_PLACED", 1_000)
    smallest(TIGHT)
    assert 1_000 - 4 * 7 < len(placed) - 7 <= 1_000


def test_every_other_buffer_of_a_chain_is_at_the_bottom() -> None:
    """Sizes in turns, each alive with the next: 6 + 5 at most. By size, 6 is at 0, 5 on it at 6, 4 on both at 11."""
    spans = [Span(size, step, step + 1) for step, size in enumerate([4, 5, 6] * 400)]
    found = smallest(spans)
    assert (found.way, found.size, found.greedy) == (Way.BELOW_BY_START, 11, 15)
    assert is_plan(spans[:30], list(found.offsets[:30]))
    assert {found.offsets[step] for step in range(0, 1200, 2)} == {0}


@pytest.mark.parametrize("rank", [lambda one: one.first, lambda one: -one.size, lambda one: one.first - one.last])
@given(spans=SPANS)
def test_plans_from_below_are_plans(rank: Callable[[Span], int], spans: list[Span]) -> None:
    offsets = Spans(spans).from_below(rank)
    assert is_plan(spans, offsets)
    for number, span in enumerate(spans):
        ends = [offsets[other] + spans[other].size for other in Spans(spans).beside[number]]
        assert offsets[number] == 0 or offsets[number] in ends, span


# networks

GREEDY_NEEDS_MORE = ("convnext_tiny", "densenet121", "densenet169", "mnasnet1_0", "unet")
"""Of all bundled networks; densenet_d2l does out of place alone."""


def spans_of(network: Network, in_place: bool) -> list[Span]:
    found = values_of(network.graph)
    alive = lifetimes(found, range(len(found.uses)), in_place)
    return [Span(buffer.size, buffer.first, buffer.last) for buffer in alive.buffers]


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("name", by_size(BUNDLED, FEW))
def test_all_networks_reach_the_bound(name: str, in_place: bool) -> None:
    """In the order of the spec, at its input; `is_plan` goes over all pairs."""
    spans = spans_of(archcalc.load(name), in_place)
    found = smallest(spans)
    assert is_plan(spans, list(found.offsets))
    assert size_of(spans, found.offsets) == found.size == Spans(spans).bound
    needs_more = name in GREEDY_NEEDS_MORE if in_place else name in (*GREEDY_NEEDS_MORE[:3], "unet", "densenet_d2l")
    assert (found.greedy > found.size) == needs_more


@pytest.mark.parametrize(
    ("name", "side", "in_place", "greedy"),
    [
        ("mnasnet1_0", 128, True, "1.25"),
        ("mnasnet1_0", 224, True, "1.25"),
        ("densenet121", 224, True, "1.111"),
        ("convnext_tiny", 224, True, "1.167"),
        ("unet", 572, True, "1.461"),
        ("unet", 572, False, "1.457"),
    ],
)
def test_networks_of_which_greedy_needs_more(name: str, side: int, in_place: bool, greedy: str) -> None:
    network = archcalc.load(name)
    (channels, *_) = next(iter(network.spec.inputs.values()))
    spans = spans_of(network.with_(input_shape=(channels, side, side)), in_place)
    found = smallest(spans)
    bound = Spans(spans).bound
    assert f"{found.greedy / bound:.4g}" == greedy
    assert found.size == bound
    assert is_plan(spans, list(found.offsets))
