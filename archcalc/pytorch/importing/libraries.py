"""Where models are found: torchvision, timm, a module, or a file; and which input each was made for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any, Final, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from archcalc.errors import ArchError, MissingError, did_you_mean, listing
from archcalc.exchange.torch_models.words import TIMM, TORCHVISION, Model
from archcalc.layers.fields import spell
from archcalc.pytorch.importing.process import Wanted
from archcalc.pytorch.target import found_at, made_by
from archcalc.spec.inputs import Inputs


class Made(NamedTuple):
    """A model that can be made, and what is known of it."""

    make: Callable[[bool], nn.Module]
    """Makes it, with weights or, unless it is there already, without."""
    given: Inputs
    """The shapes of its inputs."""
    title: str
    sources: Mapping[str, Mapping[str, Any]]


class _Library(NamedTuple):
    """A library of models."""

    factory: Callable[..., Any]
    given: Inputs | None
    """The input that the model was made for."""
    source: Mapping[str, Any]


def find_model(wanted: Wanted) -> Made:
    """Find the model that is wanted. Raises ArchError where there is none, and where nobody says what it reads."""
    model = wanted.model
    known = {TORCHVISION: _torchvision, TIMM: _timm}.get(model.place, _elsewhere)(model)
    given = wanted.given or known.given
    if given is None:
        raise ArchError(f"{model.word} does not say what it reads: give the input's shape, as in --input 3x224x224")
    set_to = listing(
        [f"{name}={value if isinstance(value, str) else spell(value)}" for name, value in wanted.settings.items()],
        "and",
    )
    title = f"{model.name} of {model.place}{f' with {set_to}' if wanted.settings else ''}, imported"
    sources = {"model": known.source} if known.source else {}
    return Made(partial(_made, known.factory, wanted), given, title, sources)


def _made(factory: Callable[..., Any], wanted: Wanted, has_weights: bool) -> nn.Module:
    """Make a model, with weights or, unless it is there already, without."""
    if isinstance(factory, nn.Module):
        return factory
    if has_weights:
        return made_by(factory, wanted.model.word, wanted.settings, takes_arguments=True)
    with without_weights():
        return made_by(factory, wanted.model.word, wanted.settings, takes_arguments=True).to("meta")


_MAKING: Final = frozenset((torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye))
"""Functions that make the tensors that weights are."""


@contextmanager
def without_weights() -> Iterator[None]:
    """Let no weights be made: tensors of which a model makes them have no elements, and all others are as always.

    With `torch.device("meta")` no tensor would have any, and some models compute their widths by tensors.
    """

    class Weightless(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            keywords = dict(kwargs or {})
            if func in _MAKING and keywords.get("device") is None:
                keywords["device"] = "meta"
            return func(*args, **keywords)

    with Weightless():
        yield


_SLOWLY_INITIALIZED: Final = ("googlenet", "inception_v3")
"""Models of torchvision whose weights take long to draw, unless they are told not to."""


def _torchvision(model: Model) -> _Library:
    try:
        import torchvision
        from torchvision import models
    except ImportError as error:
        raise MissingError(f"{model.word} needs torchvision ({error}): pip install torchvision") from error
    names = models.list_models()
    if model.name not in names:
        raise ArchError(f"torchvision has no model '{model.name}'{did_you_mean(model.name, names)}")
    builder = models.get_model_builder(model.name)
    bare: dict[str, Any] = {"init_weights": False} if model.name in _SLOWLY_INITIALIZED else {}
    if "weights_backbone" in signature(builder).parameters:
        bare["weights_backbone"] = None  # which would be downloaded
    weights = models.get_model_weights(model.name)
    given = _made_for(next(iter(weights)).transforms()) if len(weights) else (3, _COMMON, _COMMON)
    source = {"title": f"torchvision.models.{model.name}", "version": torchvision.__version__.partition("+")[0]}
    return _Library(lambda **settings: builder(**bare | settings), given, source)


_COMMON: Final = 224
_FRAMES: Final = 16
"""How many frames torchvision's figures of networks for videos are about."""


def _made_for(preset: Any) -> Inputs | None:
    """Return the shape that a preset of torchvision's makes; None where it leaves images as large as they are."""
    size = getattr(preset, "crop_size", None) or getattr(preset, "resize_size", None)
    if not size:
        return None
    high, wide = (size[0], size[0]) if len(size) == 1 else size
    return (3, _FRAMES, high, wide) if type(preset).__name__.startswith("Video") else (3, high, wide)


def _timm(model: Model) -> _Library:
    try:
        import timm
    except ImportError as error:
        raise MissingError(f"{model.word} needs timm ({error}): pip install timm") from error
    if not timm.is_model(model.name):
        raise ArchError(f"timm has no model '{model.name}'{did_you_mean(model.name, timm.list_models())}")
    known = timm.get_pretrained_cfg(model.name)
    given = tuple(known.input_size) if known else None
    source = {"title": f"timm.create_model('{model.name}')", "version": timm.__version__}
    return _Library(lambda **settings: timm.create_model(model.name, pretrained=False, **settings), given, source)


def _elsewhere(model: Model) -> _Library:
    return _Library(found_at(model.word), None, {})
