"""What is varied, in words."""

from collections.abc import Iterable, Iterator

from archcalc.errors import ArchError


def read_inputs(words: list[str]) -> "str | dict[str, str]":
    """Read `96,128`, or `left=96,128` of one of several inputs. Raises ArchError."""
    if not any("=" in word for word in words):
        return ",".join(words)
    found: dict[str, str] = {}
    for word in words:
        name, sign, values = map(str.strip, word.partition("="))
        if not (name and sign and values):
            raise ArchError(f"--input: '{word}' does not say which of the inputs is varied: write left=96,128")
        if name in found:
            raise ArchError(f"--input: {name} is given twice: put all its values in one list")
        found[name] = values
    return found


def read_vary(pairs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read `w=8..128:8`. Raises ArchError."""
    seen = set()
    for pair in pairs:
        name, sign, values = map(str.strip, pair.partition("="))
        if not (name and sign and values):
            raise ArchError(f"--vary: '{pair}' does not say what is varied over which values: write w=8..128:8")
        if name in seen:
            raise ArchError(f"--vary: {name} is given twice: put all its values in one list")
        seen.add(name)
        yield name, values
