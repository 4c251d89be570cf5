"""cuda-convnet's layer files to specs: a section for each layer, under its name, which says what it reads.

What each section means is that of its own parser: https://github.com/akrizhevsky/cuda-convnet2/blob/master/layer.py
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from archcalc.exchange.cuda_convnet.network import read
from archcalc.exchange.sections import Section, read_sections
from archcalc.spec.text import decode, read_bytes

__all__ = ["beside", "is_cuda_convnet", "read"]

_LAYERS: Final = "layers-"
_PARAMS: Final = "layer-params-"


def is_cuda_convnet(sections: Sequence[Section]) -> bool:
    """Return whether sections are those of cuda-convnet, each of which has a type."""
    return bool(sections) and all(section.has("type") for section in sections)


def beside(path: Path) -> Sequence[Section]:
    """Return the sections of the file of learning rates and norms beside a file of layers; none where it is not there.

    Of `layers-imagenet-1gpu.cfg` that is `layer-params-imagenet-1gpu.cfg`.
    """
    other = path.with_name(path.name.replace(_LAYERS, _PARAMS, 1))
    if other == path or not other.is_file():
        return ()
    return read_sections(decode(read_bytes(other, str(other)), str(other)), str(other))
