"""Files that end in .cfg: Darknet's, and cuda-convnet's."""

from pathlib import Path

from archcalc.errors import ArchError
from archcalc.exchange import cuda_convnet, darknet
from archcalc.exchange.sections import read_sections
from archcalc.exchange.sketch import Taken
from archcalc.spec.inputs import Inputs
from archcalc.spec.text import decode, read_bytes


def read(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    """Return the spec of a file. Raises ArchError for one that is of neither, and as their readers do."""
    sections = read_sections(decode(read_bytes(path, shown), shown), shown)
    if darknet.is_darknet(sections):
        return darknet.read(sections, name, given)
    if cuda_convnet.is_cuda_convnet(sections):
        return cuda_convnet.read(sections, name, given, cuda_convnet.beside(path))
    raise ArchError(
        f"{shown} is neither Darknet's, whose first section is [net], nor cuda-convnet's, whose sections have types"
    )
