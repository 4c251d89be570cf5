"""The archive that torch.export.save writes: the JSON of its program, and which of its weights are the same.

Of the weights themselves only the list is read, and nothing is unpacked to disk.
"""

import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError, first_line, listing, reason
from archcalc.files import is_pipe_or_device, remember

MOST_BYTES: Final = 8_000_000
"""Of JSON; that of torchvision's EfficientNet v2 L is 3 MB. What is in it may take 27 times as much memory."""
_MOST_RECORDS: Final = 100_000
_MOST_NAMED: Final = 4

_PROGRAM: Final = re.compile(r"(?P<folder>[^/]+)/models/(?P<name>[^/]+)\.json")
_WEIGHTS: Final = "{folder}/data/weights/{name}_weights_config.json"
_OLDER: Final = "serialized_exported_program.json"
"""What PyTorch before 2.8 calls the program, in an archive of another layout."""

_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, NotImplementedError, RuntimeError),
)
"""What zipfile raises for archives that are damaged, or of a sort that torch does not write."""


class Archive(NamedTuple):
    """What is read of an archive, as it is in JSON."""

    program: Any
    weights: Any


@collector_at_rest()
def open_archive(path: Path, shown: str) -> Archive:
    """Return the JSON of a program. Raises ArchError where the file cannot be read, or is none."""
    try:
        if is_pipe_or_device(path):
            raise ArchError(f"{shown} is not a file but a pipe or a device")
        remember(path)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_RECORDS:
                raise zipfile.BadZipFile(f"it has {len(entries):,} records")
            found = _program(entries, shown)
            return Archive(
                *(_json(archive, record, shown) for record in (found[0], _WEIGHTS.format(**found.groupdict())))
            )
    except FileNotFoundError:
        raise ArchError(f"{shown}: there is no such file") from None
    except OSError as error:
        raise ArchError(f"{shown} cannot be read: {reason(error)}") from None
    except _BROKEN as error:
        why = " ".join(first_line(error).split())[:100]
        raise ArchError(f"{shown} is not an archive of torch.export.save, or is damaged or cut off ({why})") from None


def _program(entries: list[zipfile.ZipInfo], shown: str) -> re.Match[str]:
    """Return the name of the only program's record, in its parts. Raises ArchError where it is not the only one."""
    found = [match for entry in entries if (match := _PROGRAM.fullmatch(entry.filename))]
    if len(found) == 1:
        return found[0]
    if found:
        names = [match["name"][:60] for match in found[:_MOST_NAMED]] + ["others"] * (len(found) > _MOST_NAMED)
        raise ArchError(f"{shown} has {len(found):,} programs, {listing(names, 'and')}: save one alone")
    if any(entry.filename == _OLDER for entry in entries):
        raise ArchError(f"{shown} is laid out as PyTorch before 2.8 did it: load it there, and save it by a newer one")
    raise ArchError(f"{shown} has no program in it: torch.export.save writes one to ARCHIVE/models/NAME.json")


def _json(archive: zipfile.ZipFile, name: str, shown: str) -> Any:
    entries = [entry for entry in archive.infolist() if entry.filename == name]
    if len(entries) != 1:
        raise zipfile.BadZipFile(f"it has {len(entries) or 'no'} {name[:60]}")
    if entries[0].file_size > MOST_BYTES:
        raise ArchError(f"{shown}: {name[:60]} has {entries[0].file_size:,} bytes, which no program of a network has")
    with archive.open(entries[0]) as stream:
        content = stream.read(MOST_BYTES + 1)
    try:
        return json.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ArchError(f"{shown}: {name[:60]} is not UTF-8: the byte at {error.start:,} is none") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno:,}, column {error.colno:,}"
        raise ArchError(f"{shown}: {name[:60]} is not JSON: {error.msg.lower()} at {at}") from None
    except ValueError:
        raise ArchError(f"{shown}: {name[:60]} has a number that is too long") from None
    except RecursionError:
        raise ArchError(f"{shown}: {name[:60]} is nested too deep") from None
