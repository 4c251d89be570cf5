"""`archcalc check SPEC --against`: somebody's model beside the spec, layer by layer, and the outputs of both."""

import json
from pathlib import Path

import pytest
import torchvision

import archcalc
from archcalc.analysis.alignment import ALONE, align, total
from archcalc.analysis.check.against import Against
from archcalc.errors import ArchError, MissingError
from archcalc.pytorch.check.against import hold_against_model
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT
from tests.sizes import by_size
from tests.source_models import MADE

MODELS = '''
from dataclasses import dataclass
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn


class Functional(nn.Module):
    """LeNet of Dive into Deep Learning, written with functions."""

    def __init__(self, padding=2, out=10):
        super().__init__()
        self.a = nn.Conv2d(1, 6, 5, padding=padding)
        self.b = nn.Conv2d(6, 16, (5, 5))
        self.c = nn.Linear(400, 120)
        self.d = nn.Linear(120, 84)
        self.e = nn.Linear(84, out)

    def forward(self, x):
        x = F.avg_pool2d(torch.sigmoid(self.a(x)), 2, stride=2)
        x = F.avg_pool2d(self.b(x).sigmoid(), (2, 2))
        x = x.view(x.size(0), -1)
        x = torch.sigmoid(self.c(x))
        x = torch.sigmoid(self.d(x))
        return self.e(x)


def wrong_size():
    return Functional(padding=0)


def eleven():
    return Functional(out=11)


class Ceil(Functional):
    def forward(self, x):
        x = F.avg_pool2d(torch.sigmoid(self.a(x)), 2, ceil_mode=True)
        x = F.avg_pool2d(torch.sigmoid(self.b(x)), 2).reshape(-1, 400)
        return self.e(torch.sigmoid(self.d(torch.sigmoid(self.c(x)))))


class MyPool(nn.Module):
    def forward(self, x):
        return F.avg_pool2d(x, 2)


def own_class():
    net = Functional()
    layers = [net.a, nn.Sigmoid(), MyPool(), net.b, nn.Sigmoid(), MyPool(), nn.Flatten()]
    return nn.Sequential(*layers, net.c, nn.Sigmoid(), net.d, nn.Sigmoid(), net.e)


class Scaled(Functional):
    def forward(self, x):
        return super().forward(x) * 1.001


class Relu(Functional):
    def forward(self, x):
        x = F.avg_pool2d(F.relu(self.a(x)), 2)
        x = F.avg_pool2d(torch.sigmoid(self.b(x)), 2)
        return self.e(torch.sigmoid(self.d(F.dropout(torch.sigmoid(self.c(x.flatten(1))), 0.3, self.training))))


class Single(Functional):
    def forward(self, x):
        return super().forward(x.float())


class Dictionary(Functional):
    def forward(self, x):
        return {"logits": super().forward(x)}


class Listed(Functional):
    def forward(self, x):
        return [0.5, (None, super().forward(x))]


@dataclass
class Logits:
    logits: torch.Tensor
    loss: float = 0.0


class Data(Functional):
    def forward(self, x):
        return Logits(super().forward(x))


class Space(Functional):
    def forward(self, x):
        return SimpleNamespace(logits=super().forward(x))


class Nothing(Functional):
    def forward(self, x):
        super().forward(x)
        return "done"


class Needs(nn.Module):
    def __init__(self, width):
        super().__init__()


class Raises(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError("no weights here")


made = Functional()
layer = nn.Linear(3, 2)
number = 5


def dictionary():
    return {}


def type_error_inside():
    return len(5)


def leaves():
    raise SystemExit(4)


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.LazyConv2d(6, 5, padding=2), nn.LazyConv2d(16, 5)
        self.c, self.d, self.e = nn.LazyLinear(120), nn.LazyLinear(84), nn.LazyLinear(10)

    forward = Functional.forward


class Idle(Functional):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2, bias=False))
        self.table = nn.Parameter(torch.zeros(5))
        self.again = self.head[0]

    def forward(self, x):
        return super().forward(x)


class Spread(Functional):
    def forward(self, x):
        x = F.avg_pool2d(torch.sigmoid(self.a(x)), 2)
        x = F.avg_pool2d(torch.sigmoid(self.b(x)), 2).flatten(1)
        x = torch.sigmoid(F.linear(x, self.c.weight, self.c.bias))
        return self.e(torch.sigmoid(self.d(x)))


def parallel():
    return nn.DataParallel(Functional())


def traced():
    return torch.jit.trace(Functional(), torch.zeros(1, 1, 28, 28))


def traced_inside():
    return nn.Sequential(traced())
'''

