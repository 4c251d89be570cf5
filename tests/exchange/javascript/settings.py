"""Networks with other numbers, drawn at random: as JavaScript is given them, and what archcalc says of them."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange.javascript.program import Program
from archcalc.graph import Graph, Node, link
from archcalc.layers import Layer
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Entry, Spec
from archcalc.table import Row, measure

Setting = dict[str, Any]
"""Shapes of `inputs` by name, and of `layers`, by place, the numbers `f` and the `way` to pad and round."""

COUNTS = ("params", "buffers", "macs", "flops", "activations", "units")


def drawn(program: Program, random: Random) -> Setting:
    """Return a setting: another input, and up to three layers with other numbers or another way, some of them wild."""
    layers, setting = program.data["layers"], Setting(inputs={}, layers={})
    if random.random() < 0.5:
        part = random.randint(24, 64)
        for name, shape in program.data["inputs"].items():
            setting["inputs"][name] = [shape[0], *(max(1, size * part // 32) for size in shape[1:])]
    is_wild = random.random() < 0.5
    open_ones = [place for place, layer in enumerate(layers) if layer["f"]]
    for place in random.sample(open_ones, min(len(open_ones), random.randint(1, 3))):
        changed = _changed(program, layers[place], random, is_wild)
        for twin, layer in enumerate(layers):
            if place in (twin, layer.get("again")):
                setting["layers"][twin] = changed
    return setting


def _changed(program: Program, layer: dict[str, Any], random: Random, is_wild: bool) -> dict[str, Any]:
    """Return other numbers for the fields of a layer; of one that is not wild, its outputs stay as many."""
    ways = [way.partition("/")[0] for way in program.data["kinds"][layer["kind"]]["rules"]]
    if is_wild:
        return {"f": [_number(random, number) for number in layer["f"]], "way": random.choice(ways)}
    own = [number + (random.random() < 0.2 and 1 < number < 16) for number in layer["f"]]
    return {"f": [layer["f"][0], *own[1:]], "way": random.choice([*ways, layer["way"], layer["way"], layer["way"]])}


def _number(random: Random, own: int) -> int:
    """Return a number near its own, mostly the same, sometimes none that its field takes."""
    if random.random() < 0.6:
        return own
    return random.choice([own + 1, max(own - 1, 0), random.randint(0, 8), 2 * own, max(own // 2, 1), 10**12 + own])


def expected(graph: Graph, program: Program, setting: Setting) -> dict[str, Any]:
    """Return the rows that archcalc has of a setting, up to a layer that does not fit, and the words about that."""
    try:
        made = link(_with(graph.spec, program, setting))
        fault = ""
    except ArchError as error:
        made = error.partial
        fault = "; ".join(f"{one.within}: {one.what}" for one in error.faults)
        if not isinstance(made, Graph):
            return {"rows": [], "fault": fault}
    table = measure(made)
    rows = [
        [list(row.output_shape), *(str(getattr(row, name)) for name in COUNTS), *_window(row, node)]
        for row, node in zip(table.rows, made.nodes, strict=True)
    ]
    return {"rows": rows, "fault": fault}


def _window(row: Row, node: Node) -> list[Any]:
    """Return the window of a row, with the padding that is applied, and what three of its outputs read."""
    sizes = (row.kernel_size, row.stride, row.padding, row.dilation)
    if node.layer.slides() is None:
        return [[list(map(str, one)) for one in sizes if one], None]
    (reading,) = node.layer.reads(*node.device_inputs)
    read = [[list(map(str, axis.range_of(place))) for place in (0, 1, 7)] for axis in reading.axes[1:]]
    return [[list(map(str, one)) for one in sizes if one], read]


ROWS = f"""(settings) => settings.map((setting) => {{
  for (const set of Object.values(setting.layers)) set.f = set.f.map(BigInt);
  const {{rows, fault}} = walk(network, setting);
  const of = (row) => [row.whole.map(Number), ...{list(COUNTS)}.map((name) => String(row[name])),
    [row.kernel_size, row.stride, row.padding, row.dilation].flatMap((sizes) => sizes ? [sizes.map(String)] : []),
    row.axes?.map((axis) => [0n, 1n, 7n].map((place) => axis(place).map(String))) ?? null];
  return {{rows: rows.map(of), fault}};
}})"""
"""What JavaScript has of several settings, in the same form."""


def _with(spec: Spec, program: Program, setting: Setting) -> Spec:
    """Return the spec with a setting, each field as its type reads it. Raises ArchError for what it does not take."""
    inputs = {name: tuple(setting["inputs"].get(name, shape)) for name, shape in spec.inputs.items()}
    alone = inputs if isinstance(spec.input_shape, Mapping) else inputs[INPUT]
    layers = [
        _entry(entry, program.data["kinds"][written["kind"]]["fields"], setting["layers"].get(place))
        for place, (entry, written) in enumerate(zip(spec.layers, program.data["layers"], strict=True))
    ]
    return replace(spec, input_shape=alone, layers=tuple(layers))


def _entry(entry: Entry, fields: list[Any], changed: Setting | None) -> Entry:
    if changed is None:
        return entry
    try:
        return entry._replace(layer=_layer(entry.layer, fields, **changed))
    except ArchError as error:
        raise error.at(None, f"layer {entry.name}") from None


def _layer(layer: Layer, fields: list[Any], f: list[int], way: str) -> Layer:
    padding, _, mode = way.partition(" ")
    values: dict[str, Any] = dict(vars(layer))
    numbers = iter(f)
    for field in fields:
        own = [next(numbers) for _ in range(field["count"])]
        values[field["name"]] = _written(field, own)
    if padding:
        values["padding"] = padding
    if mode:
        values["ceil_mode"] = {"true": True, "false": False}.get(mode, mode)
    return type(layer)(**values)


def _written(field: Any, numbers: list[int]) -> Any:
    """Return numbers as a person writes them: one for all that are alike."""
    if len(set(numbers)) == 1:
        return numbers[0]
    return dict(zip(field["sides"], numbers, strict=True)) if field.get("sides") else numbers
