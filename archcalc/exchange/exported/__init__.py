"""Exported programs of PyTorch to specs: the graph that `torch.export.save` writes into a .pt2 file.

Reading takes zipfile and json alone: torch is not imported, no code is run, nothing is unpickled, and weights are not
read. `opening` takes the JSON out of the archive, `program` checks it, `sizes` says what the sizes in it are,
`functions` says which function of torch each of aten's is, and `running` follows the tensors from call to call.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.exchange.sketch import Taken
    from archcalc.spec.inputs import Inputs

__all__ = ["read"]


def read(path: "Path", shown: str, name: str, given: "Inputs | None") -> "Taken":
    """Return the spec of an exported program, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    from archcalc.exchange.exported import network

    return network.read(path, shown, name, given)
