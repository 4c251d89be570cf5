"""The columns that can be asked for: what arrays come to, and what other commands compute of whole networks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from archcalc.analysis.sweep.quantities import TOTALS, Quantity
from archcalc.errors import ArchError, did_you_mean

if TYPE_CHECKING:
    from archcalc.analysis.predict.calibration import Calibration
    from archcalc.analysis.roofline.roofs import Roofs
    from archcalc.analysis.sweep.measures import Measure

MEMORY: Final = "memory"
MEMORY_TRAIN: Final = "memory_train"
RF: Final = "rf"
MS: Final = "ms"
CLAIMS: Final = "claims"
WHOLE: Final = (MEMORY, MEMORY_TRAIN, RF, MS, CLAIMS)
"""What is computed of whole networks; `rf` also of a layer."""

_CLAIM: Final = re.compile(r"claim_([1-9][0-9]{0,3})", re.ASCII)


@dataclass(frozen=True)
class Means:
    """What columns are computed with: number formats, optimizers and devices, as their commands have them."""

    dtype: str | None = None
    optimizer: str | None = None
    device_model: str | None = None
    precision: str | None = None
    claims: int = 0
    """How many claims the spec has."""
    device: "Roofs | Calibration | None" = None
    """The device of `device_model`, once it was found."""

    def data(self) -> dict[str, str | None]:
        """Return what was given, by the names of options; None for what was not."""
        return {name: getattr(self, name) for name, _ in _OPTIONS}

    def digest(self) -> dict[str, str]:
        """Return what makes columns differ: what is not the default, and a hash of the device that was found."""
        given = {name: value for name, value in self.data().items() if value not in (None, _DEFAULTS.get(name))}
        return given | ({"device": sha256(repr(self.device).encode()).hexdigest()} if self.device else {})

    def words(self, columns: Iterable[str]) -> Iterator[str]:
        """Yield what columns are of, in words."""
        shown = {*columns}
        if shown & {MEMORY, MEMORY_TRAIN}:
            training = f" and training with {self.optimizer or 'momentum'}" if MEMORY_TRAIN in shown else ""
            inference = "inference" if MEMORY in shown else ""
            yield f"bytes of {f'{inference}{training}'.removeprefix(' and ')} in {self.dtype or 'fp32'}"
        if MS in shown and self.device is not None:
            machine = getattr(self.device, "machine", None)
            yield (
                f"ms at the roof of {self.device_model} in {self.precision or 'fp32'}, the least that it takes"
                if machine is None
                else f"ms as predicted for {machine.words}"
            )


class Option(NamedTuple):
    """An option of columns: without one of these, it means nothing."""

    name: str
    columns: tuple[str, ...]


_OPTIONS: Final = (
    Option("dtype", (MEMORY, MEMORY_TRAIN)),
    Option("optimizer", (MEMORY_TRAIN,)),
    Option("device_model", (MS,)),
    Option("precision", (MS,)),
)


_DEFAULTS: Final = {"dtype": "fp32", "optimizer": "momentum", "precision": "fp32"}


def expect_used(means: Means, columns: tuple[str, ...]) -> None:
    """Raise ArchError for what is given, and no column asks for."""
    for name, users in _OPTIONS:
        if getattr(means, name) is not None and not set(users).intersection(columns):
            words = f"--{name.replace('_', '-')} goes with the column{'s' * (len(users) > 1)} {' and '.join(users)}"
            raise ArchError(f"{words}: name it in --columns, --where, --by or --pareto")


def expect_batch(batch: int, measures: "Iterable[Measure]") -> None:
    """Raise ArchError for a batch that is too large for one of these."""
    from archcalc.analysis.memory.request import requested

    for one in measures:
        if one.name not in (RF, CLAIMS):
            try:
                requested(batch=batch)
            except ArchError as error:
                raise ArchError(f"{one.name}: {error}") from None


def is_claim(name: str) -> bool:
    """Return whether a column is about one claim."""
    return bool(_CLAIM.fullmatch(name))


def expect_claims(count: int, means: Means) -> None:
    """Raise ArchError where some variants have other claims, so that the places of these mean others."""
    if count != means.claims:
        raise ArchError(
            f"some variants have {count:,} of the {means.claims:,} claims, without those about layers that they lack: "
            "ask for claims, which counts those that hold"
        )


def is_column(name: str) -> bool:
    """Return whether a name may be that of a column: of a layer, it is looked for where there are layers."""
    return name in (*TOTALS, *WHOLE) or "." in name or is_claim(name)


def read_column(name: str, means: Means) -> "Quantity | Measure":
    """Read the name of a column. Raises ArchError for one that is not known, and for what it cannot be computed with.

    >>> read_column("layer1.0.conv1.height", Means())
    Quantity(name='layer1.0.conv1.height', what='height', layer='layer1.0.conv1')
    """
    layer, _, what = name.rpartition(".")
    claim = _CLAIM.fullmatch(name)
    if what == RF or name in WHOLE or claim:
        return _whole(name, layer, int(claim[1]) if claim else 0, means)
    if not layer and what not in TOTALS:
        known = (*TOTALS, *WHOLE)
        hint = did_you_mean(what, known) or f" (there is {', '.join(known)}, and of a layer conv1.macs or conv1.height)"
        raise ArchError(f"there is no column '{name}'{hint}")
    return Quantity(name, what, layer)


def _whole(name: str, layer: str, claim: int, means: Means) -> "Measure":
    from archcalc.analysis.sweep.measures import Claims, Field

    if layer or name == RF:
        return Field(name=name, layer=layer)
    if name in (MEMORY, MEMORY_TRAIN):
        return _memory(name, means)
    if name == MS:
        return _time(name, means)
    if not means.claims:
        raise ArchError(f"{name}: the spec has no claims")
    if claim > means.claims:
        raise ArchError(f"there is no column '{name}': the spec has {means.claims:,} claims")
    return Claims(name=name, place=claim - 1 if claim else None)


def _memory(name: str, means: Means) -> "Measure":
    from archcalc.analysis.memory.request import requested
    from archcalc.analysis.sweep.measures import Memory

    is_training = name == MEMORY_TRAIN
    request = requested(
        "train" if is_training else "infer",
        dtype=means.dtype or "fp32",
        optimizer=means.optimizer if is_training else None,
    )
    return Memory(name=name, request=request)


def _time(name: str, means: Means) -> "Measure":
    from archcalc.analysis.roofline.roofs import Roofs
    from archcalc.analysis.sweep.measures import Predicted, Roof

    if means.device is None:
        raise ArchError(
            "ms is the time on a device: give --device-model, a device of archcalc devices for the time at its roof, "
            "or local or the file of a calibration for a prediction"
        )
    if isinstance(means.device, Roofs):
        return Roof(name=name, roofs=means.device)
    return Predicted(name=name, calibration=means.device)


def found_device(word: str, precision: str | None) -> "Roofs | Calibration":
    """Return the roofs of a device, or a calibration of this machine, `local`, or of a file.

    Raises ArchError for a device that is not known, and MissingError where this machine is not calibrated.
    """
    from archcalc.analysis.devices import find
    from archcalc.analysis.predict import calibration
    from archcalc.analysis.roofline.roofs import roofs_of

    if word == calibration.LOCAL or "/" in word or word.endswith(".json"):
        if precision is not None:
            raise ArchError("--precision goes with a device by its data sheet: what is predicted computes in fp32")
        return calibration.find(word)
    if word == "measured":
        raise ArchError(
            "a sweep takes a device by its data sheet, local, or a file of a calibration; for measured peaks there is "
            "archcalc roofline"
        )
    return roofs_of(find(word), precision or "fp32")  # type: ignore[arg-type]
