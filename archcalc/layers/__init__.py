"""The vocabulary: every layer kind, one class each, one file per family.

A new kind is one class with `@kind("its_op")` in the file of its family. The reader of specs, the JSON schema,
`archcalc ops`, the table and the PyTorch side all take it from the registry, `KINDS`.
"""

# ruff: isort: off
from archcalc.layers import conv as conv
from archcalc.layers import linear as linear
from archcalc.layers import pool as pool
from archcalc.layers import norm as norm
from archcalc.layers import activation as activation
from archcalc.layers import regularize as regularize
from archcalc.layers import reshape as reshape
from archcalc.layers import pad as pad
from archcalc.layers import resample as resample
from archcalc.layers import merge as merge
from archcalc.layers.base import KINDS as KINDS
from archcalc.layers.base import Layer as Layer
from archcalc.layers.sizes import Shape as Shape
from archcalc.layers.twin import Twin as Twin
from archcalc.layers.window import Window as Window