GROUPED = """
from torch import nn


def grouped():
    return nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, groups=2), nn.ReLU(), nn.Conv2d(8, 10, 1),
        nn.Flatten(), nn.Linear(360, 4),
    )


def not_grouped():
    net = grouped()
    net[2] = nn.Conv2d(6, 8, 3)
    return net
"""
TOWERS = """
archcalc: 1
name: towers
input: [4, 8, 8]
layers:
  - op: towers
    devices: [a, b]
    layers:
      - {name: one, op: conv2d, out_channels: 3, kernel_size: 3, padding: 1, activation: relu}
      - {name: own, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
      - {name: all, op: conv2d, out_channels: 5, kernel_size: 1, gather: true}
      - {name: flat, op: flatten}
  - {name: fc, op: linear, out_features: 4}
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    path = tmp_path / "models_of_mine.py"
    path.write_text(MODELS)
    return path


def against(models: Path, name: str, spec: str = "lenet_d2l", device: str = "cpu") -> Against:
    return hold_against_model(archcalc.load(spec).graph, f"{models}:{name}", device)


OF_TORCHVISION = [name for name in BUNDLED if name in torchvision.models.list_models()]


KNOWN = {"convnext_tiny": ("drop_path: p 0 here, ", 17)}
"""What a spec says of itself that it leaves out, and how many layers differ by that."""


@pytest.mark.parametrize("network", by_size(OF_TORCHVISION, at_once=["resnet18"]))
@pytest.mark.filterwarnings("ignore:The default weight initialization of")
def test_torchvisions_models_are_the_specs(network: str) -> None:
    graph = archcalc.load(network).graph
    found = hold_against_model(graph, f"torchvision:{network}", "cpu")
    known, times = KNOWN.get(network, ("", 0))
    assert len(found.differences) == times
    assert all(known in difference for difference in found.differences)
    (output,) = found.outputs
    assert output.largest
    assert output.furthest is not None
    assert output.furthest <= 1e-12 * output.largest


@pytest.mark.parametrize("network", by_size(MADE, at_once=["nin_d2l", "siamfc"]))
def test_networks_written_after_their_sources_are_the_specs(network: str) -> None:
    found = hold_against_model(archcalc.load(network).graph, f"{ROOT / 'tests' / 'source_models.py'}:{network}", "cpu")
    assert found.differences == []
    (output,) = found.outputs
    assert output.largest
    assert output.furthest is not None
    assert output.furthest <= 1e-12 * output.largest


@pytest.mark.slow
def test_torchvisions_alexnet_gives_the_same_logits() -> None:
    done = run_here("check", "torchvision", "--against", "torchvision:alexnet", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["agrees"], found["outputs"]["agree"]) == (0, True, True)
    assert found["outputs"]["furthest"] == 0
    assert len(found["layers"]) == 22
    assert done.stderr == "archcalc: --against runs the code of torchvision\n"


def test_another_alexnet_differs_and_says_where() -> None:
    done = run_here("check", "caffenet", "--against", "torchvision:alexnet", "--device", "meta")
    assert done.returncode == 1
    assert "archcalc: caffenet: layer conv1: out_channels 96 here, 64 in the model" in done.stderr
    assert "archcalc: caffenet: layer norm1: not in the model" in done.stderr
    assert "outputs are not compared: there are no weights on meta" in done.stdout


def test_functions_are_seen_between_modules(models: Path) -> None:
    found = against(models, "Functional")
    assert found.differences == []
    assert [output.furthest for output in found.outputs] == [0]
    seen = [pair.theirs.name for pair in found.layers if pair.theirs]
    assert seen[:7] == ["a", "(sigmoid)", "(avg_pool2d)", "b", "(sigmoid)", "(avg_pool2d)", "(view)"]


def test_a_model_may_be_made_already_or_know_single_precision_only(models: Path) -> None:
    assert against(models, "made").differences == []
    single = against(models, "Single")
    assert [output.dtype for output in single.outputs] == ["float32"]
    assert single.differences == []


@pytest.mark.parametrize("name", ["Lazy", "parallel"])
def test_parameters_may_come_with_the_first_run_and_models_be_wrapped(models: Path, name: str) -> None:
    assert against(models, name).differences == []


def test_parameters_that_nothing_reads_are_counted(models: Path) -> None:
    found = against(models, "Idle")
    assert found.differences == []
    assert found.idle == {"": 5, "head.0": 4 * 3 + 3, "head.1": 3 * 2}
    assert against(models, "Functional").idle == against(models, "Spread").idle == {}
    done = run_here("check", "lenet_d2l", "--against", f"{models}:Idle")
    assert "the model has 26 more params, which did not run: the model itself, head.0, head.1\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "differences"),
    [
        ("eleven", ["layer fc3: output 10 here, 11 in the model", "layer fc3: out_features 10 here, 11 in the model"]),
        ("Ceil", ["layer pool1: ceil_mode false here, true in the model"]),
        (
            "Relu",
            ["layer conv1.sigmoid: not in the model", "(relu): only in the model", "(dropout): only in the model"],
        ),
        ("Scaled", ["(mul): only in the model", "output fc3 differs by up to"]),
    ],
)
def test_every_difference_is_told(models: Path, name: str, differences: list[str]) -> None:
    found = against(models, name).differences
    for difference in differences:
        assert any(said.startswith(difference) for said in found), found


def test_of_a_class_of_somebodys_own_only_shapes_are_known(models: Path) -> None:
    done = run_here("check", "lenet_d2l", "--against", f"{models}:own_class")
    assert done.returncode == 0
    (pool1,) = (line for line in done.stdout.splitlines() if line.startswith("pool1"))
    assert pool1.endswith("agrees in output and params; its work is not known")


@pytest.mark.parametrize("name", ["Dictionary", "Listed", "Data", "Space"])
def test_the_tensors_in_a_result_are_outputs(models: Path, name: str) -> None:
    found = against(models, name)
    assert [output.name for output in found.outputs] == ["fc3"]
    assert found.differences == []


def test_what_is_no_tensor_cannot_be_compared_which_is_no_agreement(models: Path) -> None:
    found = against(models, "Nothing")
    why = "the model returns an object of type str, not a tensor"
    assert found.why_no_outputs == why
    differences = ["fc3 is an output here, and none of the model"]
    assert found.differences == [
        *differences,
        "outputs cannot be compared: the model returns an object of type str, not a tensor",
    ]
    assert against(models, "Nothing", device="meta").differences == differences


def test_two_towers_are_a_convolution_in_groups(tmp_path: Path) -> None:
    (tmp_path / "towers.yaml").write_text(TOWERS)
    (tmp_path / "nets.py").write_text(GROUPED)
    graph = archcalc.load(tmp_path / "towers.yaml").graph
    found = hold_against_model(graph, f"{tmp_path / 'nets.py'}:grouped", "cpu")
    assert found.differences == []
    (output,) = found.outputs
    assert output.furthest is not None
    assert output.furthest <= 1e-14
    other = hold_against_model(graph, f"{tmp_path / 'nets.py'}:not_grouped", "cpu")
    assert other.differences[0] == "layer own: groups 2 here, 1 in the model"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Needs", r"Needs needs arguments \(.*'width'\); name a function that makes the model without any"),
        ("Raises", r"Raises\(\) fails: models_of_mine\.py:\d+: ValueError: no weights here"),
        ("number", r"number is of type int, neither a torch\.nn\.Module nor a function that makes one"),
        ("dictionary", r"dictionary\(\) makes an object of type dict, not a torch\.nn\.Module"),
        ("Functionl", r"there is no Functionl; did you mean 'Functional'\?"),
        ("type_error_inside", r"type_error_inside\(\) fails: models_of_mine\.py:\d+: TypeError: object of type 'int'"),
        ("leaves", r"leaves\(\) fails: models_of_mine\.py:\d+: SystemExit: 4"),
        ("layer", r"layer cannot run on 1x1x28x28: RuntimeError: mat1 and mat2"),
        ("traced", r"traced cannot be watched: it is TorchScript; name the torch\.nn\.Module that it was made from"),
        ("traced_inside", r"traced_inside cannot be watched: its module 0 is TorchScript"),
        ("wrong_size", r"wrong_size cannot run on 1x1x28x28 in c: RuntimeError: mat1 and mat2"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning", "ignore:.*torch.jit:DeprecationWarning")
def test_what_cannot_be_made_or_run_says_its_own_error(models: Path, name: str, message: str) -> None:
    with pytest.raises(ArchError, match=message):
        against(models, name)


def test_what_cannot_be_imported_says_why(tmp_path: Path) -> None:
    graph = archcalc.load("lenet_d2l").graph
    (tmp_path / "broken.py").write_text("x = (")
    (tmp_path / "raises.py").write_text("\n1 / 0")
    (tmp_path / "imports.py").write_text("import no_such_package")
    for target, message in [
        (f"{tmp_path}/broken.py:Net", r"broken\.py cannot be imported: SyntaxError: '\(' was never closed"),
        (f"{tmp_path}/raises.py:Net", r"raises\.py cannot be imported: raises\.py:2: ZeroDivisionError: division"),
        (f"{tmp_path}/imports.py:Net", r"ModuleNotFoundError: No module named 'no_such_package'"),
        (f"{tmp_path}/none.py:Net", r"there is no file .*none\.py"),
        ("lenet", r"'lenet' does not name a model; write package\.module:name or path/to/file\.py:name"),
        ("torchvision:alexnett", r"there is no alexnett; did you mean 'alexnet'\?"),
    ]:
        with pytest.raises(ArchError, match=message):
            hold_against_model(graph, target, "cpu")
    with pytest.raises(MissingError, match="there is no module no_such_package here: install it"):
        hold_against_model(graph, "no_such_package.models:net", "cpu")


def test_one_spec_at_a_time(models: Path) -> None:
    done = run_here("check", "paper", "d2l", "--against", f"{models}:Functional")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name one spec" in done.stderr
    missing = run_here("check", "lenet_d2l", "--against", "no_such_package:net")
    assert missing.returncode == 3


@pytest.mark.parametrize(("left", "right"), [("", ""), ("abc", ""), ("", "abc"), ("abcab", "abdab"), ("aXbXc", "abc")])
def test_an_alignment_keeps_both_orders_and_mirrors(left: str, right: str) -> None:
    def cost(a: str, b: str) -> int:
        return 0 if a == b else 3

    pairs = align(left, right, cost)
    assert "".join(a for a, _ in pairs if a) == left
    assert "".join(b for _, b in pairs if b) == right
    assert total(pairs, cost) == total(align(right, left, cost), cost)
    assert total(pairs, cost) <= ALONE * (len(left) + len(right))
