"""A flat list of layers as a person would write it: what comes apart and together again as `branches`, what is there
several times as a block with params.

`items` holds statements with what each reads, `branches` finds paths between one layer and another that merges them,
`blocks` finds what has the same structure, and `params` says how such parts differ. What comes out is read again, and
kept only if it makes the same layers.
"""

from archcalc.exchange.folding.fold import folded

__all__ = ["folded"]
