"""Which function of torch each of aten's is, and what its arguments are called there.

Aten is what torch's functions are made of. Its names and defaults are those of its own list:
https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/native_functions.yaml
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.exported.schema import Number, Other, Ref
from archcalc.exchange.torch_models.functions import (
    BY_NUMBER,
    FUNCTIONS,
    PAD_CLASSES,
    PER_AXIS,
    TENSORS,
    WEIGHTED,
    as_torch_holds,
)
from archcalc.layers import KINDS
from archcalc.layers.fields import spell

QUIET: Final = frozenset(
    (
        *("contiguous", "to", "to_copy", "detach", "clone", "alias", "lift_fresh_copy", "type_as", "cpu", "cuda"),
        *("float", "double", "half", "bfloat16", "resolve_conj", "resolve_neg"),
    )
)
"""Functions that compute nothing."""
EXPANDING: Final = ("expand", "expand_as", "broadcast_to")
RESHAPING: Final = frozenset(
    ("view", "reshape", "flatten", "ravel", "squeeze", "unsqueeze", "unflatten", "view_as", "reshape_as", "unsafe_view")
)
ORDERING: Final = ("transpose", "swapaxes", "swapdims", "permute", "t", "numpy_T", "mT")
DIVIDING: Final = ("chunk", "split", "split_with_sizes", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes")
SLICING: Final = ("slice", "narrow", "select")
VIEWS: Final = frozenset(
    (
        *("view", "squeeze", "unsqueeze", "unflatten", "view_as", "alias", "detach", *EXPANDING, *ORDERING),
        *("chunk", "split", "split_with_sizes", *SLICING),
    )
)
"""Functions whose output surely is memory of their input; that of others that compute nothing may be."""

_IGNORED: Final = frozenset(
    (
        *("cudnn_enable", "cudnn_enabled", "momentum", "train", "training", "memory_format", "half_to_float"),
        *("inplace", "N", "C", "HxW", "scales", "scales_d", "scales_h", "scales_w"),
    )
)
"""Arguments that change nothing in inference, or are said otherwise."""
_FLOATING: Final = "dtype"
_CHANGE_NOTHING: Final[Mapping[str, Any]] = {"alpha": 1, "scale": 1, "input_scale": 1}
"""The values at which arguments change nothing, beside None and False."""
_FIRST: Final = ("self", "input", "tensors", "other", "mat1", "mat2", "indices", "tensor")

_TRAINING: Final = "works as in training, which no spec is of: call .eval() on the model before torch.export.export"
_TRAINS: Final = ("training", "train")
_OF_TRAINING: Final = ("native_batch_norm_legit", "native_batch_norm_legit_functional")


class Use(NamedTuple):
    """A function as torch calls it, what it reads, and what it is told."""

    name: str
    reads: tuple[str, ...] = ()
    """The tensors that it reads, in order, by their names in the graph, but those that are weights."""
    weights: Mapping[str, str] = {}
    """The tensors that it is given as weights, by torch's names."""
    fields: Mapping[str, Any] = {}


class Given(NamedTuple):
    """What a function of aten is given: its name without underscores, its arguments, and what else matters."""

    name: str
    args: Mapping[str, Any]
    rank: int
    """How many axes its first tensor has."""
    kind: str
    """The class of the module in which it is."""


def use_of(given: Given) -> Use:
    """Return the function of torch that one of aten is; one of the same name where torch's is not known.

    Raises ArchError where it does not do the same.
    """
    _expect_inference(given)
    adapt = _ADAPTED.get(given.name)
    name, args = adapt(given) if adapt else (given.name, given.args)
    if name in WEIGHTED:
        words = {word for kind in WEIGHTED[name] for word in kind.torch_weighted[name]}
    elif name in BY_NUMBER and any(type(value) in (int, float) for value in args.values()):
        numbers = [value for value in args.values() if type(value) in (int, float)]
        return Use(name, _reads(args, ()), {}, {"other": numbers[0]})
    elif name in FUNCTIONS:
        words = {*FUNCTIONS[name][1]}
    elif name in _PADS:
        return Use(name, _reads(args, ()), {}, args["fields"])
    else:
        return Use(f"aten.{given.name}", _reads(args, ()))
    if name in BY_NUMBER and len(_reads(args, ())) < 2:
        raise ArchError(f"no layer kind does what aten.{given.name} does with one tensor alone")
    _expect_said(given, args, words)
    weights: dict[str, str] = {
        word: args[word].name for word in TENSORS if word in words and isinstance(args.get(word), Ref)
    }
    said = {word: value for word, value in args.items() if word in words and word not in weights and _is_plain(value)}
    return Use(name, _reads(args, weights), weights, as_torch_holds(_each(said, given), name))


