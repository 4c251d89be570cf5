"""Differences in words."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.compare.changes import Change, Split
from archcalc.analysis.compare.comparison import Aligned
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims
from archcalc.render.compare.view import QUANTITIES, View, label
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import pair, sides

LABEL: Final = 12
"""The least width of a column of labels."""


def words(view: View, names: Sequence[str]) -> list[Sheet]:
    """Return the differences layer by layer, for the networks under these names; no sheet where there are none."""
    rows = [row for layer in view.comparison.layers for row in _rows(view, layer, names)]
    columns = (
        Column("layer", "layer", prose=True, least=LABEL),
        Column("network", "in"),
        Column("differs", "what differs", prose=True),
    )
    within = f" in {QUANTITIES[view.only] if view.only != 'shapes' else 'shapes'}" if view.only else ""
    sheet = Sheet("", f"what differs from {view.names[0]}{within}", columns, tuple(rows))
    return [sheet if len(names) > 2 else sheet.pick(["layer", "differs"])] if rows else []


def _rows(view: View, layer: Aligned, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield a line for each network in which the layer differs in what is shown."""
    if view.only and not view.differs(layer):
        return
    for name, changes in zip(names, layer.changes, strict=True):
        said = [in_words(change) for change in changes if is_said(change, view.only)]
        if said:
            yield label(layer), name, "; ".join(said)


def is_said(change: Change, only: str | None) -> bool:
    """Return whether a change is in words; idle devices have one note for all layers."""
    if change.idle and change.what == "devices":
        return False
    return only is None or only in change.bears_on


_NOUNS: Final = {"out_channels": "channels", "out_features": "features", "devices": "devices", "groups": "groups"}
_READ: Final = {"in_channels": " channels", "in_features": " features"}


def in_words(change: Change) -> str:
    """
    >>> in_words(Change("out_channels", 96, 64)), in_words(Change("padding", Sides(0, 0, 0, 0), Sides(2, 2, 2, 2)))
    ('96 -> 64 channels', 'padding 0 -> 2')
    >>> in_words(Change("in_features", 9216, 6400)), in_words(Change("reads", ("a", "b"), ("input", "b")))
    ('reads 9,216 -> 6,400 features', 'reads a, b -> input, b')
    >>> in_words(Change("layer", "dropout", None)), in_words(Change("split", Split(1, 2), Split(2, 1)))
    ('dropout removed', '2 devices -> 2 groups, the same split')
    """
    what, before, after = change.what, change.before, change.after
    match what:
        case "layer":
            return f"{before} removed" if after is None else f"{after} added"
        case "split":
            return f"{_split(before)} -> {_split(after)}, the same split"
        case "reads":
            return f"reads {', '.join(before)} -> {', '.join(after)}"
        case "in_size":
            return f"reads {dims(before)} -> {dims(after)}"
        case "in_channels" | "in_features":
            return f"reads {before:,} -> {after:,}{_READ[what]}"
        case "op":
            return f"{before} -> {after}"
    if what in _NOUNS:
        return f"{before:,} -> {after:,} {_NOUNS[what]}"
    idle = ", without effect" if change.idle else ""
    return f"{what} {_said(before)} -> {_said(after)}{idle}"


def _split(split: Split) -> str:
    """
    >>> _split(Split(1, 2)), _split(Split(2, 2)), _split(Split(1, 1))
    ('2 devices', '2 groups on 2 devices', '1 group')
    """
    groups = f"{split.groups} group{'s' if split.groups > 1 else ''}"
    if split.devices == 1:
        return groups
    return f"{split.devices} devices" if split.groups == 1 else f"{groups} on {split.devices} devices"


def _said(value: Any) -> str:
    match value:
        case Sides():
            return sides(value)
        case tuple():
            return pair(value)
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return str(value)
