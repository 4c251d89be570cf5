"""archcalc: shapes, parameters and costs of convolutional networks, from a text that a person can read.

The stages, in order; each folder or file is one::

    text -> spec.Spec -> graph.Graph -> table.Table, twins -> exchange, analysis -> render -> answers
                             \\-> pytorch

`errors`, `collector` and `layers` (the vocabulary) stand below them; above are `network` and `questions`, which are
this API, and `cli`. What the command line answers, Python answers too:

    >>> import archcalc
    >>> network = archcalc.load("alexnet_torchvision")
    >>> network.table().totals.params
    61100840
    >>> network.solve().smallest
    (63, 63)
    >>> archcalc.compare(network, "paper").differ
    True

Each answer is an object with typed fields, `to_dict()` (the JSON of its command), `to_frame()` (a DataFrame), `str()`,
and HTML in a notebook.
"""

__version__ = "0.1.0"

from archcalc.answers.table import Table as Table
from archcalc.errors import ArchError as ArchError
from archcalc.errors import MissingError as MissingError
from archcalc.network import Network as Network
from archcalc.network import load as load
from archcalc.questions import audit as audit
from archcalc.questions import catalogue as catalogue
from archcalc.questions import check as check
from archcalc.questions import compare as compare
from archcalc.questions import conventions as conventions
from archcalc.questions import identify as identify
from archcalc.questions import ops as ops
from archcalc.questions import validate as validate
