"""A Table as a sheet and as JSON (`layers`), and with the costs of conventions (`costs`)."""
