"""Which number of which network a quoted one may be."""
