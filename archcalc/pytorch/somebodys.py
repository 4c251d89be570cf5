"""Somebody's model in a process of its own, which it may end, crash or never end. Torch is not imported here."""

import math
import signal
from collections.abc import Sequence
from functools import partial
from typing import Final, TypeVar

from archcalc.analysis.messages import Answer, heard
from archcalc.errors import ArchError
from archcalc.files import remember
from archcalc.layers.fields import spell
from archcalc.pytorch.process import Ended, ask

A = TypeVar("A", bound=Answer)

SECONDS: Final = 600
"""The time that a model has, unless another is given."""


def answer_about(target: str, words: Sequence[str], request: object, kind: type[A], seconds: float = SECONDS) -> A:
    """Return what a process answers that runs the code of a model, for so many seconds at most.

    What the code prints goes to standard error. Raises ArchError or MissingError as the process reports, and where it
    ends without an answer.
    """
    if not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
        raise ArchError(f"--timeout must be a number of seconds above 0, got {spell(seconds)}")
    remember(target.rpartition(":")[0])
    doing = "starts"

    def report(what: str) -> None:
        nonlocal doing
        doing = what

    answer = ask(words, request, partial(heard, report, kind), limit=seconds)
    if isinstance(answer, Ended):
        raise ArchError(f"{target} {_how_it_ended(answer, seconds)} while it {doing}")
    return answer


def _how_it_ended(ended: Ended, seconds: float) -> str:
    if ended.is_late:
        return f"has not come to an end after {seconds:g} seconds (--timeout)"
    if ended.code == -signal.SIGKILL:
        return "was killed, as systems do where memory runs out,"
    if ended.signal:
        return f"ended its process by {ended.signal}"
    return f"ended its process with exit code {ended.code}"
