"""A model imported in a process of its own, since that runs its code. Torch is not imported here."""

import sys
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from archcalc.exchange.torch_models.document import Imported
from archcalc.exchange.torch_models.words import Model
from archcalc.pytorch.process import command
from archcalc.pytorch.somebodys import SECONDS, answer_about
from archcalc.spec.inputs import Inputs

PROCESS: Final = command("archcalc.pytorch.importing")


class Wanted(NamedTuple):
    """The model to import, the arguments to make it with, and the shapes to run it on."""

    model: Model
    settings: Mapping[str, Any]
    given: Inputs | None
    """None for the shape for which it was made, if that is known."""
    folders: tuple[str, ...]
    """Where Python looks for modules."""


def import_in_a_process(
    model: Model, settings: Mapping[str, Any], given: Inputs | None, seconds: float = SECONDS
) -> Imported:
    """Return the spec of a model that a new process makes and runs, for so many seconds at most.

    Raises ArchError or MissingError as the process reports, and where it ends without an answer.
    """
    wanted = Wanted(model, dict(settings), given, tuple(sys.path))
    return answer_about(model.word, PROCESS, wanted, Imported, seconds)
