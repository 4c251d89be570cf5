"""Networks as the parameters of tests: the large ones are slow, and others may stand for those of the same kinds."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import BUNDLED

LARGE: Final = (
    *("convnext_tiny", "densenet121", "googlenet", "mobilenet_v2", "resnet152", "resnet34", "shufflenet_v2_x1_0"),
    "vgg16",
)

FEW: Final = ("alexnet_d2l", "alexnet_paper", "alexnet_torchvision", "caffenet", "lenet_d2l")
"""Bundled networks that have every kind of layer that some bundled network has."""


def by_size(specs: Iterable[str | Path], bundled: Iterable[str] = BUNDLED) -> list[Any]:
    """Return parameters, of which the large networks are slow, and so are bundled ones that are not among `bundled`."""
    at_once = {*bundled}
    return [_parameter(spec, Path(spec).stem, at_once) for spec in specs]


def _parameter(spec: str | Path, stem: str, at_once: set[str]) -> Any:
    is_slow = stem in LARGE or (stem in BUNDLED and stem not in at_once)
    return pytest.param(spec, marks=[pytest.mark.slow] if is_slow else [], id=stem)
