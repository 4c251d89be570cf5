"""A network has as many outputs as layers that no later layer reads: everywhere where outputs matter."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

import archcalc
from archcalc.exchange.pytorch_source import class_name, source
from archcalc.layers.sizes import dims
from archcalc.pytorch.build import build
from archcalc.pytorch.check.observe import observe
from archcalc.pytorch.profile.protocol import Gradients
from archcalc.pytorch.profile.steps import loss
from tests.analysis.profile.tiny import asked
from tests.commands import run, run_here
from tests.conftest import BUNDLED, ROOT

QUESTIONS = ROOT / "tests" / "specs" / "questions"
ENDS = {
    "pnet_two_heads": ("conv4_1", "conv4_2"),
    "googlenet_aux": ("trunk", "aux_conv"),
    "dangling": ("a", "c"),
}


def question(name: str) -> archcalc.Network:
    return archcalc.load(QUESTIONS / f"{name}.yaml")


@pytest.mark.parametrize("name", ENDS)
def test_what_no_later_layer_reads_is_an_output(name: str) -> None:
    network = question(name)
    assert network.graph.outputs == ENDS[name]
    assert network.table().to_dict()["outputs"] == [*ENDS[name]]
    shapes = {node.name: node.output_shape for node in network.graph.nodes}
    assert f"2 outputs: {', '.join(f'{end} {dims(shapes[end])}' for end in ENDS[name])}" in str(network.table())
    assert network.table().to_dict()["output_shapes"] == [[*shapes[end]] for end in ENDS[name]]


@pytest.mark.parametrize("name", ENDS)
def test_an_unread_layer_that_is_not_the_last_is_cautioned_once(name: str) -> None:
    first, last = ENDS[name]
    said = f"layer {first}: no later layer reads it, so it is an output of the network, as {last} is"
    assert question(name).graph.cautions == [said]
    path = str(QUESTIONS / f"{name}.yaml")
    for command in ("table", "explain", "export", "check"):
        assert run_here(command, path).stderr == f"archcalc: {name}: {said}\n"
    assert run_here("validate", path).stderr == f"archcalc: {path}: {said}\n"


HEADS = {"googlenet_aux": ("fc", "aux2.fc2", "aux1.fc2"), "inception_v3_aux": ("fc", "AuxLogits.fc")}


@pytest.mark.parametrize("spec", HEADS)
def test_auxiliary_heads_come_in_torchvisions_order(spec: str) -> None:
    assert archcalc.load(spec).graph.outputs == HEADS[spec]  # _GoogLeNetOutputs: logits, aux_logits2, aux_logits1


@pytest.mark.parametrize("spec", [name for name in BUNDLED if name not in HEADS])
def test_a_chain_has_one_output_and_no_caution_of_it(spec: str) -> None:
    network = archcalc.load(spec)
    assert network.graph.outputs == (network.spec.layers[-1].name,)
    assert not [caution for caution in network.graph.cautions if "output" in caution]
    assert "outputs" not in str(network.table())


def test_up_to_a_layer_that_does_not_fit_the_outputs_are_those_that_were_reached() -> None:
    network = archcalc.load(QUESTIONS / "pnet_two_heads.yaml", input_shape=(3, 4, 4))
    part, fault = network.up_to_a_fault()
    assert fault is not None
    assert (part.graph.nodes[-1].name, part.graph.outputs, part.graph.cautions) == ("pool1", (), [])


@pytest.mark.parametrize("name", ENDS)
def test_a_module_gives_all_outputs_in_order(name: str) -> None:
    network = question(name)
    module, x = network.module().eval(), torch.rand(2, *network.spec.input_shape)
    with torch.no_grad():
        made, kept = module(x), module.outputs(x)
    assert isinstance(made, tuple)
    assert [output.shape[1:] for output in made] == [kept[end].shape[1:] for end in ENDS[name]]
    assert all(torch.equal(output, kept[end]) for output, end in zip(made, ENDS[name], strict=True))


@pytest.mark.parametrize("name", ENDS)
def test_an_exported_module_gives_them_too(name: str) -> None:
    network = question(name)
    scope: dict[str, Any] = {}
    code = source(network.graph)
    exec(code, scope)
    exported, built = scope[class_name(name)]().eval(), network.module().eval()
    built.load_state_dict(exported.state_dict())
    x = torch.rand(2, *network.spec.input_shape)
    with torch.no_grad():
        for ours, theirs in zip(exported(x), built(x), strict=True):
            assert torch.equal(ours, theirs)
    (forward,) = (node for node in ast.walk(ast.parse(code)) if getattr(node, "name", "") == "forward")
    assert isinstance(forward, ast.FunctionDef)
    assert forward.returns is not None
    assert ast.unparse(forward.returns) == "tuple[Tensor, Tensor]"


def test_the_source_of_many_outputs_names_none_in_its_first_line() -> None:
    layers = [
        {"name": f"a_head_with_a_long_name_{place}", "op": "linear", "out_features": 2, "from": "input"}
        for place in range(9)
    ]
    network = archcalc.load({"archcalc": 1, "name": "heads", "input": [3], "layers": layers})
    code = network.export()
    assert '    """(batch, 3) to 9 outputs."""' in code
    assert max(map(len, code.splitlines())) <= 120
    assert len(archcalc.load({"archcalc": 1, "name": "heads", "input": [3], "layers": layers}).graph.cautions) == 8


@pytest.mark.parametrize("name", ENDS)
def test_both_counters_see_every_output(name: str) -> None:
    network = question(name)
    answer = network.check()
    assert answer.differences == []
    assert answer.to_dict()["outputs"] == [*ENDS[name]]
    observed = observe(network.graph, "meta")
    for row in network.table().rows:
        if row.macs:
            assert observed[row.name].fvcore_macs == row.macs


def test_the_face_head_has_64_macs_by_fvcore() -> None:
    assert observe(question("pnet_two_heads").graph, "meta")["conv4_1"].fvcore_macs == 64  # 2 * 32 on one place


def test_a_comparison_says_that_the_numbers_of_outputs_differ(tmp_path: Path) -> None:
    path = QUESTIONS / "dangling.yaml"
    (tmp_path / "meant.yaml").write_text(
        path.read_text().replace("from: input", "from: a").replace("dangling", "meant")
    )
    done = run("compare", str(tmp_path / "meant.yaml"), str(path))
    assert "numbers of outputs differ: 1 (c) and 2 (a, c)" in done.stdout
    found = json.loads(run("compare", str(tmp_path / "meant.yaml"), str(path), "-f", "json").stdout)
    assert [network["outputs"] for network in found["networks"]] == [["c"], ["a", "c"]]
    assert found["differ"] is True


def test_the_loss_of_several_outputs_is_the_sum_of_theirs() -> None:
    layers = [
        {"name": "maps", "op": "conv2d", "out_channels": 2, "kernel_size": 1},
        {"name": "flat", "op": "flatten", "from": "input"},
        {"name": "classes", "op": "linear", "out_features": 5},
    ]
    graph = archcalc.load({"archcalc": 1, "name": "two", "input": [3, 4, 4], "layers": layers}).graph
    of, name = loss(graph)
    both = "half the mean square, since the network ends in maps and cross-entropy"
    assert name == f"the sum over 2 outputs of {both}"
    maps, classes, target = torch.randn(6, 2, 4, 4), torch.randn(6, 5), torch.randint(5, (6,))
    expected = maps.square().mean() / 2 + functional.cross_entropy(classes, target)
    torch.testing.assert_close(of((maps, classes), [target, target]), expected)


def test_every_parameter_of_every_output_gets_a_gradient() -> None:
    module = build(question("pnet_two_heads").graph)
    x = torch.rand(2, 3, 12, 12)
    Gradients(module, (x,), asked(), adds_up=False).step()
    assert all(parameter.grad is not None for parameter in module.parameters())
    ours = module.conv4_1.weight.grad.clone()
    made, _ = module(x)
    (made.square().sum() / 2).backward(inputs=[module.conv4_1.weight])
    torch.testing.assert_close(module.conv4_1.weight.grad, 2 * ours)


@pytest.mark.slow
def test_a_network_with_two_outputs_is_profiled() -> None:
    found = question("pnet_two_heads").profile("cpu", mode="train", batch=2, min_run_time=0.05)
    assert found.train.times.loss == "the sum over 2 outputs of half the mean square, since the network ends in maps"
