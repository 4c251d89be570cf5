"""Files of records, as `archcalc profile` writes them."""

import json
from pathlib import Path

from archcalc.analysis.profile.record import Record
from archcalc.errors import ArchError, reason
from archcalc.files import remember


def read_records(path: Path, option: str) -> list[Record]:
    """Return the records in a file that profile wrote. Raises ArchError for another file, after the option's name."""
    try:
        with path.open(encoding="utf-8") as stream:
            remember(path)
            read = json.load(stream)
    except OSError as error:
        raise ArchError(f"{option}: {path} cannot be read: {reason(error)}") from None
    except (ValueError, RecursionError):
        raise ArchError(f"{option}: {path} is not JSON") from None
    several = isinstance(read, dict) and isinstance(read.get("results"), list)
    records = read["results"] if several else [read]
    places = (f" (results[{place}])" if several else "" for place in range(len(records)))
    return [_record(data, f"{option}: {path}{place}") for data, place in zip(records, places, strict=True)]


def _record(data: object, place: str) -> Record:
    try:
        return Record.from_json(data)
    except ArchError as error:
        raise ArchError(f"{place} is not a whole record of archcalc profile: {error}") from None
