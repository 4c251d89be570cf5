"""What is varied, in words."""

from collections.abc import Iterable

from archcalc.errors import ArchError


def read_inputs(words: list[str]) -> "str | dict[str, str]":
    """Read `96,128`, or `left=96,128` of one of several inputs. Raises ArchError."""
    if not any("=" in word for word in words):
        return ",".join(words)
    return _by_name("--input", words, "does not say which of the inputs is varied: write left=96,128")


def read_vary(pairs: Iterable[str]) -> dict[str, str]:
    """Read `w=8..128:8`. Raises ArchError."""
    return _by_name("--vary", pairs, "does not say what is varied over which values: write w=8..128:8")


def _by_name(option: str, pairs: Iterable[str], lack: str) -> dict[str, str]:
    """Return values by the names before them. Raises ArchError for words without either, and for a name twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, values = map(str.strip, pair.partition("="))
        if not (name and sign and values):
            raise ArchError(f"{option}: '{pair}' {lack}")
        if name in found:
            raise ArchError(f"{option}: {name} is given twice: put all its values in one list")
        found[name] = values
    return found
