"""What is trained, how long and on what: as it was asked for, and else as the spec's `training:` block has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, Literal

from archcalc.analysis.datasheets import Device
from archcalc.analysis.devices import expect_peak, find
from archcalc.analysis.precision import NumberFormat
from archcalc.errors import ArchError, Fault, listing
from archcalc.graph import Graph
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.spec.model import Spec, Training
from archcalc.spec.periods import Period, PrintedPeriod, read_period

Precision = Literal["fp32", "tf32", "fp16", "bf16"]

_TERA: Final = 10**12
_LEAST: Final = Fraction(1, 10**9)
_MOST: Final = Fraction(10**9)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for; None for what the spec's block, or a default, says instead."""

    images: int | None = None
    epochs: int | None = None
    batch: int | None = None
    devices: int | None = None
    device: str | None = None
    precision: str | None = None
    peak_tflops: float | None = None
    time: str | None = None
    utilisation: str | float | None = None
    is_of_record: bool = False
    """Whether devices and precision are those of a record, so that the block's are of something else."""


_FIGURES: Final = {"images": "images", "epochs": "epochs", "batch": "batch_size"}
"""What must be known, with the keys of the block."""

_OTHERS: Final = {
    "images": "images",
    "epochs": "epochs",
    "batch": "batches",
    "devices": "devices",
    "device": "devices",
    "precision": "precision",
    "params": "params",
    "input": "inputs",
}
"""What is set otherwise, in words."""

_OF_TIME: Final = {None: ("images", "epochs"), "epoch": ("images",), "batch": ()}
"""The figures that a time is of, besides the batch and the devices."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A training: all its figures, and on which devices. `batch` is that of all devices together."""

    images: int
    epochs: int
    batch: int
    devices: int
    precision: NumberFormat
    device: Device | None = None
    peak_tflops: float | None = None
    """That of one device; None where it is not known."""
    time: Period | None = None
    time_words: str = ""
    """The time as it is written, and whose it is."""
    utilisation: Fraction | None = None
    left_out: str = ""
    """Why the time of the spec is not used; empty where it is, or where there is none."""

    @property
    def peak(self) -> Fraction | None:
        """The FLOP/s of all devices together."""
        return None if self.peak_tflops is None else self.devices * Fraction(str(self.peak_tflops)) * _TERA

    @property
    def iterations_per_epoch(self) -> int:
        """The batches of an epoch, of which the last may be smaller."""
        return -(-self.images // self.batch)

    @property
    def iterations(self) -> int:
        return self.epochs * self.iterations_per_epoch

    @property
    def last_batch(self) -> int:
        """The images of the last batch of an epoch."""
        return self.images - (self.iterations_per_epoch - 1) * self.batch


def plan(graph: Graph, asked: Asked) -> Plan:
    """Return the figures of a training. Raises ArchError that says which are missing, and what would give them."""
    block = graph.spec.training or Training()
    figures = _figures(graph.spec, block, asked)
    if asked.is_of_record:
        block = Training()
    word = asked.device or block.device
    device = None if word is None else find(word)
    precision = NumberFormat(asked.precision or block.precision or "fp32")
    made = Plan(
        images=figures["images"],
        epochs=figures["epochs"],
        batch=figures["batch"],
        devices=_devices(graph, block, asked),
        precision=precision,
        device=device,
        peak_tflops=_peak(device, precision, asked.peak_tflops),
    )
    if asked.time is not None and asked.utilisation is not None:
        raise ArchError("give --time or --utilisation: one follows from the other")
    if asked.utilisation is not None:
        return replace(made, utilisation=_utilisation(asked.utilisation, made))
    if asked.time is not None:
        return replace(made, time=_period(asked.time), time_words=asked.time)
    return _with_time_of_block(made, graph, block, asked)


def _figures(spec: Spec, block: Training, asked: Asked) -> dict[str, int]:
    given = {name: getattr(asked, name) for name in _FIGURES}
    for name, value in given.items():
        _expect_count(name, value)
    found = {name: getattr(block, key) if given[name] is None else given[name] for name, key in _FIGURES.items()}
    missing = [
        Fault(f"give --{name}, or {key}: in the spec's training block", spec.name)
        for name, key in _FIGURES.items()
        if found[name] is None
    ]
    if missing:
        raise ArchError(*missing)
    return found


def _expect_count(name: str, value: Any) -> None:
    if value is not None and not (is_integer(value) and 1 <= value <= LARGEST):
        raise ArchError(f"{name} must be an integer >= 1, of at most {len(str(LARGEST))} digits, got {spell(value)}")


def _devices(graph: Graph, block: Training, asked: Asked) -> int:
    """Return how many devices there are: as said, or else those of the network's towers, or one."""
    _expect_count("devices", asked.devices)
    return asked.devices or block.devices or len(_of_towers(graph)) or 1


def _of_towers(graph: Graph) -> set[str]:
    return {name for node in graph.nodes for name in node.devices}


def _peak(device: Device | None, precision: NumberFormat, given: float | None) -> float | None:
    if given is not None:
        if not _LEAST <= given <= _MOST:
            raise ArchError(f"--peak-tflops must be a number from 1e-09 to 1e+09, got {given:g}")
        return given
    return None if device is None else expect_peak(device, precision)


def _utilisation(value: str | float, made: Plan) -> Fraction:
    """Read 35% or 0.35. Raises ArchError for what is none, and where the peak is not known."""
    text = str(value).strip()
    number = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,18})?) ?%?", text)
    if not number:
        raise ArchError(f"--utilisation must be a share of the peak, as in 35% or 0.35, got {spell(value)}")
    share = Fraction(number[1]) / (100 if text.endswith("%") else 1)
    if share > 1 and not text.endswith("%"):
        raise ArchError(f"--utilisation {text} is over the peak: write {text}% if that is meant")
    if not 0 < share <= 10:
        raise ArchError(f"--utilisation must be over 0, and at most 1000%, got {text}")
    if made.peak_tflops is None:
        raise ArchError("--utilisation is a share of a peak: give --device-model or --peak-tflops too")
    return share


