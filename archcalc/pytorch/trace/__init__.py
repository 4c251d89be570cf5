"""Somebody's model as it runs: its leaf modules and the functions between them, in order, and what each reads.

`run` runs it, and `recorder` notes them; `modules` and `functions` say what they are, `origins` remembers which call
made which tensor.
"""

from archcalc.pytorch.trace.run import Traced as Traced
from archcalc.pytorch.trace.run import trace as trace
