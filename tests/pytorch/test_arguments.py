"""No argument of a function that is known as a layer's work is passed over: it is said in the spec, or refused."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # as models call it
from torch.overrides import get_testing_overrides

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.torch_models.functions import WEIGHTED
from archcalc.pytorch.trace import functions, parts

INPUT = {1: (4, 8), 2: (4, 6, 8), 3: (4, 6, 6, 8)}
"""What functions read that go over so many axes."""


class Model(nn.Module):
    """One function, with weights that it may be given, or with another tensor."""

    def __init__(self, called: Callable[["Model", Tensor], Any]) -> None:
        super().__init__()
        self.called = called

    def give(self, **tensors: Tensor) -> "Model":
        for name, tensor in tensors.items():
            if name.startswith("running"):
                self.register_buffer(name, tensor)
            else:
                self.register_parameter(name, nn.Parameter(tensor))
        return self

    def forward(self, x: Tensor) -> Any:
        return self.called(self, x)


WEIGHTS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "linear": {"weight": (3, 8), "bias": (3,)},
    "prelu": {"weight": (4,)},
    "layer_norm": {"weight": (8,), "bias": (8,)},
    "group_norm": {"weight": (4,), "bias": (4,)},
    "batch_norm": {"running_mean": (4,), "running_var": (4,), "weight": (4,), "bias": (4,)},
    "instance_norm": {"running_mean": (4,), "running_var": (4,), "weight": (4,), "bias": (4,)},
    **{f"conv{axes}d": {"weight": (4, 2, *(3,) * axes), "bias": (4,)} for axes in (1, 2, 3)},
    **{f"conv_transpose{axes}d": {"weight": (4, 2, *(3,) * axes), "bias": (4,)} for axes in (1, 2, 3)},
}
"""The shapes of the weights that functions are given."""

NEEDED: Mapping[str, Mapping[str, Any]] = {
    "adaptive_avg_pool": {"output_size": 2},
    "adaptive_max_pool": {"output_size": 2},
    "avg_pool": {"kernel_size": 2},
    "max_pool": {"kernel_size": 2},
    "batch_norm": {"training": False},
    "instance_norm": {"use_input_stats": False},
    "group_norm": {"num_groups": 2},
    "layer_norm": {"normalized_shape": (8,)},
    "conv": {"groups": 2},
    "conv_transpose": {"groups": 2},
    "max_unpool": {"kernel_size": 2},
    "channel_shuffle": {"groups": 2},
    "pixel_shuffle": {"upscale_factor": 2},
    "pixel_unshuffle": {"downscale_factor": 2},
    "chunk": {"chunks": 2, "dim": 1},
    "unsafe_chunk": {"chunks": 2, "dim": 1},
    "split": {"split_size_or_sections": 2, "dim": 1},
    "unsafe_split": {"": 2, "dim": 1},
    "split_with_sizes": {"": [1, 3], "dim": 1},
    "tensor_split": {"": 2, "dim": 1},
    "cat": {"dim": 1},
    "concat": {"dim": 1},
    "concatenate": {"dim": 1},
    "stack": {"dim": 1},
    "dropout": {"training": False},
    "interpolate": {"scale_factor": 1.7, "mode": "bilinear"},
    "upsample": {"scale_factor": 2.0, "mode": "bilinear"},
    "local_response_norm": {"size": 3},
    "mean": {"dim": (2, 3)},
    "sum": {"dim": 1},
    "amax": {"dim": (2, 3)},
    "max": {"dim": 3},
    "narrow": {"dim": 1, "start": 1, "length": 2},
    "pad": {"pad": (1, 1)},
    "permute": {"dims": (0, 1, 3, 2)},
    "transpose": {"dim0": 2, "dim1": 3},
    "swapaxes": {"axis0": 2, "axis1": 3},
    "swapdims": {"dim0": 2, "dim1": 3},
    "reshape": {"shape": (-1, 4, 48)},
    "flatten": {"start_dim": 1},
    "unflatten": {"dim": 1, "sizes": (2, 2)},
    "unsqueeze": {"dim": 1},
    "squeeze": {"dim": 1},
    "softmax": {"dim": 1},
    "log_softmax": {"dim": 1},
    "glu": {"dim": 1},
    "broadcast_to": {"size": (-1, 4, 6, 8)},
}
"""Arguments that functions need, or at which something is seen; a name ends before the number of its axes.

