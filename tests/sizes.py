"""Bundled networks as the parameters of tests: a few at once, the others, and all pairs of them, are slow."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import BUNDLED

ALEXNETS: Final = [name for name in BUNDLED if name.startswith(("alexnet_", "caffenet", "lenet_", "zfnet"))]
"""The AlexNets, and what came just before and after."""

QUICK: Final = (*ALEXNETS, "cuda_convnet_80sec", "lenet5", "nin_d2l", "resnet18", "squeezenet1_1")
"""The networks that most tests take: small ones, and one with each kind of branch."""

FEW: Final = (
    *("alexnet_d2l", "alexnet_paper", "alexnet_torchvision", "caffenet", "lenet_d2l"),
    *("resnet18", "squeezenet1_1"),
)
"""Networks that have every kind of layer that some of the quick ones have."""


VARIED: Final = (
    *("convnext_tiny", "efficientnet_b0", "googlenet_aux", "lenet5", "mobilenet_v3_small", "resnet50", "segnet"),
    *("shufflenet_v2_x1_0", "siamfc", "unet"),
)
"""Larger networks, with one of each sort."""


def by_size(specs: Iterable[str | Path], at_once: Iterable[str] = QUICK, slow: Iterable[str] = VARIED) -> list[Any]:
    """Return parameters, of which the bundled networks are slow that are not among `at_once`.

    Of these, those that are not among `slow` are of the sweep alone.
    """
    quick, often = {*at_once}, {*slow}
    return [_parameter(spec, Path(spec).stem, quick, often) for spec in specs]


def _parameter(spec: str | Path, stem: str, quick: set[str], often: set[str]) -> Any:
    is_slow = stem in BUNDLED and stem not in quick
    mark = pytest.mark.slow if stem in often else pytest.mark.sweep
    return pytest.param(spec, marks=[mark] if is_slow else [], id=stem)
