"""Exported programs: the same layers as those of the live model, which is run; what is refused; and sizes left open."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional as F  # noqa: N812  # as everybody calls it

import archcalc
from archcalc.table import Table
from tests.commands import run
from tests.exchange.exported.programs import MAPS, Calling, save
from tests.exchange.readers import fault_of
from tests.test_promises import HEAVY, loaded


def rows(table: Table) -> list[tuple[object, ...]]:
    return [(row.name, row.op, row.input_shapes, row.output_shape, row.params, row.macs) for row in table.rows]


def conv(**keywords: Any) -> nn.Conv2d:
    return nn.Conv2d(4, 4, 1, **keywords)


def changed_after_it_was_read(model: Any, x: Tensor) -> Tensor:
    y = model.a(x)
    F.relu_(y)
    return y + model.a(y)


def changed_through_a_view(model: Any, x: Tensor) -> Tensor:
    y = model.a(x)
    y.view(y.shape[0], -1).relu_()
    return model.a(y)


def without_gradients(model: Any, x: Tensor) -> Tensor:
    with torch.no_grad():
        y = model.a(x)
    return F.relu(model.b(y)) + y


def gated(model: Any, x: Tensor) -> Tensor:
    factors = torch.sigmoid(model.a(x.mean((2, 3))))
    return x * factors.unsqueeze(-1).unsqueeze(-1).expand_as(x)


def shuffled(model: Any, x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, c, h, w)


LIVE: dict[str, Callable[[], nn.Module]] = {
    "activations": lambda: nn.Sequential(
        *(nn.ReLU(), nn.ReLU6(), nn.Hardtanh(), nn.Hardtanh(0, 6), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.PReLU()),
        *(nn.PReLU(4), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(2, 10), nn.Hardswish()),
        *(nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Softmax(1), nn.LogSoftmax(-1), nn.GLU(1)),
    ),
    "in place": lambda: nn.Sequential(conv(), nn.ReLU(True), nn.Hardswish(True), nn.ReLU6(True), nn.Dropout(0.1, True)),
    "norms": lambda: nn.Sequential(
        *(nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.LayerNorm([8, 8])),
        nn.InstanceNorm2d(4, track_running_stats=True),
    ),
    "norms without weights": lambda: nn.Sequential(
        nn.GroupNorm(2, 4, affine=False),
        nn.InstanceNorm2d(4),
        nn.BatchNorm2d(4, affine=False),
        nn.LayerNorm([8, 8], elementwise_affine=False),
    ),
    "norms over channels": lambda: Calling(
        lambda model, x: model.a(F.local_response_norm(x, 3, alpha=2e-3, beta=0.5, k=2.0)), a=nn.LocalResponseNorm(4)
    ),
    "channels at each place": lambda: nn.Sequential(conv(), torchvision.models.convnext.LayerNorm2d([4])),
    "paddings": lambda: nn.Sequential(
        *(
            nn.ZeroPad2d((1, 2, 0, 1)),
            nn.ConstantPad2d(1, 3.5),
            nn.ReflectionPad2d(1),
            nn.ReplicationPad2d((1, 0, 0, 1)),
        ),
        *(nn.ZeroPad2d(-1), nn.Conv2d(4, 4, 3, padding="same"), nn.Conv2d(4, 4, 4, padding="same")),
        nn.Conv2d(4, 4, 4, padding="valid"),
    ),
    "pools": lambda: nn.Sequential(
        *(nn.MaxPool2d(3, 1, 1, ceil_mode=True), nn.AvgPool2d(3, 1, 1, count_include_pad=False)),
        *(nn.AdaptiveMaxPool2d(6), nn.AdaptiveAvgPool2d((4, None)), nn.MaxPool2d(2, dilation=2, stride=1)),
    ),
    "rearranged": lambda: nn.Sequential(
        *(nn.ChannelShuffle(2), nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.Upsample(scale_factor=2)),
        *(nn.Upsample(size=5, mode="bilinear", align_corners=True), nn.Dropout2d(), nn.Identity(), nn.Flatten(2)),
        *(nn.Unflatten(1, (2, 2)), nn.Flatten()),
    ),
    "means": lambda: Calling(
        lambda model, x: x.mean(3).mean(2) + x.amax((2, 3)) + x.mean((1, 2))[:, :4] + x.sum((1, 2))[:, 4:]
    ),
    "parts": lambda: Calling(lambda model, x: torch.cat([x.chunk(2, 1)[1], x.split([1, 3], 1)[1], x[:, 1:3]], 1)),
    "a product of a layer and itself": lambda: Calling(lambda model, x: x * x + x),
    "numbers": lambda: Calling(lambda model, x: model.a(x) * 2 + model.a(x) / 4 + 0, a=conv()),
    "parameters": lambda: Calling(
        lambda model, x: model.a(x) * model.g.view(1, -1, 1, 1) + model.h * x,
        a=conv(),
        g=nn.Parameter(torch.ones(4)),
        h=nn.Parameter(torch.ones(1)),
    ),
    "a factor and a shift": lambda: Calling(
        lambda model, x: x * model.g + model.h, g=nn.Parameter(torch.ones(4, 1, 1)), h=nn.Parameter(torch.ones(4, 1, 1))
    ),
    "changed after it was read": lambda: Calling(changed_after_it_was_read, a=conv()),
    "without gradients": lambda: Calling(without_gradients, a=conv(), b=conv()),
    "gated": lambda: Calling(gated, a=nn.Linear(4, 4)),
    "shuffled": lambda: Calling(shuffled),
    "matrices": lambda: Calling(lambda model, x: torch.matmul(x, x.transpose(2, 3)).softmax(-1)),
    "run twice": lambda: Calling(lambda model, x: model.b(model.a(model.b(model.a(x)))), a=conv(), b=nn.ReLU()),
    "several outputs": lambda: Calling(lambda model, x: (model.a(x), model.b(x), x), a=conv(), b=nn.Conv2d(4, 2, 1)),
    "half as precise": lambda: Calling(lambda model, x: model.a(x.float()).half(), a=conv()),
    "unused": lambda: Calling(lambda model, x: model.a(x), a=conv(), b=nn.Conv2d(4, 4, 3)),
}
"""Models that the live import reads, which runs them."""

OF_SEQUENCES = nn.Sequential(
    *(nn.Conv1d(4, 2, 3, padding="same"), nn.BatchNorm1d(2), nn.ConvTranspose1d(2, 2, 2, 2), nn.MaxPool1d(2)),
    *(nn.Upsample(scale_factor=2, mode="linear"), nn.LocalResponseNorm(3), nn.Dropout1d()),
)
OF_VOLUMES = nn.Sequential(
    *(nn.Conv3d(4, 2, 3), nn.BatchNorm3d(2), nn.ConvTranspose3d(2, 2, 2, 2), nn.MaxPool3d(2), nn.Dropout3d()),
    nn.Upsample(scale_factor=2, mode="trilinear"),
)
OF_FEATURES = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


@pytest.mark.parametrize("name", LIVE)
def test_the_layers_are_those_of_the_live_model(name: str, tmp_path: Path) -> None:
    model = LIVE[name]()
    live = archcalc.from_module(model, MAPS, "net")
    found = archcalc.load(save(model, tmp_path / "net.pt2"))
    assert rows(found.table()) == rows(live.table())
    assert found.table().output_shapes == live.table().output_shapes
    assert found.spec.notes == live.spec.notes.replace("The model takes one example at a time, and no batches.", "")


@pytest.mark.parametrize(
    ("model", "shape"),
    [(OF_SEQUENCES, (4, 8)), (OF_VOLUMES, (4, 8, 8, 8)), (OF_FEATURES, (4,))],
    ids=["sequences", "volumes", "features"],
)
def test_other_ranks(model: nn.Module, shape: tuple[int, ...], tmp_path: Path) -> None:
    live = archcalc.from_module(model, shape, "net")
    found = archcalc.load(save(model, tmp_path / "net.pt2", torch.zeros(2, *shape)))
    assert rows(found.table()) == rows(live.table())


BROKEN_DOWN = ["changed after it was read", "parameters", "gated", "parts", "means", "without gradients", "pools"]


@pytest.mark.parametrize("name", BROKEN_DOWN)
def test_a_program_that_torch_has_broken_down(name: str, tmp_path: Path) -> None:
    """Batch norms, linear layers and pools have other functions there."""
    model = LIVE[name]()
    found = archcalc.load(save(model, tmp_path / "net.pt2", is_broken_down=True)).table()
    assert rows(found) == rows(archcalc.from_module(model, MAPS, "net").table())


def test_a_layer_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    path = save(nn.LocalResponseNorm(4), tmp_path / "net.pt2", is_broken_down=True)
    assert fault_of(path).endswith("no layer kind does what add does with one layer and a number")


def test_a_linear_layer_that_torch_has_broken_down(tmp_path: Path) -> None:
    path = save(OF_FEATURES, tmp_path / "net.pt2", torch.zeros(2, 4), is_broken_down=True)
    assert rows(archcalc.load(path).table()) == rows(archcalc.from_module(OF_FEATURES, (4,)).table())


TORCHVISION = [
    *("alexnet", "resnet18", "mobilenet_v2", "squeezenet1_1", "densenet121", "shufflenet_v2_x1_0", "regnet_y_400mf"),
    *("efficientnet_b0", "convnext_tiny", "googlenet", "mnasnet0_5", "mobilenet_v3_small"),
]


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("alexnet", "shufflenet_v2_x1_0") else pytest.param(name, marks=pytest.mark.slow)
        for name in TORCHVISION
    ],
)
def test_networks_of_torchvision(name: str, tmp_path: Path) -> None:
    keywords = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(weights=None, **keywords)
    path = save(model, tmp_path / f"{name}.pt2", torch.zeros(2, 3, 224, 224))
    networks = archcalc.load(path), archcalc.load(f"torchvision:{name}")
    found, live = (network.table() for network in networks)
    short = [tuple(row) for row in rows(live) if row[1] != "stochastic_depth"]  # which is not in a program
    assert rows(found) == short
    assert (found.totals.params, found.totals.macs) == (live.totals.params, live.totals.macs)
    texts = [network.became.text().partition("input:")[2] for network in networks if network.became]
    assert texts[0] == texts[1] or len(short) < len(live.rows)


def test_input_names_are_those_of_forward(tmp_path: Path) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(4, 8, 3), nn.Linear(5, 8)

        def forward(self, image: Tensor, meta: Tensor) -> Tensor:
            return self.a(image).mean((2, 3)) + self.b(meta)

    path = save(Two(), tmp_path / "net.pt2", torch.zeros(2, *MAPS), torch.zeros(2, 5))
    network = archcalc.load(path)
    assert network.spec.inputs == {"image": (4, 8, 8), "meta": (5,)}
    # 8 * 4 * 9 + 8 and 8 * 5 + 8
    assert network.table().totals.params == 296 + 48


class Resized(nn.Module):
    """A model whose sizes follow from those of its input, in ways of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ConvTranspose2d(8, 4, 2, 2)
        self.out = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = F.interpolate(self.up(self.down(x)), size=x.shape[2:], mode="bilinear")
        y = F.pad(F.interpolate(y, scale_factor=2), (1, 1, 1, 1))
        return self.out(y.mean((2, 3)).view(x.size(0), -1))


