"""Networks side by side.

`pairing` puts layers together, `changes` and `edges` say what differs, `comparison` holds all of it.
"""
