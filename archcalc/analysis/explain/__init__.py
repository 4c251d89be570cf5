"""Where a number comes from: the rule that computes the table, read with numbers that remember how they were made.

`traced` are such numbers, `named` gives a layer's fields and sizes their names, `explanation` is the answer, and
`rounding`, `remarks`, `coverage` and `sources` say what stands next to it.
"""
