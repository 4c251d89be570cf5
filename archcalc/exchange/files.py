"""Files in which other frameworks describe networks: which is whose, and its spec."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.sketch import Taken
from archcalc.spec.catalogue import name_of
from archcalc.spec.inputs import Inputs
from archcalc.spec.text import decode, read_bytes

_Reader = Callable[[Path, str, str, Inputs | None], Taken]
"""Reads a file, which messages call as it is shown, as a network of a name, for an input if one is given."""


def is_of_others(word: str) -> bool:
    """Return whether a word names a file of another framework, by its ending; JSON by what is in it."""
    ending = os.path.splitext(word)[1].lower()
    if ending == ".json":
        from archcalc.exchange.keras import is_keras

        return is_keras(word)
    return ending in _READERS


def read(word: str, given: Inputs | None) -> Taken:
    """Return the spec of a file of another framework. Raises ArchError for one of which nothing can be read."""
    path = Path(word)
    return _READERS[path.suffix.lower()](path, word, name_of(path.stem), given)


def _cfg(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    from archcalc.exchange import cuda_convnet, darknet
    from archcalc.exchange.sections import read_sections

    sections = read_sections(decode(read_bytes(path, shown), shown), shown)
    if darknet.is_darknet(sections):
        return darknet.read(sections, name, given)
    if cuda_convnet.is_cuda_convnet(sections):
        return cuda_convnet.read(sections, name, given, cuda_convnet.beside(path))
    raise ArchError(
        f"{shown} is neither Darknet's, whose first section is [net], nor cuda-convnet's, whose sections have types"
    )


def _prototxt(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    from archcalc.exchange import caffe

    return caffe.read(decode(read_bytes(path, shown), shown), shown, name, given)


def _keras(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    from archcalc.exchange import keras

    return keras.read(path, shown, name, given)


def _onnx(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    from archcalc.exchange import onnx

    return onnx.read(path, shown, name, given)


_READERS: Final[dict[str, _Reader]] = {
    ".prototxt": _prototxt,
    ".cfg": _cfg,
    ".keras": _keras,
    ".json": _keras,
    ".onnx": _onnx,
}
