"""The data sheets of devices, as sheets and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.datasheets import PEAKS, SOURCES, Device
from archcalc.render.answer import Answer
from archcalc.render.envelope import listed
from archcalc.render.sheet import Column, Sheet, Told


def _peak(value: float) -> str:
    return f"{value:,g}"


_COLUMNS: Final = (
    Column("id", "id", heads=True),
    Column("name", "name", leaves=2),
    Column("year", "year", right=True, leaves=3),
    *(Column(name, name, _peak, right=True, leaves=4 if name == "fp64" else 0) for name in PEAKS),
    Column("gbs", "GB/s", _peak, right=True),
    Column("gb", "GB", _peak, right=True, leaves=1),
)
_ONE: Final = (Column("what", "what", heads=True), Column("value", "value", prose=True))


def all_of_them(devices: Sequence[Device]) -> Answer:
    """Show a line for each device."""
    return Answer([_sheet(devices)], lambda: devices_data(devices))


def _sheet(devices: Sequence[Device]) -> Sheet:
    rows = tuple(
        tuple(
            Told(value, f"~{_peak(value)}") if column.key in device.derived.split() else value
            for column in _COLUMNS
            for value in [getattr(device, column.key)]
        )
        for device in devices
    )
    notes = (
        "dense TFLOP/s at the boost clock, of int8 TOP/s; ~ follows from others; "
        "archcalc devices DEVICE shows the sources of one",
    )
    return Sheet("devices", "", _COLUMNS, rows, notes=notes)


def one_of_them(device: Device) -> Answer:
    """Show one device, with the sources of its numbers."""
    derived = device.derived.split()
    peaks = (
        (name, f"{_peak(value)} {'TOP/s' if name == 'int8' else 'TFLOP/s'}{', derived' * (name in derived)}")
        for name in PEAKS
        if (value := getattr(device, name))
    )
    rows = (
        ("year", str(device.year)),
        *peaks,
        ("memory", f"{_peak(device.gbs)} GB/s, {_peak(device.gb)} GB"),
        *((("note", device.note),) if device.note else ()),
        *(("source", SOURCES[key]) for key in device.sources.split()),
    )
    sheet = Sheet(device.id, f"{device.id}: {device.name}", _ONE, rows)
    return Answer([sheet], lambda: devices_data([device]), bare=lambda: [_sheet([device])])


def devices_data(devices: Sequence[Device]) -> dict[str, Any]:
    """Return the data sheets of devices as JSON.

    - `results`: each with

      - `id`, `name`, `year`.
      - `fp64`, `fp32`, `tf32`, `fp16`, `bf16`, `int8`: dense peaks at the boost clock in TFLOP/s, of int8 in TOP/s;
        null where there is none, or none was seen.
      - `gbs`, `gb`: GB/s of its memory, and its size.
      - `derived`: the peaks that follow from other numbers, by the rule in the `note`.
      - `note`: what else is to be known of it, in words; empty for nothing.
      - `sources`: where its numbers are written.
    """
    return listed(device_data(device) for device in devices)


def device_data(device: Device) -> dict[str, Any]:
    """Return one of the `results` of the JSON object."""
    return {
        **{name: getattr(device, name) for name in ("id", "name", "year", *PEAKS, "gbs", "gb")},
        "derived": device.derived.split(),
        "note": device.note,
        "sources": [SOURCES[key] for key in device.sources.split()],
    }