What has no name is given by its place.
"""

OTHERS: Mapping[str, Any] = {
    "align_corners": True,
    "alpha": 0.5,
    "antialias": True,
    "approximate": "tanh",
    "beta": 2.0,
    "bias": None,
    "ceil_mode": True,
    "chunks": 4,
    "count_include_pad": False,
    "dilation": 2,
    "dim": 2,
    "divisor_override": 3,
    "dtype": torch.float64,
    "end_dim": 2,
    "eps": 0.5,
    "groups": 2,
    "inplace": True,
    "k": 2.0,
    "keepdim": True,
    "kernel_size": 3,
    "length": 1,
    "max_val": 0.5,
    "min_val": -0.5,
    "mode": "nearest",
    "momentum": 0.3,
    "negative_slope": 0.5,
    "normalized_shape": (6, 8),
    "num_groups": 4,
    "output_padding": 1,
    "output_size": 3,
    "p": 0.25,
    "padding": 1,
    "recompute_scale_factor": True,
    "return_indices": True,
    "rounding_mode": "floor",
    "scale_factor": 1.3,
    "size": (5, 7),
    "split_size_or_sections": [3, 1],
    "start": 2,
    "start_dim": 2,
    "stride": 2,
    "threshold": 1.0,
    "training": True,
    "use_input_stats": True,
    "value": 2.0,
}
"""Values that are no default."""

TOGETHER: Mapping[tuple[str, str], Mapping[str, Any]] = {
    **{(f"conv_transpose{axes}d", "groups"): {"groups": 1, "bias": None} for axes in (1, 2, 3)},
    **{(name, "size"): {"size": (5, 7), "scale_factor": None} for name in ("interpolate", "upsample")},
    **{(name, "alpha"): {"alpha": 2} for name in ("add", "sub", "subtract")},
    **{(f"conv_transpose{axes}d", "output_padding"): {"output_padding": 1, "stride": 2} for axes in (1, 2, 3)},
    ("pad", "mode"): {"pad": (1, 1, 1, 1), "mode": "reflect"},
    ("split_with_sizes", "dim"): {"": [2, 4], "dim": 2},
    ("unflatten", "dim"): {"dim": 3, "sizes": (2, 4)},
    ("squeeze", "dim"): {"dim": 1},
    ("local_response_norm", "size"): {"size": 5},
    ("max_unpool2d", "output_size"): {"output_size": (7, 9)},
    ("max_unpool2d", "kernel_size"): {"kernel_size": (3, 2)},
    ("max_unpool2d", "stride"): {"stride": 3},
    ("max_unpool2d", "padding"): {"kernel_size": 4, "stride": 2, "padding": 1},
}
"""What is given for an argument that cannot be given alone, or not that value."""

NOT_TRIED = frozenset(
    (
        *("input", "self", "tensor", "tensors", "inputs", "other", "out", "weight", "indices", "_stacklevel"),
        *(
            "running_mean",
            "running_var",
            "normalized_shape",
            "dims",
            "shape",
            "sizes",
            "dim0",
            "dim1",
            "axis0",
            "axis1",
        ),
        *(
            "size0",
            "upscale_factor",
            "downscale_factor",
            "pad",
            "indices_or_sections",
            "axisscale_factor",
            "args",
            "kwargs",
        ),
        *("train", "cudnn_enabled", "tensor2", "dimension", "split_size", "axis"),
    )
)
"""What is read, weights, and arguments without which nothing is seen."""

KNOWN = sorted({*functions.FUNCTIONS, *functions.REDUCTIONS, *WEIGHTED, *parts._DIVIDING, "div", "pad"})

ALWAYS_DROPOUT = frozenset((name, "training") for name in KNOWN if name.startswith("dropout"))
"""A dropout that drops in evaluation too, as F.dropout does unless it is told not to, is a dropout."""

OTHER_TENSORS = {
    *((name, "split_size_or_sections") for name in ("split_with_sizes", "unsafe_split")),
    ("div", "value"),
    ("mul", "value"),
    ("multiply", "value"),
    ("permute", "dim"),
}
"""Arguments of one function that are called as those of another are."""


def base_of(name: str) -> str:
    return re.sub("[123]d(_with_indices)?$", "", name)


def arguments_of(name: str) -> list[str]:
    """The names of all arguments that any function of torch with that name takes."""
    names: dict[str, None] = {}
    for place in (F, torch, Tensor):
        function = getattr(place, name, None)
        said = [function, get_testing_overrides().get(function)] if function else []
        for one in filter(None, said):
            try:
                names |= dict.fromkeys(inspect.signature(one).parameters)
            except (TypeError, ValueError):
                listed = re.match(r"\s*\w+\(([^)]*)\)", one.__doc__ or "")
                names |= dict.fromkeys(re.findall(r"(?:^|, )([a-z]\w*)", listed[1]) if listed else [])
    return [word for word in names if word not in NOT_TRIED and (name, word) not in {*ALWAYS_DROPOUT, *OTHER_TENSORS}]


def rows() -> Iterator[Any]:
    for name in KNOWN:
        for word in arguments_of(name):
            yield pytest.param(name, word, id=f"{name}-{word}")


def call(name: str, m: Model, x: Tensor, **more: Any) -> Any:
    """Call a function of torch, wherever it is, on what it reads."""
    needed = NEEDED.get(name, NEEDED.get(base_of(name), {}))
    given = {**needed, **{word: getattr(m, word) for word in WEIGHTS.get(name, ())}, **more}
    merges = name in functions._MERGING
    read: tuple[Any, ...] = (x,)
    if merges:
        read = ([x, x.relu()],) if name in ("cat", "concat", "concatenate", "stack") else (x, x.relu())
    if "" in given:
        read = (x, given.pop(""))
    if name == "div":
        read = (x, 2)
    if name == "squeeze":
        read = (x[:, :1],)
    if name == "max_unpool2d":
        read = F.max_pool2d(x, given["kernel_size"], given.get("stride"), given.get("padding", 0), return_indices=True)
    for place in (F, torch, Tensor):
        function = getattr(place, name, None)
        if function is None:
            continue
        try:
            return function(*read, **given)
        except TypeError as error:  # another of that name takes it
            raised = error
    raise raised


def model_of(name: str, **more: Any) -> Model:
    generator = torch.Generator().manual_seed(0)
    tensors = {word: torch.rand(shape, generator=generator) + 0.5 for word, shape in WEIGHTS.get(name, {}).items()}
    return Model(lambda m, x: first(call(name, m, x, **more))).give(**tensors).eval()


def built(network: archcalc.Network, model: Model) -> nn.Module:
    """What the spec of a model is built as, with the model's own weights."""
    module = network.module("cpu").eval()
    own = {path.rpartition(".")[2]: tensor for path, tensor in model.state_dict().items()}
    module.load_state_dict(
        {path: own.get(path.rpartition(".")[2], tensor) for path, tensor in module.state_dict().items()}
    )
    return module


