"""Networks as JavaScript, in a browser, number by number against archcalc's own tables."""

import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import archcalc
from archcalc.errors import Mark
from archcalc.exchange.javascript.program import Program, program
from archcalc.exchange.javascript.rules import open_fields
from archcalc.graph import Graph, link
from archcalc.spec.model import Entry, Spec
from tests.browser import evaluated
from tests.cases import CASES, Case
from tests.exchange.javascript.settings import ROWS, Setting, drawn, expected

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHARED = """
archcalc: 1
name: siamese
input: {left: [1, 40, 40], right: [1, 40, 40]}
layers:
  - {name: conv, op: local2d, from: left, out_channels: 4, kernel_size: 3, stride: 2, padding: 1, ceil_mode: caffe}
  - {name: pool, op: max_pool2d, kernel_size: 3, stride: 2, ceil_mode: unclipped}
  - {op: use, layer: conv, from: right, name: again}
  - {name: both, op: max_pool2d, from: again, kernel_size: 3, stride: 2, ceil_mode: true}
  - {name: joined, op: concat, from: [pool, both]}
"""

SEVERAL = """(networks) => JSON.stringify(JSON.parse(networks).map(({source, settings}) => {
  const {walk, network} = new Function(source + ";return {walk, network}")();
  return (%s)(settings);
}))"""


def found(browser: "Browser", several: list[tuple[Program, list[Setting]]]) -> list[list[dict[str, Any]]]:
    """What JavaScript has of the settings of several networks, in one call."""
    networks = [{"source": written.source(), "settings": settings} for written, settings in several]
    return json.loads(evaluated(browser, SEVERAL % ROWS, json.dumps(networks)))  # type: ignore[no-any-return]


def differing(browser: "Browser", several: list[tuple[Graph, Program, list[Setting]]]) -> Iterator[tuple[Any, ...]]:
    """Each setting of which JavaScript and archcalc do not have the same."""
    ours = found(browser, [(written, settings) for _, written, settings in several])
    for (graph, written, settings), theirs in zip(several, ours, strict=True):
        for setting, one in zip(settings, theirs, strict=True):
            wanted = expected(graph, written, setting)
            if one != wanted:
                yield graph.spec.name, setting, one, wanted


@pytest.mark.parametrize(
    "name", ["paper", "torchvision", "caffe", "unet", SHARED, pytest.param("inception_v3", marks=pytest.mark.slow)]
)
def test_a_network_with_other_numbers_is_what_archcalc_says(name: str, browser: "Browser") -> None:
    graph = archcalc.load(name).graph
    written, random = program(graph), Random(name)
    settings = [drawn(written, random) for _ in range(150)]
    assert [*differing(browser, [(graph, written, settings)])] == []
    outcomes = Counter(bool(expected(graph, written, setting)["fault"]) for setting in settings)
    assert min(outcomes[True], outcomes[False]) >= 15  # both what fits and what does not is among them


def alone(case: Case) -> Graph:
    inputs = {f"x{place}": shape for place, shape in enumerate(case.inputs)}
    entry = Entry("layer", case.layer, tuple(inputs), None, False, Mark("", 1, 1))
    return link(Spec(name=case.layer.op, input_shape=inputs, layers=(entry,)))


def test_every_kind_in_every_way_is_what_archcalc_says(browser: "Browser") -> None:
    random, several = Random(1), []
    for case in CASES:
        graph = alone(case)
        written = program(graph)
        several.append((graph, written, [*in_each_way(case, written, random)]))
    assert [*differing(browser, several)] == []
    ways = Counter(
        setting["layers"][0]["way"] for _, _, settings in several for setting in settings if setting["layers"]
    )
    assert len(ways) >= 13
    assert min(ways.values()) >= 20


def in_each_way(case: Case, written: Program, random: Random) -> Iterator[Setting]:
    """Draw settings of a layer that is alone, in each of its ways to pad and to round.

    Its fields are open, but for the count of a chunk, by which there are as many layers.
    """
    (layer,), (kind,) = written.data["layers"], written.data["kinds"]
    assert bool(kind["fields"]) == (bool(open_fields(case.layer)) and kind["op"] != "chunk")
    for way in kind["rules"]:
        for _ in range(3):
            setting = drawn(written, random)
            own = {"f": layer["f"], "way": way}
            setting["layers"] = {0: {**setting["layers"].get(0, own), "way": way}} if layer["f"] else {}
            yield setting
