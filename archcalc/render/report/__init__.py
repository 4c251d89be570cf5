"""Networks as pages that stand alone: one for each (`page`), and one that compares them (`index`).

All text goes through `markup`, which escapes it. What moves in a page are plain scripts and styles in files of their
own beside these modules, put into it as they are; a page asks for nothing from anywhere.
"""
