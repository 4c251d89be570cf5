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

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from archcalc.answers.table import Table
    from archcalc.errors import ArchError, MissingError
    from archcalc.network import Network, from_module, load
    from archcalc.questions import (
        audit,
        calibrate,
        catalogue,
        check,
        compare,
        conventions,
        devices,
        identify,
        one_page,
        ops,
        report,
        starter,
        sweep,
        validate,
    )

__all__ = [
    "ArchError",
    "MissingError",
    "Network",
    "Table",
    "audit",
    "calibrate",
    "catalogue",
    "check",
    "compare",
    "conventions",
    "devices",
    "from_module",
    "identify",
    "load",
    "one_page",
    "ops",
    "report",
    "starter",
    "sweep",
    "validate",
]

_PLACES = ("archcalc.errors", "archcalc.network", "archcalc.questions", "archcalc.answers.table")


def __getattr__(name: str) -> Any:
    """Load the API when it is first asked for something: the command line does without most of it."""
    if name in __all__:
        for module in map(import_module, _PLACES):
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module 'archcalc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
