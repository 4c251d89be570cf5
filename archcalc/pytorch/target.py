"""A model of somebody's own, by `module:name` or `file.py:name`. To make it is to run its code."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import torch
from torch import nn

from archcalc.errors import ArchError, MissingError, did_you_mean
from archcalc.pytorch.raised import text_of, told


def make(target: str, device: str) -> nn.Module:
    """Make the model that `target` names: a class or function that makes it without arguments, or the model itself.

    Raises ArchError for what cannot be imported, made, or is not a model, with the error of the code itself;
    MissingError for a package that is not installed.
    """
    found = found_at(target)
    if isinstance(found, nn.Module):
        return found.to(device)
    with torch.device(device):
        return made_by(found, target, {})


def found_at(target: str) -> Any:
    """Return the model that `target` names, or the class or function that makes it. Raises ArchError as `make` does."""
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise ArchError(f"'{target}' does not name a model; write package.module:name or path/to/file.py:name")
    found = _attribute(_module(place), name, target)
    if not callable(found):  # as models are too
        raise ArchError(
            f"{target} is of type {type(found).__name__}, neither a torch.nn.Module nor a function that makes one"
        )
    return found


_HELP: Final = {
    False: "name a function that makes the model without any",
    True: "give them as in --set num_classes=10, or name a function that makes the model without any",
}


def made_by(
    factory: Callable[..., Any], target: str, arguments: Mapping[str, Any], takes_arguments: bool = False
) -> nn.Module:
    """Return the model that a class or function makes of these arguments. Raises ArchError as `make` does.

    `takes_arguments` says whether whoever names the model can give it some.
    """
    with told(f"{target}() fails"):
        try:
            made = factory(**arguments)
        except TypeError as error:
            if _is_of_the_call(error):
                needs = "cannot be made of these" if arguments else "needs"
                what = f"{target} {needs} arguments ({text_of(error)})"
                raise ArchError(f"{what}; {_HELP[takes_arguments]}") from error
            raise
    if not isinstance(made, nn.Module):
        raise ArchError(f"{target}() makes an object of type {type(made).__name__}, not a torch.nn.Module")
    return made


def is_file(target: str) -> bool:
    """Return whether the model is in a file rather than in an installed package."""
    place = target.rpartition(":")[0]
    return place.endswith(".py") or "/" in place


def _module(place: str) -> ModuleType:
    if is_file(f"{place}:"):
        return _module_of_file(Path(place))
    if place == "torchvision":  # as its documentation calls models: torchvision.models.alexnet
        place = "torchvision.models"
    with told(f"{place} cannot be imported"):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name and (place == error.name or place.startswith(f"{error.name}.")):
                raise MissingError(f"there is no module {error.name} here: install it, or name a file.py") from None
            raise


def _module_of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ArchError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ArchError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.resolve().parent))  # as Python does for a script, so that it may import its neighbours
    with told(f"{path} cannot be imported"):
        spec.loader.exec_module(module)
    return module


def _attribute(module: ModuleType, name: str, target: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ArchError(f"{target}: there is no {part}{did_you_mean(part, dir(found))}")
        found = getattr(found, part)
    return found


def _is_of_the_call(error: TypeError) -> bool:
    """Return whether the call itself was wrong, not something inside of what was called."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None
