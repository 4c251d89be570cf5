"""Layers that overwrite their input, as in the network of the source: the same numbers, with less memory."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision import models

import archcalc
from archcalc.errors import ArchError
from archcalc.pytorch.build import Built, build
from archcalc.twins import overwriting_layers
from tests.conftest import BUNDLED, ROOT
from tests.sizes import by_size

VALID = ROOT / "tests" / "specs" / "valid"

WITH_EVERYTHING = """
input: [4, 7, 7]
defaults: {conv2d: {padding: 1, kernel_size: 3, out_channels: 4}}
layers:
  - {name: first, op: relu}
  - {name: c1, op: conv2d, activation: relu}
  - {name: c2, op: conv2d}
  - {name: r2, op: relu}
  - {name: sum, op: add, from: [r2, c2]}
  - {name: r3, op: relu}
  - {name: s, op: sigmoid}
  - {name: r4, op: relu}
  - {name: c3, op: conv2d}
  - {name: d, op: dropout}
  - {name: r5, op: relu}
  - {name: c4, op: conv2d}
  - {name: d4, op: dropout}
  - {name: r6, op: relu}
  - {name: last, op: add, from: [r6, c4]}
  - {name: more, op: relu}
  - {name: flat, op: flatten}
  - {name: r7, op: relu, from: more}
"""


def network(text: str, inplace: str) -> archcalc.Network:
    return archcalc.load(f"archcalc: 1\nname: net\ninplace: {inplace}\n{text.lstrip()}")


def test_only_what_nothing_else_needs_is_overwritten() -> None:
    net = network(WITH_EVERYTHING, "[relu]")
    # first reads the image; c2 and c4 are read twice, c4 through a dropout; r4 reads a sigmoid, whose gradient is made
    # of its output; more is read by flat too
    assert overwriting_layers(net.graph) == {"c1.relu", "r3", "r5", "more"}
    assert overwriting_layers(network(WITH_EVERYTHING, "[dropout]").graph) == {"d"}
    assert overwriting_layers(network(WITH_EVERYTHING, "[]").graph) == set()


@pytest.mark.parametrize("inplace", ["[relu]", "[dropout]", "[relu, dropout]"])
def test_the_numbers_are_the_same(inplace: str) -> None:
    with_it, without = (network(WITH_EVERYTHING, words).module() for words in (inplace, "[]"))
    without.load_state_dict(with_it.state_dict())
    assert any(getattr(part, "inplace", False) for part in with_it.modules())
    for mode in (False, True):
        expect_equal(with_it.train(mode), without.train(mode))


def expect_equal(one: Built, other: Built) -> None:
    x = torch.randn(2, 4, 7, 7)
    made = []
    for module in (one, other):
        torch.manual_seed(0)
        module.zero_grad()
        out = module(x.clone())
        total = sum((each.sum() for each in (out if isinstance(out, tuple) else (out,))), torch.tensor(0.0))
        total.backward()
        made.append((out, [parameter.grad for parameter in module.parameters()], parts_of(module, x)))
    torch.testing.assert_close(*made, rtol=0, atol=0)


def parts_of(module: Built, x: Tensor) -> dict[str, Tensor]:
    torch.manual_seed(0)
    return module.outputs(x.clone())


def test_the_source_says_it_and_the_spec_keeps_it() -> None:
    net = archcalc.load("torchvision")
    assert net.export().count("nn.ReLU(inplace=True)") == 7
    assert "inplace: [relu]" in net.export("yaml")
    assert archcalc.load(net.export("yaml")).spec.inplace == ("relu",)
    assert archcalc.load("owt").spec.inplace == ("relu",)  # which extends it
    assert "inplace" not in archcalc.load("d2l").export()


@pytest.mark.parametrize("name", by_size(["resnet18", "vgg16", "squeezenet1_1", "densenet121", "mobilenet_v2"]))
def test_as_many_layers_work_in_place_as_in_torchvision(name: str) -> None:
    graph = archcalc.load(name).graph
    with torch.device("meta"):
        theirs = getattr(models, name)()
        x = torch.empty(1, *graph.spec.input_shape)
    assert in_place(build(graph, "meta"), x) == in_place(theirs, x) > 0


def in_place(module: nn.Module, x: Tensor) -> int:
    """Return how often a ReLU overwrites its input, be it a module or, as at densenet121's end, a function."""
    with torch.no_grad(), InPlace() as calls:
        module(x)
    return calls.count


class InPlace(TorchDispatchMode):
    """Counts the calls of torch's own ReLUs that overwrite their input."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += func in (torch.ops.aten.relu_.default, torch.ops.aten.hardtanh_.default)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_every_bundled_network_that_works_in_place_can_be_trained(name: str) -> None:
    graph = archcalc.load(name).graph
    if not graph.spec.inplace:
        return
    module = build(graph, "cpu")
    made = module(torch.randn(2, *graph.spec.input_shape))  # two, for batch norms of single places
    outputs = (made,) if isinstance(made, Tensor) else made
    assert len(outputs) == len(graph.outputs)
    torch.stack([out.sum() for out in outputs]).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize(
    ("inplace", "message"),
    [
        ("[rellu]", "got text 'rellu'; did you mean 'relu'?"),
        ("[tanh]", "inplace is a list of kinds that can overwrite their input"),
        ("[conv2d]", "got text 'conv2d'"),
        ("[3]", "got 3"),
        ("[relu, relu]", "inplace has relu twice"),
        ("relu", "inplace must be a list"),
    ],
)
def test_what_cannot_overwrite_is_refused(inplace: str, message: str) -> None:
    with pytest.raises(ArchError) as refused:
        network(WITH_EVERYTHING, inplace)
    assert message in str(refused.value)


def test_a_child_that_repeats_its_parent_is_told(tmp_path: Path) -> None:
    path = tmp_path / "child.yaml"
    for words in ("[relu]", "[]"):
        path.write_text(f"archcalc: 1\nname: child\nextends: alexnet_torchvision\ninplace: {words}\nremove: [drop6]\n")
        if words == "[]":
            assert archcalc.load(path).spec.inplace == ()
        else:
            with pytest.raises(ArchError, match="inplace"):
                archcalc.load(path)


def test_a_field_of_a_layer_is_told_to_be_one_of_the_spec() -> None:
    with pytest.raises(ArchError, match=r"write inplace: \[relu\] for the whole spec"):
        network("input: [1, 2, 2]\nlayers: [{name: r, op: relu, inplace: true}]", "[]")
