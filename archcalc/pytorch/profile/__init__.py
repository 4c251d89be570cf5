"""How fast the module of a spec is, on any device: one path for cpu, cuda and mps.

`device` resolves and sets up a device, `timing` takes times, `steps` are what is timed, `run` measures one request, and
`python -m archcalc.pytorch.profile` is the process in which that is done.
"""
