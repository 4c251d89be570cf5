"""A folder of Parquet files, one for each chunk, with a manifest: it is whole at any moment, and a sweep goes on there.

A part is written under another name, made sure on the disk, and renamed; so a part that is there is a whole one. What a
chunk came to, apart from its rows, stands in the metadata of its part.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from platform import node
from time import time
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.arrow import as_table, rows_of
from archcalc.analysis.sweep.executors import HERE, Executor
from archcalc.analysis.sweep.outcome import Outcome, Reason
from archcalc.analysis.sweep.rows import Rows
from archcalc.analysis.sweep.run import Progress, outcomes
from archcalc.analysis.sweep.search import Search
from archcalc.errors import ArchError, MissingError, reason
from archcalc.files import replacing

MANIFEST: Final = "_manifest.json"
"""The name of the manifest: readers of Parquet pass over files whose names start so."""

_OUTCOME: Final = b"archcalc"
_UNFINISHED: Final = ".archcalc."
_LONG_AGO: Final = 3600
_ROW_GROUP: Final = 131_072


class Shard(NamedTuple):
    """The part of the chunks that one of several machines computes: each of them every so many-th."""

    number: int = 1
    of: int = 1

    def chunks(self, count: int) -> range:
        return range(self.number - 1, count, self.of)


WHOLE: Final = Shard()


def read_shard(text: str) -> Shard:
    """Read `3/16`. Raises ArchError."""
    number, slash, of = text.partition("/")
    if slash and all(word.isdecimal() and len(word) < 8 for word in (number, of)) and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise ArchError(f"'{text}' is no shard: write which of how many, as in 3/16")


class Folder(NamedTuple):
    """Where parts are written; by other machines too, where it has the text of its manifest, by which they know it."""

    path: Path
    manifest: str = ""

    def part(self, number: int) -> Path:
        return self.path / f"part-{number:06d}.parquet"

    def task(self, search: Search, number: int) -> Outcome:
        """Write the part of a chunk, and return what it came to, with the best of its rows, if such are asked for."""
        if self.manifest:
            self._expect_shared()
        if self.part(number).exists():  # a process that died may have written it
            return self.read(search, number)
        found = search.keeping_all().chunk(number)
        self.write(search, number, found)
        best = search.best
        rows = None if best.is_all or found.rows is None else best.of(search.with_objectives(found.rows))
        return replace(found, rows=rows)

    def _expect_shared(self) -> None:
        """Raise ArchError where this machine sees another folder, so that its parts would be lost."""
        try:
            is_same = (self.path / MANIFEST).read_text(encoding="utf-8") == self.manifest
        except OSError:
            is_same = False
        if not is_same:
            raise ArchError(f"{node()} does not see {self.path} as it is here: name a folder that all machines share")

    def write(self, search: Search, number: int, found: Outcome) -> None:
        """Write a part, whole or not at all. Raises ArchError where it cannot be written."""
        parquet = _parquet()
        table = as_table(search, found.rows)
        data = json.dumps(_outcome_data(found), sort_keys=True).encode()
        table = table.replace_schema_metadata({_OUTCOME: data})
        path = self.part(number)
        try:
            with replacing(path) as temporary:
                parquet.write_table(table, temporary, compression="zstd", row_group_size=_ROW_GROUP)
                _make_sure(temporary)
        except OSError as error:
            raise ArchError(f"{path} cannot be written: {_why(error)}; the parts before it are whole") from None

    def read(self, search: Search, number: int) -> Outcome:
        """Return what the chunk of a part came to. Raises ArchError for a part that is none."""
        found, rows = self._read(search, number, has_rows=not search.best.is_all)
        return replace(found, rows=None if rows is None or not len(rows) else search.best.of(rows))

    def rows(self, search: Search, number: int) -> Rows:
        """Return the rows of a part. Raises ArchError for a part that is none."""
        _, rows = self._read(search, number, has_rows=True)
        assert rows is not None
        return rows

    def _read(self, search: Search, number: int, has_rows: bool) -> tuple[Outcome, Rows | None]:
        parquet, path = _parquet(), self.part(number)
        try:
            file = parquet.ParquetFile(path)
            found = _outcome_of(json.loads(file.schema_arrow.metadata[_OUTCOME]))
            return found, rows_of(search, file.read()) if has_rows else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchError(f"{path} is no part of a sweep, or is damaged ({error}): remove it") from None


def _why(error: OSError) -> str:
    """Return why the system refuses a file: in its own words, which others put into theirs."""
    return os.strerror(error.errno).lower() if error.errno else reason(error)


def _make_sure(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parquet() -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingError(f"Parquet needs pyarrow ({error}): pip install 'archcalc[sweep]'") from None
    return parquet


def write_parts(
    search: Search,
    folder: Path,
    manifest: Mapping[str, Any],
    shard: Shard = WHOLE,
    executor: Executor = HERE,
    report: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Write the parts that a folder lacks, and return what all chunks of the shard came to.

    Raises ArchError for a folder that has another sweep, or anything else.
    """
    _parquet()
    executor.expect_installed()
    search.prepare()
    _expect_own(folder, {**manifest, "chunks": search.plan.chunks})
    place = Folder(folder)
    if not executor.is_here:
        place = Folder(folder.absolute(), (folder / MANIFEST).read_text(encoding="utf-8"))
    mine = shard.chunks(search.plan.chunks)
    is_there = {number: place.part(number).exists() for number in mine}
    total = Outcome()
    for done, found in enumerate(_all(search, place, is_there, executor), 1):
        total = total.with_(found, search.best)
        report(Progress(done, len(mine), total.variants))
    return total


