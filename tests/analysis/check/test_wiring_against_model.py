"""Which output feeds which layer is compared: every way to wire a network otherwise is found."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import archcalc
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.pytorch.check.against import hold_against_model
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Spec
from tests.analysis.check.models import beside, exported, network
from tests.commands import run_here
from tests.conftest import ROOT
from tests.random_networks import branching

VALID, QUESTIONS = (ROOT / "tests" / "specs" / name for name in ("valid", "questions"))

RESIDUAL = """
input: [4, 7, 7]
defaults: {conv2d: {padding: 1, kernel_size: 3, out_channels: 4}}
layers:
  - {name: stem, op: conv2d, activation: relu}
  - {name: c1, op: conv2d}
  - {name: n1, op: batch_norm2d, activation: relu}
  - {name: c2, op: conv2d}
  - {name: s1, op: add, from: [c2, stem], activation: relu}
  - {name: c3, op: conv2d}
  - {name: s2, op: add, from: [c3, s1, stem]}
  - {name: pool, op: adaptive_avg_pool2d, output_size: 1}
  - {name: flat, op: flatten}
  - {name: fc, op: linear, out_features: 3}
"""
INCEPTION = """
input: [4, 7, 7]
layers:
  - {name: a, op: conv2d, from: input, out_channels: 4, kernel_size: 1, activation: relu}
  - {name: b1, op: conv2d, from: input, out_channels: 4, kernel_size: 1, activation: relu}
  - {name: b2, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, activation: relu}
  - {name: c, op: max_pool2d, from: input, kernel_size: 3, stride: 1, padding: 1}
  - {name: all, op: concat, from: [a, b2, c, input]}
  - {name: d, op: conv2d, out_channels: 4, kernel_size: 1}
  - {name: more, op: concat, from: [d, a, input]}
  - {name: gap, op: adaptive_avg_pool2d, output_size: 1}
"""
TOWERS = """
input: [4, 7, 7]
layers:
  - op: towers
    devices: [x, y]
    layers:
      - {name: one, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1, activation: relu}
      - {name: two, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1}
      - {name: sum, op: add, from: [two, one]}
      - {name: all, op: conv2d, out_channels: 2, kernel_size: 1, gather: true}
  - {name: both, op: concat, from: [all, input]}
  - {name: end, op: conv2d, out_channels: 2, kernel_size: 1}
"""
HEADS = """
input: [4, 7, 7]
layers:
  - {name: stem, op: conv2d, out_channels: 4, kernel_size: 1, activation: relu}
  - {name: left, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: right, op: conv2d, from: stem, out_channels: 4, kernel_size: 1}
  - {name: end, op: softmax, from: right}
