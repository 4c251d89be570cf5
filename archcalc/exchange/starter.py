"""The text of a new spec: a small network, or a copy of another without what its sources say, to be changed."""

from dataclasses import replace
from typing import Final

from archcalc.exchange.yaml import SCHEMA_LINE, to_json, to_yaml
from archcalc.spec.model import VERSION, Spec

_SMALL: Final = f"""\
# archcalc table FILE shows this network, archcalc ops lists all kinds of layers, archcalc ops conv2d the fields of one.
archcalc: {VERSION}
title: A small network for images of 32 x 32
params: {{num_classes: 10}}
input: [3, 32, 32]
defaults:
  conv2d: {{kernel_size: 3, padding: 1, activation: relu}}
  max_pool2d: {{kernel_size: 2}}
layers:
  - {{name: conv1, op: conv2d, out_channels: 32}}
  - {{name: pool1, op: max_pool2d}}
  - {{name: conv2, op: conv2d, out_channels: 64}}
  - {{name: pool2, op: max_pool2d}}
  - {{name: flatten, op: flatten}}
  - {{name: fc3, op: linear, out_features: 128, activation: relu}}
  - {{name: drop3, op: dropout, p: 0.5}}
  - {{name: fc4, op: linear, out_features: $num_classes}}
"""


def starter(like: Spec | None = None, name: str = "network", as_json: bool = False) -> str:
    """Return the text of a new spec, as YAML or JSON.

    Of another network all layers are copied, with params, blocks and defaults put in. Its sources, claims, aliases,
    notes and training are left out, since they are not about the new one.
    """
    if like is None:
        return _SMALL
    copy = replace(like, name=name, aliases=(), title=_title(like), notes="", sources={}, claims=(), training=None)
    return to_json(copy) if as_json else to_yaml(copy).removeprefix(f"{SCHEMA_LINE}\n")


def _title(like: Spec) -> str:
    return f"Begun as {like.label}"
