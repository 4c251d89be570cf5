"""Numbers of tools that depend on how a model is written: those whose conventions say so, and no others."""

import json

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # as everybody calls it
from torch import Tensor, nn

import archcalc
from archcalc.analysis.conventions import CONVENTIONS
from tests.analysis.conventions.counted import VALID, question
from tests.peers import PEERS, count

HERE = "here layers are modules and a sum is a + b, as archcalc export writes them"


class Modules(nn.Module):
    """A network as it is exported: modules, a + b, and windows of one number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten(2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.on_its_way(self.flatten(self.pool(self.relu(self.add(self.convolve(x), x))))))

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y

    def convolve(self, x: Tensor) -> Tensor:
        return self.conv(x)

    def on_its_way(self, x: Tensor) -> Tensor:
        return x


class Functions(Modules):
    """F.relu in the place of nn.ReLU."""

    def __init__(self) -> None:
        super().__init__()
        del self.relu

    def relu(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return F.relu(x)


class FunctionWithParameters(Modules):
    """A convolution as a function, whose parameters are the network's own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = self.conv.weight, self.conv.bias
        del self.conv

    def convolve(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, padding=1)


class Add(Modules):
    """torch.add in the place of +."""

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.add(x, y)


class Pairs(Modules):
    """A window of two numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d((2, 2))


class Transposed(Modules):
    """The same maps, from a transposition and back."""

    def on_its_way(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).contiguous().transpose(1, 2)


WRITINGS: list[type[Modules]] = [Functions, FunctionWithParameters, Add, Pairs, Transposed]
X = torch.zeros(1, 4, 8, 8)


@pytest.mark.parametrize("tool", PEERS)
def test_a_tool_depends_on_the_writing_where_its_convention_says_so(tool: str) -> None:
    plainly = count(tool, Modules(), X)
    others = {writing.__name__: count(tool, writing(), X) for writing in WRITINGS}
    depends = {name for name, number in others.items() if number != plainly}
    assert bool(depends) == bool(CONVENTIONS[tool].depends), depends


def test_each_writing_is_seen_by_those_that_say_so() -> None:
    # 256 outputs of a sum; 256 of a ReLU, which counts twice as a module; 5 x 4 biases; (4 - 2) x 64 window elements
    assert count("ptflops", Add(), X) - count("ptflops", Modules(), X) == 256
    assert count("ptflops", Modules(), X) - count("ptflops", Functions(), X) == 256
    assert count("ptflops-aten", Modules(), X) - count("ptflops-aten", Transposed(), X) == 20
    assert count("torch-scan", Pairs(), X) - count("torch-scan", Modules(), X) == 64 * 2
    assert {word in CONVENTIONS["ptflops"].depends for word in ("torch.add", "F.relu")} == {True}


def test_answers_say_which_numbers_depend_on_the_writing() -> None:
    network = question("skip_and_softmax")
    table, none = network.table(convention="ptflops"), network.table(convention="macs")
    said = "a module such as nn.ReLU counts twice, the function F.relu once; torch.add(a, b) counts, a + b does not"
    assert str(table).splitlines()[-1] == f"ptflops depends on how the model is written: {said}; {HERE}"
    assert HERE not in str(none)
    assert table.to_dict()["convention"]["depends"] == CONVENTIONS["ptflops"].depends
    assert none.to_dict()["convention"]["depends"] is None
    in_full = f"ptflops depends on how the model is written: {CONVENTIONS['ptflops'].depends}; {HERE}"
    assert in_full in str(network.reconcile("ptflops"))
    assert network.reconcile("ptflops").to_dict()["depends"]["macs"] is None
    for answer in (network.table(convention="all"), network.reconcile(), archcalc.conventions()):
        assert f" depend on how the model is written: {HERE}" in str(answer)
        assert CONVENTIONS["thop"].depends in json.dumps(answer.to_dict())
    matches = network.measured("10,240")
    assert f"ptflops depends on how the model is written: {HERE}" in str(matches)
    assert matches.to_dict()["conventions"][0]["depends"] == CONVENTIONS["ptflops"].depends
    assert in_full in str(archcalc.conventions("ptflops"))


def test_what_is_exported_is_written_so() -> None:
    source = archcalc.load(VALID / "every_kind.yaml").export()
    assert "torch.add" not in source
    assert "functional" not in source
    assert "kernel_size=(3, 3)" not in source
