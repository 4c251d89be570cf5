"""archcalc profile: `asking` makes a request of the options, `runner` runs it, `answering` keeps and shows the records.

`records` reads, writes and compares the records on disk.
"""
