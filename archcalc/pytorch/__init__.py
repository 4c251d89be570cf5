"""The PyTorch side, and the only folder where torch is imported.

`build` makes a module of a graph from the twins of its layers. Nothing but a command's body imports this folder.
"""