def first(out: Any) -> Tensor:
    while not isinstance(out, Tensor):
        out = next(iter(out.values())) if isinstance(out, dict) else out[0]
    return out


REFUSED = {
    ("add", "alpha"): "(add): no layer kind does what add does with alpha 2",
    (
        "adaptive_max_pool1d",
        "return_indices",
    ): "(adaptive_max_pool1d_with_indices): no layer kind does what adaptive_max_pool1d_with_indices does",
    (
        "adaptive_max_pool2d",
        "return_indices",
    ): "(adaptive_max_pool2d_with_indices): no layer kind does what adaptive_max_pool2d_with_indices does",
    (
        "adaptive_max_pool3d",
        "return_indices",
    ): "(adaptive_max_pool3d_with_indices): no layer kind does what adaptive_max_pool3d_with_indices does",
    ("avg_pool2d", "divisor_override"): "(avg_pool2d): no layer kind does what avg_pool2d does with divisor_override 3",
    ("avg_pool3d", "divisor_override"): "(avg_pool3d): no layer kind does what avg_pool3d does with divisor_override 3",
    (
        "batch_norm",
        "bias",
    ): "(batch_norm): no layer kind does what batch_norm does with running_mean, running_var and weight",
    (
        "batch_norm",
        "training",
    ): "(batch_norm): no layer kind does what batch_norm does with running_mean, running_var, weight and bias",
    ("div", "rounding_mode"): "(div): no layer kind does what div does",
    ("group_norm", "bias"): "(group_norm): no layer kind does what group_norm does with weight",
    (
        "instance_norm",
        "bias",
    ): "(instance_norm): no layer kind does what instance_norm does with running_mean, running_var and weight",
    (
        "instance_norm",
        "use_input_stats",
    ): "(instance_norm): no layer kind does what instance_norm does with running_mean, running_var, weight and bias",
    (
        "interpolate",
        "recompute_scale_factor",
    ): "(interpolate): no layer kind does what interpolate does with recompute_scale_factor true",
    ("interpolate", "antialias"): "(interpolate): no layer kind does what interpolate does with antialias true",
    ("max_pool1d", "return_indices"): "(max_pool1d_with_indices): no layer kind does what max_pool1d_with_indices does",
    ("max_pool3d", "return_indices"): "(max_pool3d_with_indices): no layer kind does what max_pool3d_with_indices does",
    ("max_unpool2d", "stride"): "(max_unpool2d): it makes (4, 5, 8), where a max_unpool2d would make (4, 6, 8)",
    ("max_unpool2d", "output_size"): "(max_unpool2d): it makes (4, 7, 9), where a max_unpool2d would make (4, 6, 8)",
    ("sub", "alpha"): "(sub): no layer kind does what sub does with alpha 2",
    ("subtract", "alpha"): "(subtract): no layer kind does what subtract does with alpha 2",
}
"""What no layer has."""


