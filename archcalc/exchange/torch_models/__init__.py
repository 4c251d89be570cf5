"""A model of PyTorch, as it was seen to run, to a spec. Torch is not needed: what it is given are calls.

`words` says which model a word names, `naming` what its layers are called, `reading` what they are, and `document` puts
them down.
"""
