"""Answers as objects: what a question's analysis found, in typed fields, with the ways to show it.

A file for each question, called as its room is. An answer is `to_dict()`, the JSON of its command; `to_frame()`, plain
columns for pandas; `str()`, the text of its command in a pipe; and HTML in a notebook.
"""
