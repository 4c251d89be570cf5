"""Conventions: what they say of kinds and networks, and what they say against each other."""

from itertools import combinations, pairwise
from pathlib import Path

import pytest

from archcalc.analysis.conventions import CONVENTIONS, find
from archcalc.analysis.conventions.convention import EVERY_OTHER, read_weights
from archcalc.analysis.conventions.costs import add_up_costs, price, terms, total, totals
from archcalc.analysis.conventions.facts import QUANTITIES, Facts
from archcalc.analysis.quoted import About
from archcalc.analysis.reconcile.ladder import Ladder, ladder, way
from archcalc.errors import ArchError
from archcalc.layers import KINDS
from archcalc.table import measure
from tests.analysis.conventions.counted import SPECS, VALID, by, graph_of
from tests.peers import network_of_one
from tests.sizes import FEW, by_size


def test_netscope_counts_the_squares_of_an_lrn() -> None:
    # 724,406,816 of convolutions and linear layers, 5 for each element that norm1 and norm2 read:
    # 5 * (96*55*55 + 256*27*27) = 2,385,120; Caffe's deploy.prototxt has 10 images
    assert by("netscope", graph_of("caffe")) == 724_406_816 + 2_385_120
    # LRN after the pools: 5 * (96*27*27 + 256*13*13) = 566,240
    assert by("netscope", graph_of("caffenet")) == 724_406_816 + 566_240


def test_paddleclas_of_2020_divides_by_the_groups_twice(tmp_path: Path) -> None:
    # c_in of the filter, 3, by 2 groups again: 2 * 8 * 4*4 outputs * 3*3 * 3 / 2
    assert by("paddleclas-2020", network_of_one("conv2d", tmp_path).graph) == 2 * 128 * 9 * 3 // 2


def test_imgclsmob_counts_one_row_of_a_linear_layer(tmp_path: Path) -> None:
    # 2 * 9 * 5, and one for each of the 5 outputs less where there is no bias, whatever comes before the last axis
    assert by("imgclsmob", network_of_one("linear_on_maps", tmp_path).graph) == 90
    assert by("imgclsmob", network_of_one("linear_bare_on_maps", tmp_path).graph) == 85
    # (2 * 3*2 * 5*4 - 1) * 6*8 // 2: kernel 3x2 by stride 1 on 9x9 leaves 7x8 places
    assert by("imgclsmob", network_of_one("conv2d_bare", tmp_path).graph) == (2 * 6 * 7 * 8 - 1) * 6 * 8 // 2


def test_what_says_nothing_about_any_layer_has_no_number(tmp_path: Path) -> None:
    spec = tmp_path / "quiet.yaml"
    layers = "  - {name: pool, op: max_pool2d, kernel_size: 3}\n  - {name: act, op: hardswish}\n"
    spec.write_text(f"archcalc: 1\nname: quiet\ninput: [6, 9, 9]\nlayers:\n{layers}")
    graph = graph_of(str(spec))
    found = {one.convention.name: one for one in totals(graph)}
    assert (found["darknet"].cost, found["darknet"].not_counted) == (None, ("max_pool2d", "hardswish"))
    assert (found["thop"].cost, found["thop"].not_counted) == (0, ("hardswish",))
    steps = ladder(graph)
    assert "darknet" in {one.convention.name for one in steps.silent}
    with pytest.raises(ArchError, match="darknet says nothing about any layer of quiet"):
        way(graph, [find("macs"), find("darknet")])


def test_darknet_counts_groups_as_one() -> None:
    # Caffe's AlexNet has two groups in conv2, conv4 and conv5, the single tower one
    assert by("darknet", graph_of("caffe")) == by("darknet", graph_of("single_tower")) == 2 * 1_135_256_096


