"""A calibration: what times of layers are made of on one machine, and how far predictions were off there.

It is kept in the user's cache, one for each machine and device, and may be written to a file. One of another machine,
or of another release of torch, is not taken for this one; a file that is named is taken for the machine that it is of.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log2
from pathlib import Path
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.analysis.own_peaks import cache_folder, torch_release
from archcalc.analysis.predict.load import TERMS
from archcalc.analysis.predict.rates import Rates
from archcalc.errors import ArchError, MissingError
from archcalc.files import is_pipe_or_device, replacing

SCHEMA: Final = 1
LOCAL: Final = "local"

_LONGEST: Final = 1.0
"""Seconds that an operation, a byte or a call takes at most."""
_MOST_BYTES: Final = 10**7
_ABOUT: Final = 12
"""The networks that were held out whose errors say how far a prediction may be off."""
_SHORTEST_MS: Final = 1e-6

_DEVICES: Final = ("cuda", "mps", "cpu")
"""Of several that were calibrated, the first is meant."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The machine and the software that times are of."""

    node: str
    device: str
    name: str
    cores: int | None
    threads: int
    torch: str
    keeps_memory: bool
    """Whether memory that was let go stayed with the process, so that the system cleared none anew."""

    @property
    def words(self) -> str:
        threads = f", {self.threads} threads" if self.device == "cpu" else ""
        return f"{self.name} ({self.device}{threads}, torch {self.torch})"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A network that was held out: its time as measured and as predicted, and how far its layers were off."""

    network: str
    batch: int
    measured_ms: float
    predicted_ms: float
    layers: int
    layer_error: float
    """The mean of the layers' errors, each as a share of what was measured."""
    layer_error_by_time: float
    """The same, with each layer weighing as its time."""

    @property
    def error(self) -> float:
        """How far the prediction is off, as a share of what was measured; negative for too short a time."""
        return self.predicted_ms / self.measured_ms - 1


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The rates of every sort of layers on a machine, and the networks that were held out."""

    schema: int
    archcalc: str
    created: str
    seed: int
    machine: Machine
    waited: float | None
    """The share of the time that was spent waiting for a core: something else was running."""
    networks: tuple[str, ...]
    """Those that were learnt from; of these, the ones that were held out before."""
    samples: int
    terms: tuple[str, ...]
    rates: Mapping[str, Rates]
    held_out: tuple[HeldOut, ...]

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = typed_json.to_json(self)
        return data

    @classmethod
    def from_json(cls, data: object) -> "Calibration":
        """Return what `to_json` made. Raises ArchError for anything else, and for one of another version."""
        if not isinstance(data, dict) or not {"rates", "held_out", "terms"} <= data.keys():
            raise ArchError("is not a calibration: archcalc calibrate --save writes them")
        if data.get("schema") != SCHEMA or data["terms"] != [*TERMS]:
            raise ArchError("is a calibration of another version of archcalc: run archcalc calibrate again")
        read = typed_json.from_json(cls, data)
        read.expect_sense()
        return read

    def expect_sense(self) -> None:
        """Raise ArchError for numbers that no machine has."""
        for name, one in self.rates.items():
            if not all(len(numbers) == len(TERMS) for numbers in (one.seconds, one.least, one.most)):
                raise ArchError(f"rates.{name} must have {len(TERMS)} numbers each")
            if not all(0 <= rate <= _LONGEST for rate in one.seconds):
                raise ArchError(f"rates.{name}.seconds must be numbers from 0 to {_LONGEST:g}")
        for held in self.held_out:
            if not (0 < held.measured_ms < inf and 0 <= held.predicted_ms < inf):
                raise ArchError("held_out.measured_ms must be numbers over 0, and predicted_ms from 0 on")
        if not self.rates or not self.held_out:
            raise ArchError("has no rates, or nothing that was held out")
        if not all(text.isprintable() for text in (self.machine.node, self.machine.name, self.machine.torch)):
            raise ArchError("machine must be text without control characters")

    @property
    def network_error(self) -> float:
        """The mean of how far networks that were held out were off."""
        return _mean([abs(one.error) for one in self.held_out])

    @property
    def layer_error(self) -> float:
        """The mean of how far their layers were off."""
        return _mean([one.layer_error for one in self.held_out])

    @property
    def layer_error_by_time(self) -> float:
        """The same, with each layer weighing as its time in its network."""
        return _mean([one.layer_error_by_time for one in self.held_out])

    @property
    def within(self) -> float:
        """The share by which nine of ten networks that were held out were off at most."""
        return _nine_of_ten(self.held_out)

    def within_about(self, seconds: float) -> float:
        """Return the same of the dozen that take the most nearly as long: short passes are the least certain."""
        ranked = sorted(self.held_out, key=lambda one: abs(log2(max(one.predicted_ms, _SHORTEST_MS) / (1e3 * seconds))))
        return _nine_of_ten(ranked[:_ABOUT])


def _nine_of_ten(some: Sequence[HeldOut]) -> float:
    errors = sorted(abs(one.error) for one in some)
    return errors[-(-9 * len(errors) // 10) - 1] if errors else 1.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def kept_at(device: str) -> Path:
    """Return where the calibration of this machine is kept."""
    name = f"{platform.node()}-{platform.machine()}-{os.cpu_count()}-{device}".replace(os.sep, "_").replace(":", "_")
    return cache_folder() / "calibrations" / f"{name}.json"


def keep(calibration: Calibration) -> Path:
    """Keep a calibration for later, and return where. Raises OSError where it cannot be written."""
    path = kept_at(calibration.machine.device)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(calibration, path)
    return path


def write(calibration: Calibration, path: Path) -> None:
    """Write a calibration to a file. Raises OSError where it cannot be written."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(calibration.to_json()) + "\n", encoding="utf-8")


