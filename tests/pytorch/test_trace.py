"""What is noted of a model that runs: which calls there are, as what they count, and what each reads."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as models call it

from archcalc.calls import UNSEEN, is_from_outside
from archcalc.errors import ArchError
from archcalc.pytorch.trace import Traced, trace

SHAPE = (4, 6, 6)


class Model(nn.Module):
    """A few modules, called as a test wants it."""

    def __init__(self, forward: Callable[["Model", Tensor], Any]) -> None:
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
        self.b = nn.Conv2d(4, 4, 1)
        self.relu = nn.ReLU(inplace=True)
        self.same = nn.Identity()
        self.drop = nn.Dropout()
        self.empty = nn.Sequential()
        self.gamma = nn.Parameter(torch.ones(4, 1, 1))
        self.called = forward

    def forward(self, x: Tensor) -> Any:
        return self.called(self, x)


def traced(forward: Callable[[Model, Tensor], Any], device: str = "cpu") -> Traced:
    with torch.device(device):
        return trace(Model(forward).eval(), torch.rand(1, *SHAPE))


def notes(forward: Callable[[Model, Tensor], Any], device: str = "cpu") -> list[str]:
    """Each call as `op(what it reads)`, by places, with x for the input; and the outputs."""

    seen = traced(forward, device).seen
    places = {call.number: place for place, call in enumerate(seen.calls)}

    def name(number: int) -> str:
        return "x" if is_from_outside(number) else "?" if number == UNSEEN else str(places[number])

    calls = [f"{call.op}({', '.join(map(name, call.reads))})" for call in seen.calls]
    return [*calls, f"-> {', '.join(map(name, seen.outputs))}"]


def write_into(x: Tensor) -> Tensor:
    x[:, 0] = 0
    return x


def write_into_a_view(m: Model, x: Tensor) -> Tensor:
    x = m.a(x)
    x.view(4, 36).mul_(2)
    return m.b(x)


def write_into_half(m: Model, x: Tensor) -> Tensor:
    x = m.a(x)
    first, _ = x.chunk(2, 1)
    first.relu_()
    return m.b(x)


def residual(m: Model, x: Tensor) -> Tensor:
    y = m.relu(m.a(x))
    return m.b(y) + y


def dropped_residual(m: Model, x: Tensor) -> Tensor:
    y = m.a(x)
    return m.drop(y) + y


NOTED: dict[str, tuple[Callable[[Model, Tensor], Any], list[str]]] = {
    "chain": (lambda m, x: m.b(m.a(x)), ["Conv2d(x)", "Conv2d(0)", "-> 1"]),
    "branches": (lambda m, x: m.a(x) + m.b(x), ["Conv2d(x)", "Conv2d(x)", "add(0, 1)", "-> 2"]),
    "order": (lambda m, x: torch.cat([m.b(x), x], 1), ["Conv2d(x)", "cat(0, x)", "-> 1"]),
    "twice": (lambda m, x: x + x, ["add(x, x)", "-> 0"]),
    "in place": (residual, ["Conv2d(x)", "ReLU(0)", "Conv2d(1)", "add(2, 1)", "-> 3"]),
    "identity": (dropped_residual, ["Conv2d(x)", "Dropout(0)", "add(1, 0)", "-> 2"]),
    "identity function": (
        lambda m, x: F.dropout(x, 0.5, m.training) + x,
        ["Dropout(x)", "add(0, x)", "-> 1"],
    ),
    "empty sequence": (lambda m, x: m.a(m.empty(x)), ["Conv2d(x)", "-> 0"]),
    "in-place sum": (lambda m, x: m.a(x).add_(x), ["Conv2d(x)", "add(0, x)", "-> 1"]),
    "augmented": (lambda m, x: (lambda y: y.__iadd__(x))(m.a(x)), ["Conv2d(x)", "add(0, x)", "-> 1"]),
    "sum of a list": (lambda m, x: sum([m.a(x), m.b(x)]), ["Conv2d(x)", "Conv2d(x)", "add(0, 1)", "-> 2"]),
    "scaled sum": (lambda m, x: torch.add(m.a(x), x, alpha=2), ["Conv2d(x)", "add(0, x)", "-> 1"]),
    "parameter": (lambda m, x: x + m.gamma, ["add(x)", "-> 0"]),
    "number": (lambda m, x: x + 1, ["add(x)", "-> 0"]),
    "scaled": (lambda m, x: m.a(x) * m.gamma, ["Conv2d(x)", "Scale(0)", "-> 1"]),
    "one in a list": (lambda m, x: torch.cat([m.a(x)], 1), ["Conv2d(x)", "-> 0"]),
    "made of nothing": (lambda m, x: x + torch.zeros(4, 6, 6), ["zeros()", "add(x, 0)", "-> 1"]),
    "keyword": (lambda m, x: m.a(input=x), ["Conv2d(x)", "-> 0"]),
    "written into": (lambda m, x: m.b(write_into(m.a(x))), ["Conv2d(x)", "setitem(0)", "Conv2d(1)", "-> 2"]),
    "view written into": (write_into_a_view, ["Conv2d(x)", "view(0)", "mul(1)", "Conv2d(2)", "-> 3"]),
    "half written into": (write_into_half, ["Conv2d(x)", "narrow(0)", "ReLU(1)", "Conv2d(2)", "-> 3"]),
    "given away": (
        lambda m, x: torch.add(m.a(x), x, out=torch.empty(1, *SHAPE)),
        ["Conv2d(x)", "empty()", "add(0, x)", "-> 2"],
    ),
    # shapes
    "flatten": (lambda m, x: m.a(x).flatten(1), ["Conv2d(x)", "Flatten(0)", "-> 1"]),
    "view": (lambda m, x: m.a(x).view(x.size(0), -1), ["Conv2d(x)", "Flatten(0)", "-> 1"]),
    "two steps": (lambda m, x: m.a(x).flatten(2).flatten(1), ["Conv2d(x)", "Flatten(0)", "-> 1"]),
    "squeezed": (
        lambda m, x: F.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1),
        ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"],
    ),
    "indexed": (lambda m, x: F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0], ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"]),
    "there and back": (lambda m, x: m.a(x.unsqueeze(1).squeeze(1)), ["Conv2d(x)", "-> 0"]),
    "same shape": (lambda m, x: m.a(x.view(1, 4, 6, 6).contiguous()), ["Conv2d(x)", "-> 0"]),
    "other maps": (lambda m, x: m.a(x.view(1, 4, 4, 9)), ["reshape(x)", "Conv2d(0)", "-> 1"]),
    "part": (lambda m, x: m.a(x[:, :, 1:]), ["narrow(x)", "Conv2d(0)", "-> 1"]),
    "crop": (lambda m, x: x[..., 1:5, 2:-1].clone(), ["narrow(x)", "narrow(0)", "-> 1"]),
    "chunks": (lambda m, x: sum(x.chunk(2, 1)), ["narrow(x)", "narrow(x)", "add(0, 1)", "-> 2"]),
    "one chunk": (lambda m, x: m.relu(x.chunk(2, 1)[1]), ["narrow(x)", "ReLU(0)", "-> 1"]),
    "parts of parts": (
        lambda m, x: m.relu(x.chunk(2, 1)[1].split(1, 1)[0]),
        ["narrow(x)", "narrow(0)", "ReLU(1)", "-> 2"],
    ),
    "some examples": (lambda m, x: m.relu(x[0:0]), ["getitem(x)", "ReLU(0)", "-> 1"]),
    "every second": (lambda m, x: m.relu(x[:, ::2]), ["getitem(x)", "ReLU(0)", "-> 1"]),
    "one row": (lambda m, x: m.relu(x[:, :, 0]), ["getitem(x)", "ReLU(0)", "-> 1"]),
    "shuffled": (
        lambda m, x: m.a(x.view(1, 2, 2, 6, 6).transpose(1, 2).reshape(1, 4, 6, 6)),
        ["ChannelShuffle(x)", "Conv2d(0)", "-> 1"],
    ),
    "shuffled by a permute": (
        lambda m, x: m.a(x.unflatten(1, (2, 2)).permute(0, 2, 1, 3, 4).flatten(1, 2)),
        ["ChannelShuffle(x)", "Conv2d(0)", "-> 1"],
    ),
    "shuffled and left so": (
        lambda m, x: x.view(1, 2, 2, 6, 6).transpose(1, 2),
        ["ChannelShuffle(x)", "reshape(0)", "-> 1"],
    ),
    "other axes": (
        lambda m, x: x.view(1, 2, 2, 6, 6).transpose(1, 3).reshape(1, 4, 6, 6),
        ["reshape(x)", "permute(0)", "reshape(1)", "-> 2"],
    ),
    "other order": (lambda m, x: m.a(x[:, [1, 0, 2, 3]]), ["getitem(x)", "Conv2d(0)", "-> 1"]),
    "turned": (lambda m, x: m.a(x.mT), ["permute(x)", "Conv2d(0)", "-> 1"]),
    "transposed": (lambda m, x: m.a(x.transpose(2, 3)), ["permute(x)", "Conv2d(0)", "-> 1"]),
    "expanded": (lambda m, x: m.a(x[:, :, :1].expand(1, *SHAPE)), ["narrow(x)", "expand(0)", "Conv2d(1)", "-> 2"]),
    "data": (lambda m, x: m.a(x.data.detach().float()), ["Conv2d(x)", "-> 0"]),
    # means and maxima over places
    "mean": (lambda m, x: m.a(x).mean((2, 3)), ["Conv2d(x)", "AdaptiveAvgPool2d(0)", "Flatten(1)", "-> 2"]),
    "mean of a list": (lambda m, x: torch.mean(x, dim=[-1, -2]), ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"]),
    "mean kept": (lambda m, x: m.a(x.mean((2, 3), keepdim=True)), ["AdaptiveAvgPool2d(x)", "Conv2d(0)", "-> 1"]),
    "mean kept, flattened": (
        lambda m, x: x.mean((2, 3), True).flatten(1),
        ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"],
    ),
    "mean in steps": (lambda m, x: x.mean(3).mean(2), ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"]),
    "mean in steps kept": (lambda m, x: x.mean(2, True).mean(3, True), ["AdaptiveAvgPool2d(x)", "-> 0"]),
    "mean in steps that are read": (
        lambda m, x: (lambda y: (y, y.mean(2)))(x.mean(3, True)),
        ["AdaptiveAvgPool2d(x)", "AdaptiveAvgPool2d(0)", "Flatten(1)", "-> 0, 2"],
    ),
    "mean of places": (lambda m, x: x.flatten(2).mean(-1), ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"]),
    "mean of viewed places": (lambda m, x: x.view(1, 4, -1).mean(2), ["AdaptiveAvgPool2d(x)", "Flatten(0)", "-> 1"]),
    "mean of columns": (lambda m, x: x.mean(3, keepdim=True), ["AdaptiveAvgPool2d(x)", "-> 0"]),
    "largest": (lambda m, x: x.amax((2, 3)), ["AdaptiveMaxPool2d(x)", "Flatten(0)", "-> 1"]),
    "largest in steps": (lambda m, x: x.max(3)[0].max(2)[0], ["AdaptiveMaxPool2d(x)", "Flatten(0)", "-> 1"]),
    "largest of places": (lambda m, x: x.flatten(2).max(dim=2).values, ["AdaptiveMaxPool2d(x)", "Flatten(0)", "-> 1"]),
    "mean of channels": (lambda m, x: x.mean(1), ["mean(x)", "-> 0"]),
    "mean of all": (lambda m, x: x / x.mean(), ["mean(x)", "div(x, 0)", "-> 1"]),
    "mean of features": (lambda m, x: x.flatten(1).mean(1, keepdim=True), ["Flatten(x)", "mean(0)", "-> 1"]),
    "largest of two": (lambda m, x: torch.max(x, m.a(x)), ["Conv2d(x)", "max(x, 0)", "-> 1"]),
    # results
    "several": (lambda m, x: {"a": m.a(x), "more": [m.b(x), (x, None, 3)]}, ["Conv2d(x)", "Conv2d(x)", "-> 0, 1, x"]),
    "none": (lambda m, x: [m.a(x).shape], ["Conv2d(x)", "-> "]),
    "a number of its own": (lambda m, x: (m.a(x), m.gamma), ["Conv2d(x)", "-> 0, ?"]),
    "sizes": (lambda m, x: m.a(x).view(x.size(0), x.shape[1], *x.shape[2:]), ["Conv2d(x)", "-> 0"]),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("name", NOTED)
def test_each_call_is_noted_with_what_it_reads(name: str, device: str) -> None:
    forward, expected = NOTED[name]
    assert notes(forward, device) == expected


def test_a_pool_of_a_mean_has_the_fields_of_one() -> None:
    pool, flatten = traced(lambda m, x: x.mean((2, 3))).seen.calls
    assert (pool.name, pool.output_shape, pool.fields) == ("(mean)", (4, 1, 1), {"output_size": (1, 1)})
    assert (flatten.name, flatten.output_shape, flatten.fields) == ("(mean)", (4,), {})
    (rows,) = traced(lambda m, x: x.mean(3, keepdim=True)).seen.calls
    assert rows.fields == {"output_size": (6, 1)}


def test_arguments_that_no_layer_has_are_fields() -> None:
    (pool,) = traced(lambda m, x: F.avg_pool2d(x, 2, divisor_override=3)).seen.calls
    assert pool.fields == {"kernel_size": (2, 2), "divisor_override": 3}
    (add,) = traced(lambda m, x: torch.add(x, x, alpha=2)).seen.calls
    assert add.fields == {"alpha": 2}
    (relu,) = traced(lambda m, x: F.relu(x, inplace=True)).seen.calls
    assert relu.fields == {}


@pytest.mark.parametrize(
    ("forward", "fields"),
    [
        (lambda m, x: F.softmax(x, dim=-3), {"dim": 1}),
        (lambda m, x: torch.cat([x, x], -1), {"dim": 3}),
        (lambda m, x: nn.Softmax(dim=-1)(x.flatten(1)), {}),
    ],
)
def test_axes_are_counted_from_the_start(forward: Callable[[Model, Tensor], Any], fields: dict[str, Any]) -> None:
    assert traced(forward).seen.calls[-1].fields == fields | ({"dim": 1} if not fields else {})


DIVIDED = {
    "chunk": (lambda m, x: x.chunk(2, -3), [(1, 0, 2), (1, 2, 2)]),
    "torch.chunk": (lambda m, x: torch.chunk(x, 2, dim=2), [(2, 0, 3), (2, 3, 3)]),
    "unequal": (lambda m, x: x.chunk(4, 3), [(3, 0, 2), (3, 2, 2), (3, 4, 2)]),
    "split": (lambda m, x: torch.split(x, 3, 1), [(1, 0, 3), (1, 3, 1)]),
    "sizes": (lambda m, x: x.split([1, 2, 1], dim=1), [(1, 0, 1), (1, 1, 2), (1, 3, 1)]),
    "numpy": (lambda m, x: torch.tensor_split(x, (1, 3), dim=1), [(1, 0, 1), (1, 1, 2), (1, 3, 1)]),
    "index": (lambda m, x: (x[:, :1], x[:, -3:]), [(1, 0, 1), (1, 1, 3)]),
}


@pytest.mark.parametrize("name", DIVIDED)
def test_parts_are_told_apart_however_they_are_made(name: str) -> None:
    forward, steps = DIVIDED[name]
    seen = traced(lambda m, x: [torch.tanh(part) for part in forward(m, x)]).seen
    parts = [call for call in seen.calls if call.op == "narrow"]
    assert [tuple(call.fields[word] for word in ("dim", "start", "length")) for call in parts] == steps
    whole = torch.zeros(1, *SHAPE)
    shapes = [tuple(whole.narrow(*step).shape[1:]) for step in steps]
    assert [call.output_shape for call in parts] == shapes
    assert [call.reads for call in seen.calls if call.op == "Tanh"] == [(part.number,) for part in parts]


@pytest.mark.parametrize(
    ("forward", "dims"),
    [
        (lambda m, x: x.permute(0, 2, 3, 1), (0, 2, 3, 1)),
        (lambda m, x: torch.permute(x, (0, -1, 1, 2)), (0, 3, 1, 2)),
        (lambda m, x: torch.transpose(x, dim0=1, dim1=-1), (0, 3, 2, 1)),
        (lambda m, x: x.swapaxes(2, 1), (0, 2, 1, 3)),
        (lambda m, x: x.mT, (0, 1, 3, 2)),
    ],
)
def test_an_order_of_axes_is_known_however_it_is_made(
    forward: Callable[[Model, Tensor], Any], dims: tuple[int, ...]
) -> None:
    (call,) = traced(forward).seen.calls
    assert (call.op, call.fields) == ("permute", {"dims": dims})


def test_a_module_that_runs_twice_has_the_weights_of_the_first_time() -> None:
    first, second = traced(lambda m, x: m.a(m.a(x))).seen.calls
    assert (first.weights_of, second.weights_of) == ("", "a")


def test_a_parameter_that_two_modules_have_is_known() -> None:
    model = Model(lambda m, x: m.b(m.a(x)))
    model.b.bias = model.a.bias
    first, second = trace(model.eval(), torch.rand(1, *SHAPE)).seen.calls
    assert (first.weights_of, second.weights_of) == ("", "a")


class Standardized(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight - self.weight.mean(), self.bias)


class InsideOut(nn.Conv2d):
    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return -super()._conv_forward(x, weight, bias)


class Described(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(4, 4, 1)

    def extra_repr(self) -> str:
        return "mine"

    def helper(self) -> int:
        return 3


def hooked() -> nn.Module:
    conv = nn.Conv2d(4, 4, 1)
    conv.register_forward_hook(lambda module, args, out: -out)
    return conv


def patched() -> nn.Module:
    conv = nn.Conv2d(4, 4, 1)
    conv.forward = lambda x: x  # type: ignore[method-assign]
    return conv


@pytest.mark.parametrize(
    ("make", "is_known"),
    [
        (lambda: nn.Conv2d(4, 4, 1), True),
        (Described, True),
        (lambda: Standardized(4, 4, 1), False),
        (lambda: InsideOut(4, 4, 1), False),
        (hooked, False),
        (patched, False),
    ],
)
def test_the_work_of_a_class_that_changes_torchs_is_not_known(make: Callable[[], nn.Module], is_known: bool) -> None:
    model = Model(lambda m, x: m.a(x))
    model.a = make()  # type: ignore[assignment]
    (call,) = trace(model.eval(), torch.rand(1, *SHAPE)).seen.calls
    assert call.is_known == is_known
    assert (call.op, bool(call.fields)) == ((type(model.a).__name__, False) if not is_known else ("Conv2d", True))


def test_a_model_in_inference_mode_is_followed_too() -> None:
    @torch.inference_mode()
    def forward(m: Model, x: Tensor) -> Tensor:
        return m.a(x) + m.relu(m.b(x))

    assert notes(forward) == ["Conv2d(x)", "Conv2d(x)", "ReLU(1)", "add(0, 2)", "-> 3"]


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raises(error: BaseException) -> Callable[[Model, Tensor], Tensor]:
    def forward(m: Model, x: Tensor) -> Tensor:
        m.a(x)
        raise error

    return forward


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("one\ntwo"), "ValueError: one two"),
        (UnreadableError(), "UnreadableError: its text cannot be read"),
        (SystemExit(3), "SystemExit: 3"),
        (ValueError("x" * 100_000), f"ValueError: {'x' * 2000}"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_a_model_raises_is_said(error: BaseException, words: str) -> None:
    with pytest.raises(ArchError) as raised:
        traced(raises(error))
    assert str(raised.value) == f"cannot run on 1x4x6x6: {words}"


def test_where_it_raises_is_said() -> None:
    with pytest.raises(ArchError, match=r"^cannot run on 1x4x6x6 in a: RuntimeError: Given groups=1"):
        traced(lambda m, x: m.a(x[:, :2]))
    with pytest.raises(ArchError, match=r"^cannot run on 1x4x6x6 in \(matmul\): RuntimeError"):
        traced(lambda m, x: x @ torch.ones(5, 5))


def test_hooks_are_taken_off_again() -> None:
    model = Model(lambda m, x: m.a(x)).eval()
    trace(model, torch.rand(1, *SHAPE))
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