@pytest.mark.filterwarnings("ignore:.*upsample. is deprecated")
@pytest.mark.parametrize(("name", "word"), [*rows()])
def test_it_is_said_or_refused(name: str, word: str) -> None:
    over = re.search("([123])d", name)
    axes = int(over[1]) if over else 2
    more = TOGETHER.get((name, word)) or {word: OTHERS[word]}
    model = model_of(name, **more)
    x = torch.randn(3, *INPUT[axes], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs = model(x.clone())
    try:
        network = archcalc.from_module(model, INPUT[axes])
        fault: object = network.fault
    except ArchError as error:
        fault = error
    said = re.sub(r", at test_arguments.py:\d+", "", str(fault or ""))
    assert said == REFUSED.get((name, word), "")
    if not said:
        with torch.no_grad():
            ours = first(built(network, model)(x.clone()))
        assert torch.allclose(ours.double(), theirs.double(), atol=1e-6)


@pytest.mark.parametrize(
    ("forward", "function", "words"),
    [
        (lambda m, x: F.avg_pool2d(x, 2, 2, 0, False, True, 3), "avg_pool2d", "argument 7 3"),
        (lambda m, x: torch.dropout(x, 0.5, True), "dropout", "argument 3 true"),
    ],
)
def test_nor_is_one_that_is_known_by_its_place(
    forward: Callable[[Model, Tensor], Any], function: str, words: str
) -> None:
    with pytest.raises(ArchError, match=rf"no layer kind does what {function} does with {words}$"):
        archcalc.from_module(Model(forward), INPUT[2])


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (lambda m, x: x * F.max_pool2d(x, 1, return_indices=True)[1], "what mul does with the indices of a pool"),
        (lambda m, x: F.max_pool2d(x, 2, return_indices=True)[1].float(), "what float does with the indices of a pool"),
        (lambda m, x: x.to(torch.int32).float(), "what to does"),
        (lambda m, x: x.view(torch.int32).view(torch.float32), "what view does"),
        (lambda m, x: x.type(torch.IntTensor).float(), "what type does"),
    ],
)
def test_numbers_of_another_type_are_others(forward: Callable[[Model, Tensor], Any], words: str) -> None:
    with pytest.raises(ArchError) as raised:
        _ = archcalc.from_module(Model(forward), INPUT[2]).graph
    assert str(raised.value).endswith(f"no layer kind does {words}")


def test_a_keyword_says_what_is_read_too() -> None:
    model = Model(lambda m, x: F.relu(torch.mean(input=x.double(), dim=(2, 3), keepdim=True)))
    assert [row.op for row in archcalc.from_module(model, INPUT[2]).table().rows] == ["adaptive_avg_pool2d", "relu"]


@pytest.mark.parametrize(
    ("module", "fault"),
    [
        (
            nn.Upsample(scale_factor=1.5, recompute_scale_factor=True),
            "recompute_scale_factor none here, true in the model",
        ),
        (nn.Upsample(scale_factor=1.5, recompute_scale_factor=False), ""),
        (nn.AvgPool2d(2, divisor_override=3), "divisor_override none here, 3 in the model"),
        *(
            (
                nn.Sequential(pool(2, return_indices=True)),
                "it hands on a tensor that is neither an input nor made by one call",
            )
            for pool in (nn.MaxPool2d, nn.AdaptiveMaxPool2d)
        ),
    ],
)
def test_nor_is_one_of_a_module(module: nn.Module, fault: str) -> None:
    try:
        found: object = archcalc.from_module(nn.Sequential(module), INPUT[2]).fault
    except ArchError as error:
        found = error
    assert str(found or "").endswith(fault)
    assert bool(found) == bool(fault)