def _period(text: str) -> Period:
    try:
        return read_period(PrintedPeriod().read(text.strip()))
    except ArchError as error:
        raise ArchError(f"--time {error}") from None


def _with_time_of_block(made: Plan, graph: Graph, block: Training, asked: Asked) -> Plan:
    """Return the plan with the time of the spec's block, unless something that the time is of was set otherwise."""
    if block.time is None:
        return made
    period, stated = read_period(block.time), {**vars(block), "devices": block.devices or len(_of_towers(graph))}
    source = block.time_source or block.source
    words = f"{block.time}, by {source}" if source else block.time
    others = dict.fromkeys(_OTHERS[name] for name in _set_otherwise(graph.spec, stated, asked, period))
    if others:
        return replace(made, left_out=f"{words}, which is not the time with other {listing([*others], 'and')}")
    return replace(made, time=period, time_words=words)


def _set_otherwise(spec: Spec, stated: Mapping[str, Any], asked: Asked, period: Period) -> list[str]:
    """Return what was asked for otherwise than it is `stated` for the time; what is not stated is not otherwise."""
    keys = {name: _FIGURES[name] for name in (*_OF_TIME[period.per], "batch")}
    keys |= {"devices": "devices", "device": "device", "precision": "precision"}
    pairs = {name: (getattr(asked, name), stated[key]) for name, key in keys.items()}
    if all(pairs["device"]):
        ours, theirs = map(find, pairs["device"])
        pairs["device"] = (ours.id, theirs.id)
    found = [name for name, (ours, theirs) in pairs.items() if ours and theirs and ours != theirs]
    return [*found, *(["params"] if spec.settings else []), *(["input"] if spec.given_input else [])]
