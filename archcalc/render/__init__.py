"""Table or answer -> text.

A `Sheet` is what all renderings start from; `table` makes one of a Table. `FORMATS` lists the ways to write it.
"""
