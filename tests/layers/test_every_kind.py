"""Every layer kind through every command, and every declaration of a kind held against what torch does.

`faults` says what is wrong with a kind. It finds nothing in any of them, and something wherever a declaration is turned
round or left out.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archcalc
from archcalc.analysis.check.against import Beside, beside
from archcalc.analysis.check.agreement import hold_against
from archcalc.analysis.check.calls import folded
from archcalc.analysis.check.pairing import put_together
from archcalc.analysis.compare.comparison import compare
from archcalc.analysis.conventions import CONVENTIONS
from archcalc.analysis.conventions.costs import price, terms, total
from archcalc.analysis.explain.explanation import explain
from archcalc.analysis.reconcile.ladder import ladder
from archcalc.analysis.solve.solution import solve
from archcalc.calls import with_joined
from archcalc.exchange.pytorch_source import class_name, source
from archcalc.exchange.yaml import to_yaml
from archcalc.graph import Graph, Node, link
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import FAMILIES, Role, kind, merging
from archcalc.layers.fields import Count
from archcalc.pytorch.build import build
from archcalc.pytorch.check.observe import observe
from archcalc.pytorch.trace import trace
from archcalc.render.explain.layers import layer_sheets
from archcalc.render.formats.plain import render
from archcalc.render.solve import inputs as solved_inputs
from archcalc.twins import place
from tests.cases import CASES
from tests.conftest import ROOT
from tests.peers import network_of_one


def layer_of(graph: Graph) -> Node:
    """The layer that the network is of, whatever stands before it."""
    return graph.nodes[-1]


def faults(op: str, folder: Path) -> list[str]:
    """Return what is wrong with a kind, in a network of it alone."""
    network = network_of_one(op, folder)
    checks: list[Callable[[archcalc.Network], Iterator[str]]] = [
        *(in_words, in_conventions, beside_itself, beside_torch, beside_its_own_module, as_source, as_text),
        *(solved, what_it_mixes, what_it_does, what_it_computes, what_its_weights_go_with, what_torch_calls_it),
        *(what_order_does, what_torch_reduces),
    ]
    found = []
    for check in checks:
        try:
            found += check(network)
        except Exception as error:  # whatever a wrong declaration leads to
            found.append(f"{check.__name__}: {type(error).__name__}: {error}")
    return found


def in_words(network: archcalc.Network) -> Iterator[str]:
    graph, table = network.graph, network.table()
    explanations = [explain(graph, node.name) for node in graph.nodes]
    explained = [one.layers[0] for one in explanations]
    for one, row in zip(explained, table.rows, strict=True):
        values = {section.of: section.value for section in one.sections}
        if (values["output"], values["params"], values["macs"]) != (row.output_shape, row.params, row.macs):
            yield f"explained as {values}, the table has {row}"
    if not all(render(layer_sheets(one)) for one in explanations):
        yield "nothing is explained"


def in_conventions(network: archcalc.Network) -> Iterator[str]:
    graph, table = network.graph, network.table()
    counted = terms(graph)
    for convention in CONVENTIONS.values():
        priced = price(graph, table, convention)
        costs = [cost for cost in priced.costs if cost is not None]
        if priced.total != total(convention, counted) or (priced.total.cost or 0) not in (0, sum(costs)):
            yield f"{convention.name}: {priced}"
    if price(graph, table, CONVENTIONS["macs"]).total.cost != table.totals.macs:
        yield "macs, as a convention, is not the table's"
    if not any("macs" in (one.name for one in rung.conventions) for rung in ladder(graph).rungs):
        yield "reconcile has no macs"


def beside_itself(network: archcalc.Network) -> Iterator[str]:
    if compare([network.graph, network.graph]).differ:
        yield "differs from itself"
    node = layer_of(network.graph)
    for row in CASES:
        if type(row.layer) is type(node.layer) and row.layer != node.layer:
            entries = (*network.spec.layers[:-1], network.spec.layers[-1]._replace(layer=row.layer))
            try:
                other = link(replace(network.spec, layers=entries))
            except archcalc.ArchError:
                continue
            if not compare([network.graph, other]).differ:
                yield f"nothing differs from {row.layer}"


def beside_torch(network: archcalc.Network) -> Iterator[str]:
    agreement = hold_against(network.table(), observe(network.graph, "meta"), "meta")
    yield from agreement.differences
    if agreement.layers[-1].is_counted != bool(network.table().rows[-1].macs):
        yield "is counted without multiply-accumulates, or the other way round"


def beside_its_own_module(network: archcalc.Network) -> Iterator[str]:
    traced = trace(build(network.graph).eval(), torch.rand(1, *network.spec.input_shape))
    paired = put_together(place(network.graph), network.spec.inputs, network.graph.outputs, traced.seen)
    yield from (words for pair in beside(paired) for words in pair.differences)
    yield from paired.rewired.outputs


def as_source(network: archcalc.Network) -> Iterator[str]:
    scope: dict[str, type[nn.Module]] = {}
    exec(source(network.graph), scope)
    exported, built = scope[class_name(network.spec.name)]().eval(), build(network.graph).eval()
    exported.load_state_dict(built.state_dict())
    x = torch.rand(2, *network.spec.input_shape)
    if not torch.equal(exported(x), built(x)):
        yield "the exported source makes other outputs"


def as_text(network: archcalc.Network) -> Iterator[str]:
    path = Path(network.spec.file)
    path.write_text(to_yaml(network.spec), encoding="utf-8")
    again = archcalc.load(path).spec
    if [entry.layer for entry in again.layers] != [entry.layer for entry in network.spec.layers]:
        yield "what show writes reads as another layer"


def solved(network: archcalc.Network) -> Iterator[str]:
    if KINDS[network.spec.layers[-1].layer.op].axes != 2 and len(network.spec.input_shape) != 3:
        try:
            solve(network.spec, up_to=12)
        except archcalc.ArchError as error:
            if "solve looks for height and width only; archcalc sweep SPEC --input 1..512" in str(error):
                return
        yield "solve looks for a height and a width where there are none"
    solution = solve(network.spec, up_to=12)
    render([solved_inputs.sheet(solution)])
    assert solution.sizes is not None
    for size in range(1, 13):
        try:
            link(replace(network.spec, input_shape=(network.spec.input_shape[0], size, size)))
            passes = True
        except archcalc.ArchError:
            passes = False
        if passes != all(axis.has(size) for axis in solution.sizes):
            yield f"{size}x{size} passes: {passes}, which solve does not say"


@torch.no_grad()
def runner(network: archcalc.Network) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """The layer alone with random weights, and an input for it."""
    node, module = layer_of(network.graph), build(network.graph).eval()
    torch.manual_seed(0)
    x = torch.rand(1, *node.device_inputs[0], dtype=torch.float64) + 0.5
    for parameter in module.double().parameters():
        parameter.add_(torch.rand_like(parameter))
    first, *others = node.device_inputs
    fixed = {i: torch.rand(1, *shape, dtype=torch.float64) for i, shape in enumerate(others, 1) if shape != first}

    def run(tensor: Tensor) -> Tensor:
        tensors = [fixed.get(i, tensor * (1 + i / 2)) for i in range(len(node.device_inputs))]
        return module.run_alone(node.name, tensors)[0]

    return run, x


def of_places(layer: Layer) -> bool:
    """Whether a layer has other weights at each place, which go with height and width too."""
    return layer.op == "local2d"


@torch.no_grad()
def what_it_mixes(network: archcalc.Network) -> Iterator[str]:
    run, x = runner(network)
    before = run(x)
    changed = torch.zeros_like(before)
    for channel in range(x.shape[1]):
        other = x.clone()
        other[:, channel] += 0.25
        changed += run(other) != before
    if bool((changed > 1).any()) != layer_of(network.graph).layer.mixes_channels:
        yield f"an output reads up to {int(changed.max())} channels"


@torch.no_grad()
def what_it_does(network: archcalc.Network) -> Iterator[str]:
    layer, (run, x) = layer_of(network.graph).layer, runner(network)
    same = torch.equal(run(x - 1).flatten(), (x - 1).flatten())
    if layer.idle != same:
        yield f"it is {'not ' * (not same)}idle in inference"
    learns = bool(layer.param_shapes(*layer_of(network.graph).device_inputs))
    of_roles = (layer.role is Role.WEIGHTS) == (layer.counted and learns)
    if not of_roles or (layer.role is Role.MERGE) != layer.merges:
        yield f"its role is not {layer.role}"


@torch.no_grad()
def what_order_does(network: archcalc.Network) -> Iterator[str]:
    node, module = layer_of(network.graph), build(network.graph).eval()
    some = [torch.rand(1, *shape) for shape in node.device_inputs]
    if len(set(node.device_inputs)) > 1:
        if node.layer.commutes or node.layer.associates:
            yield "it reads layers of other shapes, of which there is one order"
        return
    there, back = (module.run_alone(node.name, tensors)[0] for tensors in (some, some[::-1]))
    if len(some) > 1 and torch.allclose(there, back) != node.layer.commutes:
        yield "the order of what it reads changes nothing, or does and should not"
    if len(some) == 1 and (node.layer.commutes or node.layer.associates):
        yield "it reads one layer, of which there is one order"
    if len(some) > 1:
        first, second, third = (some * 2)[:3]

        def run(*tensors: Tensor) -> Tensor:
            return module.run_alone(node.name, tensors)[0]

        try:
            forms = [run(run(first, second), third), run(first, run(second, third))]
        except RuntimeError:  # what it makes has another shape than it reads
            forms = [first.new_zeros(()), first.new_ones(())]
        forms += [run(first, second, third)] if len(some) > 2 else []
        if all(torch.allclose(forms[0], form) for form in forms) != node.layer.associates:
            yield "it makes something else in parts, or the same and should not"


@torch.no_grad()
def what_torch_reduces(network: archcalc.Network) -> Iterator[str]:
    layer = layer_of(network.graph).layer
    run, x = runner(network)
    if layer.role is Role.POOL and "output_size" in layer.fields:
        whole = type(layer)(output_size=1)
        run = build(link(replace(network.spec, layers=(network.spec.layers[-1]._replace(layer=whole),)))).double()
    for name in REDUCTIONS:
        does = x.dim() == 4 and torch.equal(getattr(torch, name)(x, (2, 3), keepdim=True), run(x))
        if does != (name in layer.torch_reductions):
            yield f"{name} over places is {'not ' * (not does)}its work"
    if layer.torch_reductions and not set(layer.torch_reductions) & {*REDUCTIONS}:
        yield "it has unknown reductions"


pytestmark = pytest.mark.filterwarnings("ignore:.nn.functional.upsample. is deprecated")

REDUCTIONS = ("mean", "amax", "sum")


def what_its_weights_go_with(network: archcalc.Network) -> Iterator[str]:
    layer, found = layer_of(network.graph).layer, False
    shapes = [
        x
        for x in ((6, 9, 10, 11)[: 1 + layer.axes], (6,))
        if not layer.merges and all(need.holds for need in layer.requirements(x))
    ]
    for x in shapes[:1]:  # of one that reads maps and features, axis 0 of features is its last too
        for axis, size in enumerate(x):
            wider = (*x[:axis], 2 * size, *x[axis + 1 :])
            goes_with = layer.param_shapes(wider) != layer.param_shapes(x)
            from_the_end = len(x) == 1 or (layer.input_axis or 0) < 0  # features are always counted from the end
            if (
                goes_with
                and not (axis and of_places(layer))
                and (layer.input_axis is None or axis - len(x) * from_the_end != layer.input_axis)
            ):
                yield f"its weights go with axis {axis} of {x}"
            found |= goes_with
    if bool(found) != (layer.input_axis is not None):
        yield f"its weights go with {'an' if found else 'no'} axis of its input"


def what_torch_calls_it(network: archcalc.Network) -> Iterator[str]:
    node = layer_of(network.graph)
    layer, twin = node.layer, node.layer.twin(*node.device_inputs)
    if twin.call != layer.torch_call:
        yield f"its twin calls {twin.call}"
    if ("groups" in twin.keywords) != (layer.groups_of_channels is not None):
        yield "its groups are not known as such"
    if bool(twin.adds_up) and layer.counted and layer.in_one_group(2) is None:
        yield "its width is not known as such"
    is_function = hasattr(functional, layer.op) or hasattr(torch, layer.op)
    has_tensors = layer.param_shapes(*node.device_inputs) or layer.buffer_shapes(*node.device_inputs)
    if is_function and layer.op not in layer.torch_functions and not has_tensors:
        yield f"torch's function {layer.op} is this kind"
    function = twin.call.removeprefix("torch.")
    if not twin.is_module and function not in (*layer.torch_functions, *layer.torch_by_number):
        yield f"its twin calls {function}, which is not among its functions"
    for name, words in layer.torch_functions.items():
        yield from (f"{name}: {one}" for pair in beside_function(network, name, words) for one in pair.differences)


@torch.no_grad()
def what_it_computes(network: archcalc.Network) -> Iterator[str]:
    node, (run, x) = layer_of(network.graph), runner(network)
    function = getattr(functional, node.layer.op, None) or getattr(torch, node.layer.op, None)
    words = node.layer.torch_functions.get(node.layer.op)
    if function is None or words is None or node.layer.merges:
        return
    keywords = node.layer.twin(*node.device_inputs).keywords
    given = {word: keywords[word] for word in words} | (
        {"training": False} if node.layer.idle and words == ("p",) else {}
    )
    made, part = function(x, **given), node.layer.twin(*node.device_inputs).part
    if not torch.equal(run(x), made if part is None else made[part.number]):
        yield "its module computes something else than torch's function of that name"


def beside_function(network: archcalc.Network, name: str, words: tuple[str, ...]) -> list[Beside]:
    """The layer beside a model that calls a function of torch in its place."""
    node = layer_of(network.graph)
    twin = node.layer.twin(*node.device_inputs)
    function = getattr(functional, name, None) or getattr(torch, name)

    class Model(nn.Module):
        def forward(self, x: Tensor) -> Any:
            if name == "max_unpool2d":
                given = [twin.keywords[word] for word in ("kernel_size", "stride", "padding")]
                pooled, places = functional.max_pool2d(x, *given, return_indices=True)
                return function(pooled, places, *given, x.shape[2:])
            tensors = [x] * len(node.device_inputs)
            if twin.takes_list:
                return function(tensors, **twin.keywords)
            if len(tensors) > 1:
                return reduce(function, tensors)
            made = function(x, **{word: twin.keywords[word] for word in words})
            return made if twin.part is None else made[twin.part.number]

    seen = trace(Model(), torch.rand(1, *node.device_inputs[-1])).seen
    theirs = with_joined(seen.calls, seen.outputs, lambda inner, outer: inner.op == outer.op)[-1]
    ours = folded(place(network.graph), network.spec.inputs, network.graph.outputs).calls[-1]
    return [Beside(ours=ours, theirs=theirs)]


@pytest.mark.parametrize("op", KINDS)
def test_every_kind_passes_through_every_command(op: str, tmp_path: Path) -> None:
    assert faults(op, tmp_path) == []


TURNED = {
    "counted": lambda value: not value,
    "idle": lambda value: not value,
    "mixes_channels": lambda value: not value,
    "torch_call": lambda value: "nn.Sigmoid" if value != "nn.Sigmoid" else "nn.Tanh",
    "torch_functions": lambda value: {} if value else {"threshold": ()},
    "role": lambda value: Role.MERGE if value is not Role.MERGE else Role.POOL,
    "input_axis": lambda value: 0 if value in (-1, None) else -1,
    "torch_ignored": lambda value: (),
    "torch_reductions": lambda value: () if value else ("mean",),
    "commutes": lambda value: not value,
    "associates": lambda value: not value,
}
"""Each declaration as it is not."""


SOME = ("conv2d", "linear", "max_pool2d", "adaptive_avg_pool2d", "batch_norm2d", "relu", "dropout", "flatten", "add")
"""Kinds that between them need every declaration; the others are slow."""

WRONG = [
    pytest.param(op, name, marks=[] if op in SOME else [pytest.mark.slow])
    for op, one in KINDS.items()
    for name, turned in TURNED.items()
    if turned(getattr(one, name)) != getattr(one, name)
]


@pytest.mark.parametrize(("op", "name"), WRONG)
def test_a_declaration_that_is_wrong_is_seen(
    op: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KINDS[op], name, TURNED[name](getattr(KINDS[op], name)))
    assert faults(op, tmp_path)


def unsaid(one: type[Layer], name: str) -> dict[str, Any]:
    """All that a kind says, itself and by what it is made of, without one thing."""
    said: dict[str, Any] = {}
    for part in reversed(one.__mro__[: one.__mro__.index(Layer)]):
        said |= vars(part)
    return {key: value for key, value in said.items() if key not in (name, "__dict__", "__weakref__", "op")}


DECLARED = [
    *("role", "counted", "idle", "mixes_channels", "input_axis", "torch_call", "torch_functions", "torch_ignored"),
    *("requirements", "output_shape", "param_shapes", "buffer_shapes", "macs", "units", "reads"),
    *("slides", "window", "twin"),
]


@pytest.mark.parametrize("op", KINDS)
def test_a_declaration_that_is_left_out_is_an_error_where_the_kind_is_defined(op: str) -> None:
    for name in DECLARED:
        partly = type("Partly", (Layer,), unsaid(KINDS[op], name))
        with pytest.raises(TypeError, match=f"the layer kind new does not say: {name}"):
            kind("new")(partly)
    assert kind("whole")(type("Whole", (Layer,), unsaid(KINDS[op], "")))
    del KINDS["whole"]


def test_a_field_of_groups_that_is_typed_as_any_count_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = KINDS["conv2d"].fields
    (count,) = Count.__metadata__
    monkeypatch.setitem(fields, "groups", fields["groups"]._replace(type=count))
    assert faults("conv2d", tmp_path)


def test_each_family_has_the_kinds_that_are_listed() -> None:
    assert [op for ops in FAMILIES.values() for op in ops.split()] == list(KINDS)
    for family, ops in FAMILIES.items():
        module = f"archcalc.layers.{family}"
        assert [op for op, one in KINDS.items() if one.__module__ == module] == ops.split()
    assert {op for op, one in KINDS.items() if one.merges} == set(merging())


@pytest.mark.parametrize("op", merging())
def test_a_kind_reads_as_many_layers_as_it_says(op: str) -> None:
    """Of the cases, and of three layers that are alike."""
    exactly = KINDS[op].reads_exactly
    assert exactly is None or {len(case.inputs) for case in CASES if case.layer.op == op} == {exactly}
    layer = next(case.layer for case in CASES if case.layer.op == op)
    takes_three = all(need.holds for need in layer.requirements(*[(4, 6, 6)] * 3))
    assert takes_three is (exactly is None)


def test_a_kind_that_is_not_used_is_not_loaded() -> None:
    code = "import sys, archcalc; archcalc.load('paper').table(); print(*(m for m in sys.modules if 'layers.' in m))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {module.rpartition(".")[2] for module in done.stdout.split()} & set(FAMILIES)
    assert loaded == {"conv", "norm", "pool", "linear", "activation", "softmax", "regularize", "reshape"}


def test_the_networks_of_the_tests_hold_every_kind() -> None:
    valid = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
    assert {entry.layer.op for path in valid for entry in archcalc.load(path).spec.layers} == set(KINDS)