"""
NETWORKS = {"residual": RESIDUAL, "inception": INCEPTION, "towers": TOWERS, "heads": HEADS}
FILES = {"resnet18": (3, 32, 32), "googlenet": (3, 32, 32), "decoder": None, "densenet121": (3, 32, 32)}


def graph_of(name: str) -> Graph:
    if name in NETWORKS:
        return network(NETWORKS[name]).graph
    shape = FILES[name]
    path = VALID / f"{name}.yaml"
    return archcalc.load(path if path.exists() else name, input_shape=shape).graph


def wired_otherwise(graph: Graph, most: int | None = None) -> Iterator[tuple[str, Graph]]:
    """Each network, or a sample, in which one layer reads one other layer before it; and what was changed."""
    ways = list(_ways(graph.spec))
    if most is not None and most < len(ways):
        ways = Random(0).sample(ways, most)
    for place, at, other in ways:
        entry = graph.spec.layers[place]
        try:
            changed = link(_with_inputs(graph.spec, place, (*entry.inputs[:at], other, *entry.inputs[at + 1 :])))
        except ArchError:
            continue
        if changed.nodes[-1].output_shape == graph.nodes[-1].output_shape:
            yield f"input {at + 1} of {entry.name} is {other}, not {entry.inputs[at]}", changed


def _ways(spec: Spec) -> Iterator[tuple[int, int, str]]:
    """The place of each layer, of each of its inputs, and each other layer that it could read there."""
    for place, entry in enumerate(spec.layers):
        for at, name in enumerate(entry.inputs):
            for other in (INPUT, *(before.name for before in spec.layers[:place])):
                if other != name:
                    yield place, at, other


def _with_inputs(spec: Spec, place: int, inputs: tuple[str, ...]) -> Spec:
    entry = spec.layers[place]._replace(inputs=inputs)
    return replace(spec, layers=(*spec.layers[:place], entry, *spec.layers[place + 1 :]))


@pytest.mark.parametrize("name", [*NETWORKS, *FILES])
def test_a_network_is_wired_as_its_own_export(name: str) -> None:
    graph = graph_of(name)
    assert beside(graph, exported(graph, "meta"), "meta").differences == []
    if name in NETWORKS:
        assert beside(graph, exported(graph)).differences == []


@pytest.mark.parametrize("name", NETWORKS)
def test_every_other_wiring_is_found_without_a_number(name: str) -> None:
    graph, model = graph_of(name), exported(graph_of(name), "meta")
    found = list(wired_otherwise(graph))
    assert len(found) >= 10
    for what, other in found:
        assert beside(other, model, "meta").differences, what


@pytest.mark.parametrize("name", NETWORKS)
def test_every_other_wiring_of_a_merge_is_named_by_its_input(name: str) -> None:
    graph, model = graph_of(name), exported(graph_of(name), "meta")
    merges = {node.name for node in graph.nodes if node.layer.merges}
    for what, other in wired_otherwise(graph):
        layer = what.split(" of ")[1].split(" is ")[0]
        if layer in merges and layer != "sum":  # whose layers stand on two devices
            said = [words for words in beside(other, model, "meta").differences if words.startswith(f"layer {layer}: ")]
            assert len(said) == 1, what
            assert " here, " in said[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_other_wiring_is_found_by_its_outputs_too(name: str) -> None:
    graph, model = graph_of(name), exported(graph_of(name))
    for what, other in islice(wired_otherwise(graph), 0, None, 3):
        found = beside(other, model)
        if found.outputs and len(found.outputs) == len(graph.outputs):
            assert not all(output.agrees for output in found.outputs), what


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_other_wiring_of_a_real_network_is_found(name: str) -> None:
    graph, model = graph_of(name), exported(graph_of(name), "meta")
    found = 0
    for what, other in wired_otherwise(graph, most=200):
        assert beside(other, model, "meta").differences, what
        found += 1
    assert found >= 10


def work(graph: Graph) -> Counter[str]:
    """Return what each layer does to the input, which is all that tells two layers without weights apart."""
    done = {INPUT: INPUT}
    for node in graph.nodes:
        reads = [done[name] for name in node.inputs]
        done[node.name] = f"{node.layer}({', '.join(sorted(reads) if node.layer.commutes else reads)})"
    return Counter(done.values())


@given(spec=branching(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_random_networks_are_wired_as_their_exports_and_no_other_way(spec: Spec, data: st.DataObject) -> None:
    try:
        graph = link(spec)
        model = exported(graph, "meta")
    except ArchError:
        return
    assert beside(graph, model, "meta").differences == []
    others = [(what, other) for what, other in islice(wired_otherwise(graph), 40) if work(other) != work(graph)]
    if others:
        what, other = data.draw(st.sampled_from(others))
        assert beside(other, model, "meta").differences, what


@pytest.mark.parametrize("name", ["Net", "NetOnes"])
def test_a_branch_that_reads_another_tensor_is_named(name: str) -> None:
    spec, model = QUESTIONS / "zi.yaml", QUESTIONS / "zi.py"
    done = run_here("check", str(spec), "--against", f"{model}:{name}")
    assert done.returncode == 1
    assert "archcalc: zi: layer c1: reads c0 here, r0 in the model\n" in done.stderr
    assert "archcalc: zi: output s differs by up to " in done.stderr
    on_meta = hold_against_model(archcalc.load(spec).graph, f"{model}:{name}", "meta")
    assert on_meta.differences == ["layer c1: reads c0 here, r0 in the model"]


def test_the_model_as_it_is_written_agrees() -> None:
    found = hold_against_model(archcalc.load(QUESTIONS / "zi.yaml").graph, f"{QUESTIONS / 'zi.py'}:AsWritten", "cpu")
    assert found.differences == []


class Branches(nn.Module):
    """Inputs of merges, in an order that a test chooses."""

    def __init__(self, merge: str) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(4, 4, 1) for _ in range(3))
        self.merge = merge

    def forward(self, x: Tensor) -> Tensor:
        branches = {"a": self.a(x), "b": self.b(x).relu(), "c": self.c(x).sigmoid()}
        merged: Tensor = eval(self.merge, {"torch": torch, "x": x, **branches})
        return merged


BRANCHES = """
input: [4, 5, 5]
defaults: {{conv2d: {{out_channels: 4, kernel_size: 1}}}}
layers:
  - {{name: a, op: conv2d}}
  - {{name: b, op: conv2d, from: input, activation: relu}}
  - {{name: c, op: conv2d, from: input, activation: sigmoid}}
{}
"""
SUM = "  - {name: all, op: add, from: [a, b, c]}"
SUMS = "  - {name: two, op: add, from: [a, b]}\n  - {name: all, op: add, from: [two, c]}"
CAT = "  - {name: all, op: concat, from: [a, b, c]}"
CATS = "  - {name: two, op: concat, from: [a, b]}\n  - {name: all, op: concat, from: [two, c]}"


@pytest.mark.parametrize(
    ("layers", "merge"),
    [
        (SUM, "a + b + c"),
        (SUM, "c + a + b"),
        (SUM, "a + (b + c)"),
        (SUM, "sum([b, c, a])"),
        (SUM, "a.add_(b).add_(c)"),
        (SUM, "torch.add(torch.add(c, b), a)"),
        (SUMS, "a + b + c"),
        (SUMS, "c + (b + a)"),
        (SUMS, "a + c + b"),
        (CAT, "torch.cat([a, b, c], 1)"),
        (CAT, "torch.cat((a, b, c), dim=-3)"),
        (CAT, "torch.cat([torch.cat([a, b], 1), c], 1)"),
        (CAT, "torch.cat([a, torch.cat([b, c], 1)], 1)"),
        (CAT, "torch.concat([a, b, c], axis=1)"),
        (CATS, "torch.cat([torch.cat([a, b], 1), c], 1)"),
    ],
)
def test_a_merge_agrees_however_it_is_written(layers: str, merge: str) -> None:
    graph = network(BRANCHES.format(layers)).graph
    assert beside(graph, Branches(merge)).differences == []


@pytest.mark.parametrize(
    ("layers", "merge", "difference"),
    [
        (SUM, "a + b + b", "layer all: input 3 is c.sigmoid here, b.relu in the model"),
        (SUM, "a + b + 2 * c", "(mul): only in the model"),
        (SUM, "a + b", "layer all: reads a, b.relu, c.sigmoid here, a, b.relu in the model"),
        (SUM, "a + b + c + x", "layer all: reads a, b.relu, c.sigmoid here, a, b.relu, c.sigmoid, input in the model"),
        (SUM, "torch.add(a + b, c, alpha=2)", "(add): only in the model"),
        (SUMS, "torch.add(a + b, c, alpha=2)", "layer all: alpha none here, 2 in the model"),
        (SUMS, "(a + b) + b", "layer all: input 2 is c.sigmoid here, b.relu in the model"),
        (CAT, "torch.cat([a, c, b], 1)", "layer all: input 2 is b.relu here, c.sigmoid in the model"),
        (CAT, "torch.cat([a, b, x], 1)", "layer all: input 3 is c.sigmoid here, input in the model"),
        (CAT, "torch.cat([a, a, a], 1)", "layer all: input 2 is b.relu here, a in the model"),
        (CATS, "torch.cat([torch.cat([b, a], 1), c], 1)", "layer all: input 1 is a here, b.relu in the model"),
    ],
)
def test_a_merge_of_something_else_differs(layers: str, merge: str, difference: str) -> None:
    graph = network(BRANCHES.format(layers)).graph
    found = beside(graph, Branches(merge))
    assert any(words.startswith(difference) for words in found.differences), found.differences
    assert not all(output.agrees for output in found.outputs) or not found.outputs


class ShortcutFirst(nn.Module):
    """A block that runs its shortcut before its branch, where the spec has it after it."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.shortcut = nn.Conv2d(4, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.shortcut(x)
        return self.c2(self.c1(x).relu()) + shortcut


