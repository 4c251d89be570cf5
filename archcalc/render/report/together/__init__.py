"""Several networks on one page that stands alone, as HTML (`hypertext`) and as Markdown (`written`).

`content` says what is on it, `sheets` has its tables; the two writers only write it.
"""
