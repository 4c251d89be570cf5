"""Which columns of a table are shown."""

from collections.abc import Iterable, Sequence

from archcalc.errors import ArchError


def chosen(columns: Iterable[str] | None, default: Sequence[str]) -> list[str]:
    """Return the keys of the columns that are shown; those with a + before them are shown besides the default ones.

    Raises ArchError where only some have a +.

    >>> chosen(["+units", "+macs"], ["layer", "macs"]), chosen(["units"], ["layer", "macs"])
    (['layer', 'macs', 'units'], ['units'])
    """
    if columns is None:
        return list(default)
    keys = list(columns)
    added = [key.removeprefix("+") for key in keys if key.startswith("+")]
    if added and len(added) < len(keys):
        raise ArchError(f"columns: put a + before all, to add them to those that are shown, or none: {','.join(keys)}")
    return list(dict.fromkeys([*default, *added])) if added else keys
