"""The envelope of every JSON answer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from archcalc import __version__

SCHEMA: Final = 1
"""The version of the JSON that every command prints: keys may come, those there are stay."""


def stamped(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the version of archcalc that gave it and of the form that it has."""
    return {"archcalc": __version__, "schema": SCHEMA} | answer


def results(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one answer as it is, several under `results`."""
    return answers[0] if len(answers) == 1 else stamped({"results": list(answers)})


def listed(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return answers under `results`, however many there are."""
    return stamped({"results": list(answers)})
