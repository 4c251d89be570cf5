"""What a leaf module is: its class in torch.nn, the arguments it was made with, and whether it still does that work."""

from typing import Any, Final, cast

from torch import Tensor, nn

from archcalc.calls import Call, with_axes_from_the_start
from archcalc.exchange.torch_models.functions import RESHAPE, as_torch_holds, in_order
from archcalc.layers import KINDS
from archcalc.pytorch.trace.origins import shape_of, tensors_in

_BY_CLASS: Final = {kind.torch_call.removeprefix("nn."): kind for kind in KINDS.values()}

_ELSEWHERE: Final = (
    *("torchvision.models.convnext", "torchvision.ops.stochastic_depth", "torchvision.ops.misc"),
    *("timm.layers.blur_pool", "timm.layers.grn"),
)
"""Where there are classes of the same names that do the same."""

_HARMLESS: Final = frozenset(("extra_repr", "reset_parameters", "__init__", "__repr__", "__setstate__"))
"""Methods of which a subclass may have its own, and compute the same."""


def leaves(module: nn.Module, looks_inside: bool = False) -> dict[str, nn.Module]:
    """Return the modules that hold no others, by their paths; with `looks_inside` only those of torch's classes.

    An empty sequence is none, since it hands on what it gets; nor is a whole model that is a class of somebody's own.
    """
    return {
        path: part
        for path, part in module.named_modules()
        if not list(part.children())
        and not isinstance(part, nn.Sequential)
        and ((path and not looks_inside) or torch_class(part) is not None)
    }


def torch_class(part: nn.Module) -> type[nn.Module] | None:
    """Return the class of torch.nn whose work a module does; None for a class of somebody's own."""
    classes = type(part).__mro__
    if _is_ours(classes[0]):
        is_as_ours = getattr(part, "pad_mode", "reflect") == "reflect"  # of timm's blur pools
        return type(part) if is_as_ours and not _has_hooks(part) else None
    place = next(i for i, one in enumerate(classes) if one.__module__.startswith("torch.nn.modules"))
    kind = classes[place]
    if kind is nn.Module or _has_hooks(part):
        return None
    own = {name for one in classes[:place] for name in vars(one)} | set(vars(part)) - {"training"}
    methods = {name for name in dir(kind) if callable(getattr(kind, name))} - _HARMLESS
    changed = {name for name in own & methods if not name.startswith("__") or name == "__call__"}
    return None if changed else kind


def _is_ours(kind: type) -> bool:
    """Return whether a class is one of those that do for a layer what torch has no class for, or the same elsewhere."""
    return kind.__name__ in _BY_CLASS and kind.__module__ in ("archcalc.pytorch.modules", *_ELSEWHERE)


def _has_hooks(part: nn.Module) -> bool:
    """Whether something runs before or after a module that may change what it reads and makes."""
    return bool(part._forward_hooks or part._forward_pre_hooks)


def fields_of(part: nn.Module) -> dict[str, Any]:
    """Return the constants of a module of torch.nn, which are its constructor's arguments."""
    constants = getattr(type(part), "__constants__", ())
    kind = next((_BY_CLASS[c.__name__] for c in type(part).__mro__ if c.__name__ in _BY_CLASS), None)
    ignored = kind.torch_ignored if kind else ()
    names = constants or (kind.fields if kind else ())
    fields = {name: getattr(part, name) for name in names if name not in ignored and hasattr(part, name)}
    if fields.get("recompute_scale_factor") is False:
        del fields["recompute_scale_factor"]
    if kind and "num_features" not in fields and hasattr(part, "running_mean"):  # of torchvision's FrozenBatchNorm2d
        fields["num_features"] = cast(Tensor, part.running_mean).numel()
    if hasattr(part, "channel_dim"):  # of timm's GlobalResponseNorm
        fields |= {"num_channels": cast(Tensor, part.weight).numel(), "channels_last": part.channel_dim == -1}
    if fields.get("padding_mode") == "zeros" and not (kind and "padding_mode" in kind.fields):
        del fields["padding_mode"]  # where there is no other
    if fields.get("padding") == "same":
        fields["padding"] = in_order(cast(list[int], part._reversed_padding_repeated_twice))
    elif fields.get("padding") == "valid":
        fields["padding"] = 0
    if hasattr(part, "in_channels") or hasattr(part, "in_features"):
        fields["bias"] = part.bias is not None
    return as_torch_holds(fields, next((c.__name__ for c in type(part).__mro__ if c.__name__ in _BY_CLASS), ""))


def call_of_module(path: str, part: nn.Module, known: type[nn.Module] | None, rank: int, out: Any) -> Call:
    """Return the call of a leaf that does the work of a class of torch.nn, or of None that is known.

    Its input has `rank` axes.
    """
    op, fields = (known.__name__, fields_of(part)) if known else (type(part).__name__, {})
    if op.startswith("ZeroPad"):
        op, fields = op.replace("Zero", "Constant"), {**fields, "value": 0.0}
    if op == "Unflatten":
        op, fields = RESHAPE, {}
    return Call(
        name=path,
        op=op,
        output_shape=next(map(shape_of, tensors_in(out)), ()),
        fields=with_axes_from_the_start(fields, rank),
        tensors={name: tuple(tensor.shape) for name, tensor in (*part.named_parameters(), *part.named_buffers())},
        params=sum(parameter.numel() for parameter in part.parameters()),
        paths=(path,),
        is_known=known is not None,
        in_place=bool(getattr(part, "inplace", False)),
    )
