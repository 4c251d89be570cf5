"""Twins as Python: which arguments torch's classes take first, which they need not be told."""

from collections.abc import Iterator, Mapping
from math import isinf
from typing import Any, Final

from archcalc.layers import Twin

POSITIONAL: Final = frozenset(
    ("in_channels", "out_channels", "in_features", "out_features", "num_features", "output_size", "size", "p")
)
"""Arguments that are written without their keyword; in torch's classes they come first, in this order."""

PADS: Final = ("nn.ConstantPad2d", "nn.ZeroPad2d")
"""What takes all of its arguments so."""

_CONV: Final = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True}
_MAX_POOL: Final = {"padding": (0, 0), "dilation": (1, 1), "ceil_mode": False}
_AVG_POOL: Final = {"padding": (0, 0), "ceil_mode": False, "count_include_pad": True}
_BATCH_NORM: Final = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}

DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "nn.Conv2d": _CONV,
    "nn.Linear": {"bias": True},
    "nn.MaxPool2d": _MAX_POOL,
    "nn.AvgPool2d": _AVG_POOL,
    "nn.BatchNorm1d": _BATCH_NORM,
    "nn.BatchNorm2d": _BATCH_NORM,
    "nn.LocalResponseNorm": {"alpha": 1e-4, "beta": 0.75, "k": 1.0},
    "nn.GELU": {"approximate": "none"},
    "nn.LeakyReLU": {"negative_slope": 0.01},
    "nn.ELU": {"alpha": 1.0},
    "nn.Flatten": {"start_dim": 1, "end_dim": -1},
}
"""torch's own defaults, which need not be written."""


def arguments(twin: Twin) -> list[str]:
    """
    >>> arguments(Twin("nn.Conv2d", {"in_channels": 3, "out_channels": 64, "kernel_size": (3, 3), "groups": 1}))
    ['3', '64', 'kernel_size=3']
    """
    return list(_arguments(twin))


def _arguments(twin: Twin) -> Iterator[str]:
    defaults = DEFAULTS.get(twin.call, {})
    for word, value in twin.keywords.items():
        if word in POSITIONAL or twin.call in PADS:
            yield _literal(value)
        elif word not in defaults or value != defaults[word]:
            yield f"{word}={_literal(value)}"


def _literal(value: Any) -> str:
    """A pair of equals as one number, since torch takes it so wherever a pair stands."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return repr(value[0])
    if isinstance(value, float) and isinf(value):
        return f'float("{value}")'
    return repr(value).replace("'", '"')
