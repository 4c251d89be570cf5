"""Graph and Table -> answers."""
