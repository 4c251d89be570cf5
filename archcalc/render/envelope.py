"""The envelope of every JSON answer."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from archcalc import __version__
from archcalc.spec.inputs import as_data
from archcalc.spec.model import Spec

SCHEMA: Final = 1
"""The version of the JSON that every command prints: keys may come, those there are stay."""

IDENTITY: Final = ("name", "settings", "spec_hash", "input_shape")
"""The keys that say of which network an answer is."""


def stamped(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the version of archcalc that gave it and of the form that it has."""
    return {"archcalc": __version__, "schema": SCHEMA} | answer


def identity(spec: Spec) -> dict[str, Any]:
    """Return what tells a network from others: its name, what was set from outside, and what that makes.

    This is the shape of its input, by name where there are several, and a hash of the input and all layers.
    """
    from archcalc.exchange.yaml import digest

    return dict(zip(IDENTITY, (spec.name, dict(spec.settings), digest(spec), as_data(spec.input_shape)), strict=True))


def results(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one answer as it is, several under `results`."""
    return answers[0] if len(answers) == 1 else stamped({"results": list(answers)})


def listed(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return answers under `results`, however many there are."""
    return stamped({"results": list(answers)})
