"""Records on disk: each written as soon as it is there, read again, and compared."""

from collections import Counter
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archcalc.analysis.profile.record import Record
from archcalc.errors import ArchError, reason

if TYPE_CHECKING:
    from archcalc.cli.options import Writing

RECORDS: Final = Path("reports") / "profiles"
"""The folder of records that no --output asks for."""


def keep(record: Record) -> None:
    """Write a record under reports/profiles; where that fails, say so and go on."""
    from archcalc.cli.output import say, write
    from archcalc.render.envelope import stamped
    from archcalc.render.formats import json as json_format

    path = _free(RECORDS / file_name(record))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(json_format.text(stamped(record.to_json())), path)
    except (ArchError, OSError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        say(f"the record is not kept ({why}): give --output FILE.json")
    else:
        say(f"recorded in {path}")


def _free(path: Path) -> Path:
    """Return the path, with a number if a record of the same second has it."""
    several = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(one for one in chain([path], several) if not one.exists())


def file_name(record: Record) -> str:
    """Return a name of the network, device, ranks, mode, precision, layout, version of torch and time."""
    request = record.request
    words = (
        record.spec.name,
        request.device.replace(":", ""),
        f"{record.distributed.ranks}ranks" if record.distributed else "",
        request.preset or request.mode,
        request.precision,
        "nhwc" if request.channels_last else "nchw",
        f"torch{record.environment.torch.partition('+')[0]}",
        record.created.partition("+")[0].replace(":", ""),
    )
    return f"{'-'.join(filter(None, words))}.json"


def compare_files(paths: tuple[Path, Path], writing: "Writing") -> None:
    """Write the records of two files side by side. Raises ArchError where they cannot be read or share nothing."""
    from archcalc.analysis.profile.comparing import compare
    from archcalc.analysis.profile.files import read_records
    from archcalc.cli.output import say, write_answer
    from archcalc.render.answer import Answer
    from archcalc.render.envelope import results, stamped
    from archcalc.render.profile import comparison_data, comparison_sheet

    files = (str(paths[0]), str(paths[1]))
    before, after = (read_records(path, "--compare") for path in paths)
    pairs = _paired(before, after)
    comparisons = [found for pair in pairs if (found := compare(*pair)).times]
    if not comparisons:
        raise ArchError("--compare: the two files have no measurement in common")
    for file, records, side in zip(files, (before, after), zip(*pairs, strict=True), strict=True):
        alone = [record.spec.name for record in records if record not in side]
        if alone:
            say(f"only in {file}: {', '.join(alone)}")
    sheets = [comparison_sheet(files, one) for one in comparisons]
    data = [stamped(comparison_data(files, one)) for one in comparisons]
    write_answer(Answer(sheets, lambda: results(data)), writing)


def _paired(before: list[Record], after: list[Record]) -> list[tuple[Record, Record]]:
    """Return the records of the same network; if each file holds one record, these two, also of different networks."""
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    others = _numbered(after)
    return [(record, others[which]) for which, record in _numbered(before).items() if which in others]


def _numbered(records: list[Record]) -> dict[tuple[str, int], Record]:
    """Return each record by its network, and by how many of the same network come before it."""
    seen: Counter[str] = Counter()
    found = {}
    for record in records:
        name = record.spec.name
        found[name, seen[name]] = record
        seen[name] += 1
    return found
