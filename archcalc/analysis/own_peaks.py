"""The peaks of this machine that were measured, kept in the user's cache: one for each machine and number format.

A peak belongs to the release of torch that reached it. With another release it is stale, and not taken for the truth.
"""

import json
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.errors import ArchError, MissingError
from archcalc.files import replacing

_FILE: Final = "peaks.json"


@dataclass(frozen=True, kw_only=True)
class OwnPeak:
    """TFLOP/s of a large matrix product and GB/s of a large copy, as torch reached them here."""

    device: str
    torch: str
    tflops: float
    gbs: float

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = typed_json.to_json(self)
        return data

    @classmethod
    def from_json(cls, data: object) -> "OwnPeak":
        """Return what `to_json` made. Raises ArchError for anything else."""
        return typed_json.from_json(cls, data)


def cache_folder() -> Path:
    """Return the folder in which this system keeps what programs can make again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "archcalc" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "archcalc"
    told = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(told) if os.path.isabs(told) else Path.home() / ".cache") / "archcalc"


def kept(number_format: str) -> OwnPeak | None:
    """Return the peak of this machine; None where there is none. Raises ArchError for one of another torch."""
    entry = _read().get(_key(number_format))
    if entry is None:
        return None
    try:
        peak = OwnPeak.from_json(entry)
    except ArchError:
        return None
    here = torch_release()
    if peak.torch != here:
        raise ArchError(
            f"the peaks of {peak.device} were measured with torch {peak.torch}, and here is torch {here}: "
            "add --remeasure to measure them again"
        )
    return peak


def keep(number_format: str, peak: OwnPeak) -> None:
    """Keep a peak for later. Raises OSError where the cache cannot be written."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    entries = _read() | {_key(number_format): peak.to_json()}
    with replacing(folder / _FILE) as temporary:
        temporary.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def torch_release(purpose: str = "to measure peaks") -> str:
    """Return the release of torch that is installed, without loading it. Raises MissingError where there is none."""
    try:
        return version("torch")
    except PackageNotFoundError:
        raise MissingError(f"{purpose} needs torch: pip install 'archcalc[torch]'") from None


def _read() -> dict[str, Any]:
    """Return what is kept; nothing of a file that is not there, or is broken."""
    try:
        entries = json.loads((cache_folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _key(number_format: str) -> str:
    return f"{platform.node()} {platform.machine()} {os.cpu_count()} cores, {number_format}"
