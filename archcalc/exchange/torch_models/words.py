"""Models as words name them: `torchvision:resnet50`, `net.py:Net`, `package.module:name`."""

import re
from typing import Final, NamedTuple

TORCHVISION: Final = "torchvision"
TIMM: Final = "timm"

_MODEL: Final = re.compile(r"(?P<place>[^:=\n]+):(?P<name>[^\W\d][\w.]*)")


class Model(NamedTuple):
    """A model that exists: where, and what it is called there."""

    place: str
    """A library of models, a module, or a file that ends in .py."""
    name: str

    @property
    def word(self) -> str:
        return f"{self.place}:{self.name}"

    @property
    def is_of_library(self) -> bool:
        """Whether it is one of a library's own models, whatever else has the library's name."""
        return self.place in (TORCHVISION, TIMM)


def model_of(word: str) -> Model | None:
    """Return the model that a word names; None for a word that names none.

    >>> model_of("torchvision:resnet50"), model_of("nets/net.py:Net").place, model_of("d2l"), model_of("d2l:w=2")
    (Model(place='torchvision', name='resnet50'), 'nets/net.py', None, None)
    """
    found = _MODEL.fullmatch(word)
    return Model(found["place"], found["name"]) if found else None
