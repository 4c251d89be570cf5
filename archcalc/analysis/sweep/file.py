"""A file that says what is varied, for spaces that are too large for a command line."""

from collections.abc import Mapping as MappingOf
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, did_you_mean
from archcalc.spec.reading import plain
from archcalc.spec.text import Mapping, decode, parse, read_bytes

_KEYS: Final = ("vary", "input", "batch", "constraints", "sample", "sampling", "seed")


class SpaceFile(NamedTuple):
    """What a file says of a space; what it leaves out is None, or empty."""

    vary: MappingOf[str, Any] = {}  # never changed
    input: Any = None
    batch: Any = None
    constraints: tuple[str, ...] = ()
    sample: Any = None
    sampling: Any = None
    seed: Any = None


def read_space_file(path: Path) -> SpaceFile:
    """Read a file of YAML or JSON. Raises ArchError, with the place of what is wrong."""
    tree = parse(decode(read_bytes(path, str(path)), str(path)), str(path))
    for key, mark in tree.keys.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f" (it has {', '.join(_KEYS)})"
            raise ArchError(f"a space has no '{key}'{hint}").at(mark)
    vary, constraints = tree.items.get("vary"), tree.items.get("constraints")
    if vary is not None and not isinstance(vary, Mapping):
        raise ArchError("vary must be a mapping, {name: values}").at(vary.mark)
    given = plain(constraints) if constraints is not None else []
    if constraints is not None and not (isinstance(given, list) and all(isinstance(one, str) for one in given)):
        raise ArchError("constraints must be a list of conditions, such as w2 == 2 * w1").at(constraints.mark)
    rest = {key: plain(tree.items[key]) for key in _KEYS if key in tree.items and key not in ("vary", "constraints")}
    return SpaceFile(plain(vary) if vary else {}, constraints=tuple(given), **rest)
