"""Files of Keras as the JSON that describes a model: that of `to_json`, and config.json of a .keras archive.

Weights are never read, and nothing is unpacked to disk.
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

from archcalc.errors import ArchError, Mark, first_line
from archcalc.exchange.keras.config import version_of
from archcalc.exchange.keras.recognized import MOST_BYTES, is_model
from archcalc.files import is_pipe_or_device, remember

_CONFIG: Final = "config.json"
_METADATA: Final = "metadata.json"
_MOST_RECORDS: Final = 100_000
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, NotImplementedError, RuntimeError),
)
"""What zipfile raises for archives that are damaged, or of a sort that Keras does not write."""


def open_model(path: Path, shown: str) -> tuple[dict[str, Any], int]:
    """Return what a file says of a model, and the version of Keras. Raises ArchError where it cannot be read."""
    try:
        if is_pipe_or_device(path):
            raise ArchError(f"{shown} is not a file but a pipe or a device")
        remember(path)
        if path.suffix.lower() == ".keras":
            return _of_archive(path, shown)
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ArchError(f"{shown}: there is no such file") from None
    except OSError as error:
        raise ArchError(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}") from None
    found = _parsed(content, shown)
    return _expected(found, shown), version_of(found)


def _of_archive(path: Path, shown: str) -> tuple[dict[str, Any], int]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = _expected(_parsed(_record(archive, _CONFIG), f"{shown}/{_CONFIG}"), shown)
            said: Any = {}
            if _METADATA in archive.namelist():
                said = _parsed(_record(archive, _METADATA), f"{shown}/{_METADATA}")
    except _BROKEN as error:
        why = " ".join(first_line(error).split())[:100]
        raise ArchError(f"{shown} is not a .keras archive, or is damaged or cut off ({why})") from None
    return found, version_of({**found, **said} if isinstance(said, dict) else found)


def _record(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of one record, no more than a description has."""
    entries = archive.infolist()
    named = [entry for entry in entries if entry.filename == name]
    if len(named) != 1 or len(entries) > _MOST_RECORDS:
        raise zipfile.BadZipFile(f"it has {len(named) or 'no'} {name} among {len(entries):,} records")
    if named[0].file_size > MOST_BYTES:
        raise ArchError(f"its {name} would unpack to {named[0].file_size:,} bytes, which no model's description has")
    with archive.open(named[0]) as stream:
        return stream.read(MOST_BYTES + 1)


def _parsed(content: bytes, shown: str) -> Any:
    """Return the value of JSON. Raises ArchError with the place where it is none."""
    if len(content) > MOST_BYTES:
        raise ArchError(f"{shown} is over {MOST_BYTES // 10**6} MB, which no model's description has")
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ArchError(f"not JSON: {error.msg.lower()}").at(Mark(shown, error.lineno, error.colno)) from None
    except UnicodeDecodeError as error:
        raise ArchError(f"{shown} is not UTF-8: the byte at {error.start:,} is none") from None
    except ValueError:
        raise ArchError(f"{shown} has a number that is too long") from None
    except RecursionError:
        raise ArchError(f"{shown} is nested too deep") from None


def _refuse(word: str) -> None:
    raise ArchError(f"not JSON: {word} is not a value of JSON")


def _expected(found: Any, shown: str) -> dict[str, Any]:
    if not is_model(found):
        raise ArchError(f"{shown} describes no model of Keras: it has no class_name and config")
    return dict(found)
