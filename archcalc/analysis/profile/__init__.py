"""The question how fast a network is, without torch: the request, the record, and what follows from the times.

`request` is what the torch side is asked to measure, `results` what it found, `messages` how it sends them. `record`
is what archcalc keeps and prints, made by `recording` from the network, the request and the results.
"""
