"""Sheets on a terminal: drawn by rich (`drawing`), or where they are too wide as blocks of lines (`blocks`)."""
