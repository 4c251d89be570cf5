"""Darknet's .cfg files to specs: a section for each layer, in order, which are numbered from 0.

What each section means is that of Darknet's own parser: https://github.com/pjreddie/darknet/blob/master/src/parser.c
"""

from archcalc.exchange.darknet.network import is_darknet, read

__all__ = ["is_darknet", "read"]