def _all(search: Search, place: Folder, is_there: Mapping[int, bool], executor: Executor) -> Iterator[Outcome]:
    yield from (place.read(search, number) for number, there in is_there.items() if there)
    missing = [number for number, there in is_there.items() if not there]
    yield from outcomes(search, missing, executor, place.task)


def _expect_own(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Make a folder, and its manifest. Raises ArchError where it is not that of the same sweep."""
    path = folder / MANIFEST
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leavings(folder)
        if path.exists():
            _expect_same(path, manifest)
            return
        if any(not name.startswith(_UNFINISHED) for name in os.listdir(folder)):
            raise ArchError(f"{folder} has files, but no {MANIFEST} of a sweep: name a new folder")
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
            _make_sure(temporary)
    except OSError as error:
        raise ArchError(f"{folder} cannot be written: {reason(error)}") from None


_DIFFERS: Final = {"network": "the networks", "layers": "the layers", "space": "the spaces", "where": "the conditions"}
"""What differs, by the keys of the manifest."""


def _expect_same(path: Path, manifest: Mapping[str, Any]) -> None:
    try:
        theirs = json.loads(path.read_text(encoding="utf-8"))
        keys = [key for key in {**manifest, **theirs} if theirs.get(key) != json.loads(json.dumps(manifest.get(key)))]
    except (ValueError, TypeError, AttributeError):
        raise ArchError(f"{path} is not the manifest of a sweep: name a new folder") from None
    if "archcalc" in keys:
        raise ArchError(
            f"{path.parent} was written by archcalc {theirs.get('archcalc')}, and this is {manifest['archcalc']}: "
            "name a new folder"
        )
    if keys:
        raise ArchError(f"{path.parent} has another sweep ({_DIFFERS.get(keys[0], keys[0])} differ): name a new folder")


def _remove_leavings(folder: Path) -> None:
    """Remove what was left unfinished long ago, where a process was killed."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        if path.stat().st_mtime < time() - _LONG_AGO:
            path.unlink(missing_ok=True)


def _outcome_data(found: Outcome) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("variants", "outside", "legal", "matching")},
        "reasons": [[*one] for one in found.reasons.values()],
    }


def _outcome_of(data: Mapping[str, Any]) -> Outcome:
    reasons = [Reason(*one) for one in data["reasons"]]
    counts = {name: data[name] for name in ("variants", "outside", "legal", "matching")}
    return Outcome(**counts, reasons={(one.layer, one.rule): one for one in reasons})
