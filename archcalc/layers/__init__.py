"""The vocabulary: every layer kind, one class each, one file per family.

A new kind is one class with `@kind("its_op")` in the file of its family, and its op in `base.FAMILIES`. The reader of
specs, the JSON schema, `archcalc ops`, the table and the PyTorch side all take it from the registry, `KINDS`, which
loads a family when one of its kinds is asked for.
"""

from archcalc.layers.base import KINDS as KINDS
from archcalc.layers.base import Layer as Layer
from archcalc.layers.sizes import Shape as Shape
from archcalc.layers.twin import Twin as Twin
from archcalc.layers.window import Window as Window
