"""Records of profiles on disk: written whole as soon as they are there, read again, held against each other."""

import json
from collections import Counter
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archcalc.errors import ArchError, reason

if TYPE_CHECKING:
    from archcalc.cli.options import Writing

Data = dict[str, Any]

RECORDS: Final = Path("reports") / "profiles"
"""Where records go that no --output asks for."""


def keep(record: dict[str, Any]) -> None:
    """Write a record under reports/profiles; where that cannot be, say so, and lose nothing else."""
    from archcalc.cli.output import say, write
    from archcalc.render.envelope import stamped
    from archcalc.render.formats import json as json_format

    path = _free(RECORDS / file_name(record))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(json_format.text(stamped(record)), path)
    except (ArchError, OSError) as error:
        say(f"not recorded, give --output FILE.json: {reason(error) if isinstance(error, OSError) else error}")
    else:
        say(f"recorded in {path}")


def _free(path: Path) -> Path:
    """The path, or with a number where a record of the same second has it."""
    several = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(one for one in chain([path], several) if not one.exists())


def file_name(record: dict[str, Any]) -> str:
    """The network, the device, how many ranks, the mode, the precision, the layout, the version and the time."""
    asked, environment = record["asked"], record["environment"]
    ranks = f"{record['distributed']['ranks']}ranks" if "distributed" in record else ""
    layout = "nhwc" if asked["channels_last"] else "nchw"
    torch, created = environment["torch"].partition("+")[0], record["created"].partition("+")[0].replace(":", "")
    device, mode = asked["device"].replace(":", ""), asked["preset"] or asked["mode"]
    words = (record["spec"]["name"], device, ranks, mode, asked["precision"], layout, f"torch{torch}", created)
    return f"{'-'.join(filter(None, words))}.json"


def hold_against(paths: tuple[Path, Path], writing: "Writing") -> None:
    """Write the records of two files side by side. Raises ArchError where they cannot be read or share nothing."""
    from archcalc.analysis.profile.comparing import compare
    from archcalc.cli.output import say, write_answer
    from archcalc.render.answer import Answer
    from archcalc.render.envelope import results, stamped
    from archcalc.render.profile import comparison_data, comparison_sheet

    output = writing.output
    if output is not None and output.resolve() in [path.resolve() for path in paths]:
        raise ArchError(f"--output: {output} is one of the two records that are compared")
    files = (str(paths[0]), str(paths[1]))
    sheets, data = [], []
    try:
        before, after = map(_read, paths)
        pairs = _paired(before, after)
        for pair in pairs:
            if figures := compare(*pair):
                sheets.append(comparison_sheet(files, pair, figures))
                data.append(stamped(comparison_data(files, pair, figures)))
    except (ArithmeticError, AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
        raise ArchError(f"--compare: a record is not whole ({error})") from None
    if not sheets:
        raise ArchError("--compare: the two files have no measurement in common")
    for file, records, place in zip(files, (before, after), (0, 1), strict=True):
        alone = [record["spec"]["name"] for record in records if record not in [pair[place] for pair in pairs]]
        if alone:
            say(f"in {file} alone: {', '.join(alone)}")
    write_answer(Answer(sheets, lambda: results(data)), writing)


def _paired(before: list[Data], after: list[Data]) -> list[tuple[Data, Data]]:
    """Records of the same network; two that are alone in their files, whatever they are of."""
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    others = _numbered(after)
    return [(record, others[which]) for which, record in _numbered(before).items() if which in others]


def _numbered(records: list[Data]) -> dict[tuple[str, int], Data]:
    """Each by its network, and by how many of the same come before it."""
    seen: Counter[str] = Counter()
    found = {}
    for record in records:
        name = record["spec"]["name"]
        found[name, seen[name]] = record
        seen[name] += 1
    return found


def _read(path: Path) -> list[Data]:
    """The records in a file that profile wrote. Raises ArchError for another."""
    from archcalc.analysis.profile.record import KIND

    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchError(f"--compare: {path} cannot be read: {reason(error)}") from None
    except (ValueError, RecursionError):
        raise ArchError(f"--compare: {path} is no JSON") from None
    records = read["results"] if isinstance(read, dict) and isinstance(read.get("results"), list) else [read]
    if not all(isinstance(record, dict) and record.get("kind") == KIND for record in records):
        raise ArchError(f"--compare: {path} is no record of archcalc profile")
    return records