def find(device_model: str = LOCAL) -> Calibration:
    """Return the calibration of this machine, `local`, or of a file.

    Raises MissingError where this machine has none, and ArchError for one of another machine or release of torch, and
    for a file that is none.
    """
    if device_model == "-":
        raise ArchError("a calibration is not read from standard input: name its file")
    if device_model != LOCAL:
        return _read(Path(device_model))
    first: ArchError | None = None
    for device in _DEVICES:
        try:
            if (calibration := _kept(device)) is not None:
                return calibration
        except ArchError as error:
            first = first or error
    raise first or MissingError("this machine is not calibrated yet: run archcalc calibrate, which takes some minutes")


def if_kept(device: str) -> Calibration | None:
    """Return the calibration of a device here, a word such as cuda:0; None where there is none that holds."""
    try:
        return _kept(device.partition(":")[0])
    except ArchError:
        return None


def _kept(device: str) -> Calibration | None:
    """Return the calibration of a device here; None for none. Raises ArchError for one of something else."""
    path = kept_at(device)
    if not path.is_file():
        return None
    try:
        calibration = _read(path)
    except ArchError as error:
        raise ArchError(f"the calibration that is kept is broken ({error}): run archcalc calibrate again") from None
    _expect_this_machine(calibration.machine)
    return calibration


def _expect_this_machine(machine: Machine) -> None:
    again = "run archcalc calibrate again"
    if (machine.node, machine.cores) != (platform.node(), os.cpu_count()):
        raise ArchError(
            f"the calibration is of {machine.node}, {machine.words}, and this is {platform.node()} with "
            f"{os.cpu_count()} cores: {again}"
        )
    try:
        here = torch_release()
    except MissingError:
        return
    if machine.torch != here:
        raise ArchError(f"the calibration was made with torch {machine.torch}, and here is torch {here}: {again}")


def _read(path: Path) -> Calibration:
    try:
        if is_pipe_or_device(path) or path.stat().st_size > _MOST_BYTES:
            raise ArchError(f"{path} is not a calibration, as archcalc calibrate --save writes them")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchError(
            f"{path} cannot be read: {error.strerror}; write {LOCAL} for this machine, or name a file that archcalc "
            "calibrate --save wrote; for a device by its data sheet there is archcalc roofline"
        ) from None
    except (ValueError, RecursionError):
        raise ArchError(f"{path} is not JSON: a calibration is what archcalc calibrate --save writes") from None
    try:
        return Calibration.from_json(data)
    except ArchError as error:
        raise ArchError(f"{path} {error}") from None