def _each(said: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return arguments with a number for each axis of places, of which one may stand for all, and none for as usual."""
    found, axes = dict(said), given.rank - 2
    for word in PER_AXIS & said.keys() if given.name.endswith(("1d", "2d", "3d", "convolution")) else ():
        value = said[word]
        if value == ():
            del found[word]
        elif isinstance(value, tuple) and len(value) != axes:
            if len(value) != 1 or axes < 1:
                raise ArchError(f"has {word} {spell(value)} for {max(axes, 0)} axes")
            found[word] = value * axes
    return found


def _expect_inference(given: Given) -> None:
    trains = (given.name in _OF_TRAINING and "running_mean" in given.args) or given.name == "native_dropout"
    if trains or any(given.args.get(word) is True for word in _TRAINS):
        raise ArchError(_TRAINING)


def _expect_said(given: Given, args: Mapping[str, Any], words: set[str]) -> None:
    """Raise ArchError for an argument that no layer has, and that changes something."""
    for word, value in args.items():
        is_tensor = isinstance(value, Ref) or (isinstance(value, tuple) and any(isinstance(one, Ref) for one in value))
        is_default = value is None or value is False or value == () or value == _CHANGE_NOTHING.get(word, ())
        if word in words or word in _IGNORED or is_tensor or is_default or (word == "other" and _is_plain(value)):
            continue
        if isinstance(value, Other) and word == _FLOATING:
            continue  # the type of what comes out is looked at
        shown = spell(value) if _is_plain(value) else word
        raise ArchError(f"no layer kind does what aten.{given.name} does with {word} {shown}")


def _reads(args: Mapping[str, Any], weights: Any) -> tuple[str, ...]:
    found = []
    for word, value in args.items():
        if word not in weights:
            found += [one.name for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Ref)]
    return tuple(found)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Ref | Number | Other):
        return False
    return all(map(_is_plain, value)) if isinstance(value, tuple) else value is not None


_Adapted = tuple[str, Mapping[str, Any]]


def _renamed(name: str, **words: str) -> Callable[[Given], _Adapted]:
    """Return what says a function by another name, and its arguments by others; those named "" change nothing."""

    def adapt(given: Given) -> _Adapted:
        named = {words.get(word, word): value for word, value in given.args.items()}
        return name, {word: value for word, value in named.items() if word}

    return adapt


def _with(name: str, **defaults: Any) -> Callable[[Given], _Adapted]:
    """Return what says a function with the values that arguments have where they are not written."""
    return lambda given: (name, {**defaults, **given.args})


def _clamp(given: Given) -> _Adapted:
    """Return what cuts off at both ends; as a ReLU6 where these are 0 and 6, as torch has that."""
    ends = given.args.get("min_val", -1.0), given.args.get("max_val", 1.0)
    if ends == (0, 6) and given.kind != "Hardtanh":
        return "relu6", {word: value for word, value in given.args.items() if word == "self"}
    return "hardtanh", {**given.args, "min_val": ends[0], "max_val": ends[1]}


def _convolution(given: Given) -> _Adapted:
    """Return a convolution that is told apart by an argument, as those are into which torch breaks all down."""
    args = dict(given.args)
    is_transposed = args.pop("transposed", False)
    outer = args.pop("output_padding", ())
    axes = given.rank - 2
    if is_transposed:
        return f"conv_transpose{axes}d", {**args, "output_padding": outer}
    if isinstance(outer, tuple) and any(outer):
        raise ArchError("no layer kind does what aten.convolution does with output_padding")
    return f"conv{axes}d", args


def _plain_convolution(given: Given) -> _Adapted:
    args = dict(given.args)
    if args.get("padding") == "valid":
        del args["padding"]
    return given.name, args


def _dropout_of_channels(given: Given) -> _Adapted:
    return f"dropout{given.rank - 2}d", given.args


def _quotient(given: Given) -> _Adapted:
    """Return a division by a number as what multiplies by its inverse."""
    other = given.args.get("other")
    if type(other) in (int, float) and other and not given.args.get("rounding_mode"):
        return "mul", {**given.args, "other": 1 / other}
    return given.name, given.args


def _resampled(mode: str) -> Callable[[Given], _Adapted]:
    def adapt(given: Given) -> _Adapted:
        args = dict(given.args)
        size, factors = args.pop("output_size", None), args.pop("scale_factors", None)
        corners = {"align_corners": args.pop("align_corners", False)} if "nearest" not in mode else {}
        sizes = {"size": size} if size is not None else {"scale_factor": factors}
        return "interpolate", {**args, **sizes, **corners, "mode": mode}

    return adapt


_PADS: Final = frozenset(kind.format(axes) for kind in PAD_CLASSES.values() for axes in (1, 2, 3))


def _padding(given: Given) -> _Adapted:
    """Return a padding by the class that pads so, with its fields; that of any other axes than places is none."""
    args, axes = given.args, given.rank - 2
    mode = args.get("mode") or _MODES.get(given.name.rpartition("_")[0], "constant")
    sides = args.get("pad", args.get("padding"))
    kind = PAD_CLASSES.get(mode) if isinstance(mode, str) else None
    are_legal = isinstance(sides, tuple) and all(type(side) is int for side in sides) and len(sides) <= 2 * axes
    if kind is None or axes not in (1, 2, 3) or not are_legal or len(sides) % 2:
        raise ArchError(f"no layer kind does what aten.{given.name} does with padding {spell(sides)}, mode {mode}")
    filled = args.get("value") or 0
    if type(filled) not in (int, float):
        raise ArchError(f"no layer kind does what aten.{given.name} does with a value that is no number")
    value = {"value": float(filled)} if kind == PAD_CLASSES["constant"] else {}
    fields = {"padding": (*sides, *[0] * (2 * axes - len(sides))), **value}
    return kind.format(axes), {"self": args.get("self"), "fields": fields}


_MODES: Final = {"reflection": "reflect", "replication": "replicate"}

_ADAPTED: Final[Mapping[str, Callable[[Given], _Adapted]]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _plain_convolution),
    "convolution": _convolution,
    "hardtanh": _clamp,
    "native_batch_norm_legit_no_training": _renamed("batch_norm"),
    "cudnn_batch_norm": _renamed("batch_norm", epsilon="eps", exponential_average_factor=""),
    "native_layer_norm": _renamed("layer_norm"),
    "native_group_norm": _renamed("group_norm", group="num_groups"),
    "feature_dropout": _dropout_of_channels,
    "max_pool2d_with_indices": _renamed("max_pool2d"),
    "max_pool3d_with_indices": _renamed("max_pool3d"),
    "bmm": _renamed("matmul"),
    "mm": _renamed("matmul"),
    "div": _quotient,
    "cat": _with("cat", dim=0),
    "stack": _with("stack", dim=0),
    "glu": _with("glu", dim=-1),
    **{
        f"upsample_{name}{axes}d": _resampled(mode)
        for axes, smooth in ((1, "linear"), (2, "bilinear"), (3, "trilinear"))
        for name, mode in (("nearest", "nearest"), ("nearest_exact", "nearest-exact"), (smooth, smooth))
    },
    "upsample_bicubic2d": _resampled("bicubic"),
    **dict.fromkeys(
        ("pad", "constant_pad_nd", *(f"{way}_pad{axes}d" for way in _MODES for axes in (1, 2, 3))), _padding
    ),
}

CLASSES: Final = frozenset(kind.torch_call.removeprefix("nn.") for kind in KINDS.values()) | {"Unflatten"}
"""The classes that do the work of a layer."""
