"""Somebody's model as it runs: its leaf modules and the functions between them, in order, and what each reads.

`recorder` notes them, `modules` and `functions` say what they are, `origins` remembers which call made which tensor.
"""

from archcalc.pytorch.trace.recorder import Traced as Traced
from archcalc.pytorch.trace.recorder import trace as trace