@pytest.mark.parametrize("spec", by_size(SPECS, FEW))
def test_layers_add_up_to_the_total_of_every_convention(spec: str) -> None:
    graph = graph_of(spec)
    table, counted = measure(graph), terms(graph)
    for convention in CONVENTIONS.values():
        priced = price(graph, table, convention)
        assert priced.total == total(convention, counted)
        silent = {row.op for row, cost in zip(table.rows, priced.costs, strict=True) if cost is None}
        assert silent == {*priced.total.not_counted, *priced.total.not_known}
        assert priced.total.cost == (None if priced.total.not_known else add_up_costs(priced.costs))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_our_conventions_are_the_table(spec: str) -> None:
    graph = graph_of(spec)
    totals = measure(graph).totals
    counted = tuple(by(name, graph) for name in ("macs", "flops", "params"))
    assert counted == (totals.macs, totals.flops, totals.params)
    assert not total(find("macs"), terms(graph)).not_counted


def test_devices_and_batches_are_counted_in() -> None:
    graph = graph_of("paper")
    convention = find("ptflops")
    folded, apart = (price(graph, measure(graph, 3, per_device), convention) for per_device in (False, True))
    assert folded.total == apart.total == total(convention, terms(graph, 3))
    assert folded.total.cost == 3 * by("ptflops", graph)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_the_ladder_rises_by_its_steps_and_holds_every_convention_once(spec: str) -> None:
    found = ladder(graph_of(spec))
    _add_up(found)
    totals = [rung.cost for rung in found.rungs]
    assert totals == sorted(set(totals))
    named = [one.name for rung in found.rungs for one in rung.conventions]
    costs = [name for name, one in CONVENTIONS.items() if one.about is About.COST]
    assert sorted([*named, *(one.convention.name for one in found.silent)]) == sorted(costs)


@pytest.mark.parametrize("spec", ["torchvision", "paper", str(VALID / "every_kind.yaml")])
def test_every_way_adds_up_and_leads_back(spec: str) -> None:
    graph = graph_of(spec)
    pairs = combinations(CONVENTIONS.values(), 2)
    for one, other in ((one, other) for one, other in pairs if one.about is other.about):
        there, back = way(graph, [one, other]), way(graph, [other, one])
        _add_up(there)
        assert sorted(step.change for step in there.rungs[1].steps) == sorted(
            -step.change for step in back.rungs[1].steps
        )


def _add_up(found: Ladder) -> None:
    for before, after in pairwise(found.rungs):
        assert before.cost + sum(step.change for step in after.steps) == after.cost
        for step in after.steps:
            assert step.change
            assert step.change == step.times * step.term.amount


def test_a_kind_of_which_a_convention_has_not_been_told_is_not_known() -> None:
    for convention in CONVENTIONS.values():
        assert convention.weights("a_new_kind") is None
        assert convention.cost("a_new_kind", Facts(macs=1)) is None
        assert not convention.is_known("a_new_kind")
        told = [*convention.counts, *convention.free, *convention.silent]
        assert len(told) == len(set(told)), "one of counts, free and silent"
        assert set(told) <= {*KINDS, EVERY_OTHER}


def test_every_quantity_has_words_and_is_counted_by_some_convention() -> None:
    assert set(QUANTITIES) == set(Facts._fields)
    every = (weights for one in CONVENTIONS.values() for weights in one.counts.values())
    assert {name for weights in every for name in weights} == set(QUANTITIES)


def test_every_convention_says_what_it_is_and_where_that_is_written() -> None:
    for name, one in CONVENTIONS.items():
        assert name == one.name
        assert one.tool
        assert one.version
        assert one.word
        assert one.means
        assert one.url.startswith("https://") or one.tool == "archcalc"


@pytest.mark.parametrize("text", ["", "2 x macs", "macs+bias", "nothing", "macs + macs", "1.5 macs"])
def test_weights_that_cannot_be_read(text: str) -> None:
    if not text:
        assert read_weights(text) == {}
        return
    with pytest.raises(ValueError, match="no weights"):
        read_weights(text)
