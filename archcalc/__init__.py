"""archcalc: shapes, parameters and costs of convolutional networks, from a text that a person can read.

The stages, in order; each folder or file is one:

    text -> spec.Spec -> graph.Graph -> table.Table -> analysis -> render
                             \\-> pytorch

`errors`, `collector` and `layers` (the vocabulary) stand below them, `network` (this API) and `cli` above. In Python:

    >>> import archcalc
    >>> archcalc.load("alexnet_torchvision").table().totals.params
    61100840
"""

__version__ = "0.1.0"

from archcalc.errors import ArchError as ArchError
from archcalc.network import Network as Network
from archcalc.network import load as load
from archcalc.table import Table as Table
