"""Layers with multiply-accumulates as loop nests, for tools that map them onto accelerators.

`nest` says the bounds of the loops of a layer; `loops` writes them as CSV, `scalesim`, `timeloop` and `zigzag` as these
tools read them. Layers without multiply-accumulates are left out.
"""
