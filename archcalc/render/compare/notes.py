"""Notes on a comparison as a whole."""

from collections.abc import Iterator

from archcalc.layers.sizes import dims
from archcalc.render.compare.cells import WINDOW_NOTE
from archcalc.render.compare.view import COUNTS, View, label
from archcalc.spec.inputs import inputs_in_words


def notes(view: View) -> Iterator[str]:
    """Return what is the same, what differs and what decided; then how to read the columns."""
    comparison = view.comparison
    yield from _sameness(view)
    if comparison.are_apart:
        apart = "these networks have too little in common to be put side by side layer by layer"
        yield f"{apart}: stages and totals are compared"
    inputs = dict.fromkeys(inputs_in_words(spec.input_shape) for spec in comparison.specs)
    if len(inputs) > 1:
        yield f"inputs differ: {' and '.join(inputs)}"
    if len({len(table.outputs) for table in comparison.tables}) > 1:
        counts = (f"{len(table.outputs)} ({', '.join(table.outputs)})" for table in comparison.tables)
        yield f"numbers of outputs differ: {' and '.join(counts)}"
    if comparison.differ and not comparison.are_apart:
        yield from _quantities(view)
    if view.only != "shapes":
        yield from _idle_devices(view)
    named = [label(layer) for layer in view.layers if layer.by_name]
    if named:
        yield f"put side by side by their names: {', '.join(named)}"
    if not view.only and any(part and part.row.kernel_size for layer in view.layers for part in layer.parts):
        yield WINDOW_NOTE


def _sameness(view: View) -> Iterator[str]:
    comparison, same = view.comparison, view.comparison.same
    if same and len(same[0]) == len(comparison.specs):
        yield f"{comparison.specs[0].name} is compared with itself: nothing differs"
    elif not comparison.differ:
        yield "nothing differs"
    else:
        yield from (f"{' and '.join(view.names[place] for place in places)} are the same spec" for places in same)


def _quantities(view: View) -> Iterator[str]:
    """Yield where shapes first differ, or that what is shown is equal."""
    parting = view.comparison.parting
    if "shapes" in view.quantities and parting:
        shapes = [dims(part.row.output_shape) if part else "-" for part in parting.parts]
        yield f"shapes first differ at {label(parting)}: {', '.join(shapes)}"
    elif "shapes" in view.quantities:
        are_all_shared = all(None not in layer.parts for layer in view.comparison.layers)
        yield "all shapes are equal" if are_all_shared else "all shapes are equal in the layers that all have"
    elif view.only and not any(map(view.differs, view.comparison.layers)):
        yield f"all {COUNTS[view.only]} are equal"


def _idle_devices(view: View) -> Iterator[str]:
    """Yield the numbers of devices, if they differ without being named layer by layer."""
    having: dict[tuple[int, int], list[str]] = {}
    for place, name in enumerate(view.names):
        several = (change for layer in view.comparison.layers for change in layer.changes[place])
        for before, after in dict.fromkeys((c.before, c.after) for c in several if c.what == "devices" and c.idle):
            having.setdefault((before, after), []).append(name)
    for (before, after), names in having.items():
        yield f"{' and '.join(names)}: {before} -> {after} devices, which changes only the layers whose lines say so"
