"""How fast the module of a spec is, on whatever device there is: one path for cpu, cuda and mps.

`device` knows what differs between them, `timing` takes times, `steps` are what is timed, `run` measures one
configuration, and `python -m archcalc.pytorch.profile` is the process in which that is done.
"""
