"""Caffe's .prototxt files to specs, of all three generations of its layers, and back.

`prototext` reads the text, `generations` makes layers of today's form of older ones, `inputs` finds what the network
reads, and `network` puts its layers down, those of the TEST phase. `writing` goes the other way.
"""

from archcalc.exchange.caffe.network import read, read_text

__all__ = ["read", "read_text"]
