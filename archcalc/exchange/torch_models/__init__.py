"""A model of PyTorch, as it was seen to run, to a spec. Torch is not needed: what it is given are calls.

`words` says which model a word names, `reading` takes its calls in (`kinds` says which layer each is), and `document`
puts the layers down.
"""
