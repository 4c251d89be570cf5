"""The zip archives that torch.save writes since torch 1.6: one pickle, and a record with the bytes of each storage."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from archcalc.checkpoint.saved import MalformedError, Storage
from archcalc.checkpoint.unpickled import unpickle

MOST_PICKLE_BYTES: Final = 100_000_000
_MOST_TIMES: Final = 100
"""How many times as long a pickle may be as its packed bytes; torch packs none, and no state_dict packs so well."""

_PICKLE: Final = "data.pkl"
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, NotImplementedError, RuntimeError),
)
"""What zipfile raises for archives that are damaged, or of a sort that torch does not write."""

_LOCAL_HEADER: Final = 30
"""The bytes of the header of a record, before its name (APPNOTE.TXT of PKWARE, section 4.3.7)."""


def load(path: Path) -> Any:
    """Return the value that was saved. Raises MalformedError for an archive that is damaged, or not torch.save's."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = _records(archive)
            folder = _folder(records)
            value, storages = unpickle(io.BytesIO(_content(archive, path, records[folder + _PICKLE])))
            for storage in storages:
                _expect_bytes(archive, storage, records.get(f"{folder}data/{storage.key}"))
    except _BROKEN as error:
        raise _damaged(error) from None
    return value


def expect_checksums(path: Path) -> None:
    """Raise MalformedError where the bytes of a record are not those that were written, by its checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip() if any(entry.CRC for entry in archive.infolist()) else None
    except _BROKEN as error:
        raise _damaged(error) from None
    if broken:
        raise MalformedError(f"the bytes of {broken[:100]} do not have their checksum")


def _damaged(error: Exception) -> MalformedError:
    return MalformedError(f"it is a zip archive that is damaged or cut off ({' '.join(str(error).split())[:100]})")


def _records(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    entries = archive.infolist()
    records = {entry.filename: entry for entry in entries}
    if len(records) != len(entries):
        raise MalformedError("it has several records of one name")
    total = sum(entry.file_size for entry in entries)
    if total > Path(str(archive.filename)).stat().st_size + MOST_PICKLE_BYTES:
        raise MalformedError(f"it would unpack to {total:,} bytes, far more than it has")
    return records


def _folder(records: Mapping[str, zipfile.ZipInfo]) -> str:
    """Return the name of the folder in which torch puts everything. Raises MalformedError for another's archive."""
    folder = next(iter(records), "").partition("/")[0] + "/"
    if any(name.startswith(f"{folder}models/") and name.endswith(".json") for name in records):
        raise MalformedError(
            "it is a program of torch.export.save, whose layers archcalc table shows; save its state_dict"
        )
    if f"{folder}{_PICKLE}" not in records:
        raise MalformedError("it is a zip archive, but not one of torch.save")
    if any(name.startswith(f"{folder}code/") for name in records):
        raise MalformedError("it is a program of torch.jit.save; save its state_dict")
    return folder


def _content(archive: zipfile.ZipFile, path: Path, entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a record. torch may be told to write no checksum, which is then zero."""
    if entry.file_size > MOST_PICKLE_BYTES:
        raise MalformedError(f"its pickle has over {MOST_PICKLE_BYTES:,} bytes, which no state_dict needs")
    if entry.file_size > _MOST_TIMES * (entry.compress_size + 1000):
        raise MalformedError(f"its pickle would unpack from {entry.compress_size:,} to {entry.file_size:,} bytes")
    if entry.CRC or entry.compress_type != zipfile.ZIP_STORED:
        return archive.read(entry)
    with path.open("rb") as stream:
        stream.seek(entry.header_offset + _LOCAL_HEADER - 4)
        lengths = struct.unpack("<HH", stream.read(4))
        stream.seek(sum(lengths), io.SEEK_CUR)
        return stream.read(entry.file_size)


def _expect_bytes(archive: zipfile.ZipFile, storage: Storage, entry: zipfile.ZipInfo | None) -> None:
    """Raise MalformedError for a storage whose record is not there or too short, BadZipFile for a broken record."""
    found = entry.file_size if entry else 0
    if entry is None or found < storage.size:
        raise MalformedError(f"its storage {storage.key} has {found:,} bytes in place of {storage.size:,}")
    archive.open(entry).close()