BLOCK = """
input: [4, 7, 7]
layers:
  - {name: c1, op: conv2d, out_channels: 6, kernel_size: 3, padding: 1, activation: relu}
  - {name: c2, op: conv2d, out_channels: 6, kernel_size: 3, padding: 1}
  - {name: shortcut, op: conv2d, from: input, out_channels: 6, kernel_size: 1}
  - {name: sum, op: add, from: [c2, shortcut]}
"""


def test_branches_may_run_in_any_order() -> None:
    found = beside(network(BLOCK).graph, ShortcutFirst())
    assert found.differences == []
    assert [pair.theirs.name for pair in found.layers if pair.theirs] == ["c1", "(relu)", "c2", "shortcut", "(add)"]


class Twins(nn.Module):
    """Two convolutions that are alike, joined in another order than they run in."""

    def __init__(self) -> None:
        super().__init__()
        self.second, self.first = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        second = self.second(x)
        return torch.cat([self.first(x), second], 1)


def test_layers_that_are_alike_may_run_in_any_order() -> None:
    layers = """
input: [4, 5, 5]
layers:
  - {name: a, op: conv2d, out_channels: 4, kernel_size: 1}
  - {name: b, op: conv2d, from: input, out_channels: 4, kernel_size: 1}
  - {name: ab, op: concat, from: [a, b]}
"""
    found = beside(network(layers).graph, Twins())
    assert found.differences == []
