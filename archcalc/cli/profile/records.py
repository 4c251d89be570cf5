"""Records of profiles on disk: written whole as soon as they are there, read again, held against each other."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archcalc.errors import ArchError, reason

if TYPE_CHECKING:
    from archcalc.cli.options import Format

RECORDS: Final = Path("reports") / "profiles"
"""Where records go that no --output asks for."""


def keep(record: dict[str, Any]) -> None:
    """Write a record under reports/profiles; where that cannot be, say so, and lose nothing else."""
    from archcalc.cli.output import say, write
    from archcalc.render.data import json_text, stamped

    path = RECORDS / file_name(record)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(json_text(stamped(record)), path)
    except (ArchError, OSError) as error:
        say(f"not recorded, give --output FILE.json: {error}")
    else:
        say(f"recorded in {path}")


def file_name(record: dict[str, Any]) -> str:
    """The network, the device, how many ranks, the mode, the precision, the layout, the version and the time."""
    asked, environment = record["asked"], record["environment"]
    ranks = f"{record['distributed']['ranks']}ranks" if "distributed" in record else ""
    layout = "nhwc" if asked["channels_last"] else "nchw"
    torch, created = environment["torch"].partition("+")[0], record["created"].partition("+")[0].replace(":", "")
    device, mode = asked["device"].replace(":", ""), asked["preset"] or asked["mode"]
    words = (record["spec"]["name"], device, ranks, mode, asked["precision"], layout, f"torch{torch}", created)
    return f"{'-'.join(filter(None, words))}.json"


def hold_against(paths: tuple[Path, Path], form: "Format | None", output: Path | None) -> None:
    """Write two records side by side. Raises ArchError where they cannot be read or share nothing."""
    from archcalc.analysis.profile.comparing import compare, differences
    from archcalc.cli.output import answer
    from archcalc.render.data import stamped
    from archcalc.render.profile import comparison_data, comparison_sheet

    before, after = map(_read, paths)
    try:
        figures, otherwise = compare(before, after), differences(before, after)
    except (KeyError, TypeError, IndexError) as error:
        raise ArchError(f"--compare: a record is not whole: {error} is missing or of another kind") from None
    if not figures:
        raise ArchError("--compare: the two records have no measurement in common")
    answer(
        [comparison_sheet((str(paths[0]), str(paths[1])), figures, otherwise)],
        lambda: stamped(comparison_data(figures, otherwise)),
        form,
        output,
    )


def _read(path: Path) -> dict[str, Any]:
    """A record that profile wrote. Raises ArchError for what is none."""
    from archcalc.analysis.profile.record import KIND

    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchError(f"--compare: {path} cannot be read: {reason(error)}") from None
    except ValueError:
        raise ArchError(f"--compare: {path} is no JSON") from None
    if isinstance(read, dict) and isinstance(read.get("results"), list):
        raise ArchError(f"--compare: {path} holds {len(read['results'])} records; give a file of one")
    if not isinstance(read, dict) or read.get("kind") != KIND:
        raise ArchError(f"--compare: {path} is no record of archcalc profile")
    return read
