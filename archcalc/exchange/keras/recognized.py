"""Whether a .json file describes a model of Keras, which is asked of each, so that it takes little time."""

import os
import re
from typing import Any, Final

MOST_BYTES: Final = 32_000_000
"""Of JSON; that of the largest models of Keras is about 2 MB."""

_LOOKED_AT: Final = 65_536
"""Bytes at its start: there some layer has said its class."""


def is_keras(word: str) -> bool:
    """Return whether a .json file describes a model of Keras. One that is broken is Keras' if it begins as such."""
    try:
        if not os.path.isfile(word):
            return False
        with open(word, "rb") as stream:
            start = stream.read(_LOOKED_AT)
            if b'"class_name"' not in start:
                return False
            whole = start + stream.read(MOST_BYTES)
    except (OSError, ValueError):
        return False
    import json

    try:
        found = json.loads(whole)
    except (ValueError, RecursionError):
        return re.match(rb'\s*\{\s*"archcalc"', start) is None
    return is_model(found)


def is_model(found: Any) -> bool:
    """Return whether what was read has the keys of a model of Keras, and is no spec."""
    return isinstance(found, dict) and {"class_name", "config"} <= found.keys() and "archcalc" not in found
