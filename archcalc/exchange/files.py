"""Files in which other frameworks describe networks: whose each is, and its spec. No code of theirs is run."""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archcalc.spec.catalogue import name_of
from archcalc.spec.inputs import Inputs

if TYPE_CHECKING:
    from archcalc.exchange.sketch import Taken

_JSON: Final = ".json"

_READERS: Final = {
    ".prototxt": "caffe",
    ".cfg": "cfg",
    ".keras": "keras",
    _JSON: "keras",
    ".onnx": "onnx",
    ".pt2": "exported",
}
"""The module of this folder that reads files of each ending: `read(path, shown, name, given)`.

It is given the file and what messages call it, the network's name, and its input if that is given.
"""


def is_of_others(word: str) -> bool:
    """Return whether a word names a file of another framework, by its ending; JSON by what is in it."""
    ending = os.path.splitext(word)[1].lower()
    if ending == _JSON:
        from archcalc.exchange.keras import is_keras

        return is_keras(word)
    return ending in _READERS


def read(word: str, given: Inputs | None) -> "Taken":
    """Return the spec of a file of another framework. Raises ArchError for one of which nothing can be read."""
    path = Path(word)
    reader = import_module(f"archcalc.exchange.{_READERS[path.suffix.lower()]}")
    taken: Taken = reader.read(path, word, name_of(path.stem), given)
    return taken