@pytest.fixture(scope="module")
def resized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sizes = {0: Dim("b"), 2: Dim("h", min=8, max=512), 3: Dim("w", min=8, max=512)}
    path = tmp_path_factory.mktemp("resized") / "net.pt2"
    return save(Resized(), path, torch.zeros(2, 3, 16, 16), dynamic_shapes=(sizes,))


@pytest.mark.parametrize("shape", [(3, 33, 40), (3, 16, 16), (3, 8, 512)])
def test_sizes_that_are_left_open(shape: tuple[int, int, int], resized: Path) -> None:
    found = archcalc.load(resized, input_shape=shape).table()
    assert rows(found) == rows(archcalc.from_module(Resized(), shape).table())


def test_a_batch_that_is_left_open(tmp_path: Path) -> None:
    path = save(Resized(), tmp_path / "net.pt2", torch.zeros(2, 3, 16, 16), dynamic_shapes=({0: Dim("b")},))
    assert rows(archcalc.load(path).table()) == rows(archcalc.from_module(Resized(), (3, 16, 16)).table())


def test_sizes_that_a_program_does_not_take(resized: Path, tmp_path: Path) -> None:
    asks = fault_of(resized)
    assert asks.startswith(f"{resized} leaves the shape of its input open (x, s")
    assert asks.endswith("): give it, channels first, as in --input 3x224x224")
    assert f"{resized} takes sizes from 8 to 512 where s" in fault_of(resized, (3, 4, 16))
    assert "takes x of 3xs" in fault_of(resized, (4, 16, 16))
    fixed = save(conv(), tmp_path / "net.pt2")
    assert fault_of(fixed, (4, 9, 9)) == (
        f"{fixed} takes x of 4x8x8 alone, not 4x9x9: export it with dynamic_shapes for others"
    ).replace("takes x", "takes input")


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "a function that no layer does": (
        lambda: Calling(lambda model, x: torch.sin(model.a(x)), a=conv()),
        "(aten.sin): no layer kind does what aten.sin does",
    ),
    "a part of memory that was written over": (
        lambda: Calling(lambda model, x: (lambda y: (y[:, :2].relu_(), y + y)[1])(model.a(x)), a=conv()),
        "(relu): it reads what may have been written over, of which it is a part or a copy",
    ),
    "a mean over the batch": (
        lambda: Calling(lambda model, x: x - x.mean(0, keepdim=True)),
        "(aten.mean): no layer kind does what aten.mean does over the batch",
    ),
    "one example": (
        lambda: Calling(lambda model, x: model.a(x)[0], a=conv()),
        "(aten.select): takes a part of the batch, and no layer kind computes across the examples of one",
    ),
    "examples exchanged with channels": (
        lambda: Calling(lambda model, x: F.relu(x.transpose(0, 1))),
        "(transpose): axis 0 of what permute makes is not the batch, "
        "and no layer kind computes across the examples of one",
    ),
    "an argument that a layer lacks": (
        lambda: nn.Sequential(nn.AvgPool2d(2, divisor_override=3)),
        "0: no layer kind does what aten.avg_pool2d does with divisor_override 3",
    ),
    "another parameter": (
        lambda: Calling(lambda model, x: model.a(x) + model.b.bias.view(4, 1, 1), a=conv(), b=conv()),
        "(add): no layer kind does what add does with b.bias",
    ),
    "attention": (
        lambda: Calling(lambda model, x: F.scaled_dot_product_attention(x, x, x)),
        "(aten.scaled_dot_product_attention): no layer kind does what aten.scaled_dot_product_attention does",
    ),
    "weights of a convolution that are computed": (
        lambda: Calling(lambda model, x: F.conv2d(x, x[:, :, :1, :1].view(2, 4, 1, 1))),
        "(aten.conv2d): no layer kind does what aten.conv2d does with weights that are computed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    make, message = REFUSED[name]
    path = save(make(), tmp_path / "net.pt2")
    assert re.sub(r", at \w+\.py:\d+", "", fault_of(path)) == f"{path}: {message}"


def test_the_place_of_what_is_refused(tmp_path: Path) -> None:
    class Inner(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sin(x)

    line = Inner.forward.__code__.co_firstlineno + 1
    path = save(nn.Sequential(conv(), Inner()), tmp_path / "net.pt2")
    where = f"(aten.sin) in 1, at {Path(__file__).name}:{line}"
    assert fault_of(path) == f"{path}: {where}: no layer kind does what aten.sin does"


def test_a_program_of_a_model_in_training(tmp_path: Path) -> None:
    path = save(nn.Sequential(conv(), nn.BatchNorm2d(4)), tmp_path / "net.pt2", in_training=True)
    assert fault_of(path) == (
        f"{path}: 1: works as in training, which no spec is of: call .eval() on the model before torch.export.export"
    )
    assert "conv2d" in run("table", str(path)).stdout


def tied(bias: bool) -> nn.Module:
    first, second = conv(bias=bias), conv(bias=bias)
    second.weight = first.weight
    return nn.Sequential(first, nn.ReLU(), second)


def test_layers_that_share_their_weights(tmp_path: Path) -> None:
    table = archcalc.load(save(tied(bias=False), tmp_path / "net.pt2")).table()
    assert [(row.name, row.params) for row in table.rows] == [("layers.0", 16), ("layers.1", 0), ("layers.2", 0)]


def test_layers_that_share_some_of_their_weights_are_refused(tmp_path: Path) -> None:
    path = save(tied(bias=True), tmp_path / "net.pt2")
    assert fault_of(path) == f"{path}: 2: shares 0.weight with 0, and not all of its parameters, as layers of a spec do"


def test_a_program_of_a_model_without_memory(tmp_path: Path) -> None:
    """Its weights are all in one record, and are not one."""
    model = nn.Sequential(conv(), nn.BatchNorm2d(4), nn.BatchNorm2d(4)).to("meta")
    table = archcalc.load(save(model, tmp_path / "net.pt2", torch.zeros(2, *MAPS, device="meta"))).table()
    assert [row.params for row in table.rows] == [20, 8, 8]


def test_what_nothing_reads_is_noted(tmp_path: Path) -> None:
    path = save(LIVE["unused"](), tmp_path / "net.pt2")
    # 4 * 4 * 9 + 4
    notes = "148 params of b are left out, since nothing reads them in evaluation."
    assert archcalc.load(path).spec.notes == notes


def test_reading_loads_no_torch(tmp_path: Path) -> None:
    assert loaded("table", str(save(conv(), tmp_path / "net.pt2")), names=HEAVY) == []


def test_commands(tmp_path: Path) -> None:
    path = save(nn.Sequential(conv(), nn.ReLU()), tmp_path / "net.pt2")
    assert 'name: net\ntitle: "net, from a program of torch.export"\n' in run("import", str(path)).stdout
    assert run("compare", str(path), str(path)).returncode == 0
    found = run("identify", str(path))
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == (
        f"archcalc: {path} cannot be read as a checkpoint: it is a program of torch.export.save, "
        "whose layers archcalc table shows; save its state_dict\n"
    )
