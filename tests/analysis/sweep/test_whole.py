"""What is computed of whole networks is, for each variant, what its command says of it; and what that refuses."""

from contextlib import ExitStack
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

import archcalc
from archcalc.analysis.audit.claims import audit
from archcalc.analysis.budget.measures import measured
from archcalc.analysis.sweep.bounds import SAFE
from archcalc.answers.sweep import Sweep
from archcalc.errors import ArchError
from archcalc.layers import KINDS
from archcalc.spec.budget import Limit
from archcalc.spec.model import Spec
from tests.analysis.sweep.test_exact import numbers, single
from tests.conftest import BUNDLED, ROOT
from tests.layers.test_random_layers import layers
from tests.sizes import by_size

CALIBRATION = str(next((ROOT / "reports" / "calibrations").glob("*.json")))
H100 = "h100-sxm"

WHOLE = {
    "memory": lambda network, batch: network.memory(batch=batch).peak,
    "memory_train": lambda network, batch: network.memory("train", batch=batch).peak,
    "rf": lambda network, batch: measured(network.graph, "receptive_field", Limit()).least,
    "ms": lambda network, batch: 1e3 * network.roofline(H100, batch=batch).seconds,
    "claims": lambda network, batch: sum(one.holds for one in audit(network.graph).verdicts),
}
"""What commands say of a network."""


def alone(network: archcalc.Network, columns: list[str], values: dict[str, Any]) -> tuple[Any, ...] | str:
    """The columns of a variant as commands have them, or the words for what is wrong with it."""
    settings = dict(values)
    shape, batch = settings.pop("input"), settings.pop("batch")
    told = ""
    try:
        variant = network.with_(input_shape=shape, **settings)
        _ = variant.graph
        found = []
        for told in columns:
            found.append(WHOLE[told](variant, batch))
    except ArchError as error:
        said = error.faults[0].what.replace("a layer by of", "the layer, as in conv1.rf")
        return f"{told}: {said.removeprefix('budget of receptive_field: ')}" if told else said
    return tuple(found)


def expect_same(network: archcalc.Network, vary: dict[str, Any], columns: list[str], **of_space: Any) -> Sweep:
    asked = {"device_model": H100} if "ms" in columns else {}
    sweep = network.sweep(vary, columns=columns, **of_space, **asked)
    axes = sweep.search.space.axes
    names = [axis.name for axis in axes]
    expected = {
        point: alone(network, columns, dict(zip(names, point, strict=True)))
        for point in product(*(axis.values for axis in axes))
    }
    found = {row[: len(axes)]: row[len(axes) :] for row in sweep.found.rows()}
    assert found == {point: one for point, one in expected.items() if not isinstance(one, str)}
    faults = [one for one in expected.values() if isinstance(one, str)]
    assert sum(one.variants for one in sweep.found.refused) == sweep.found.outcome.illegal == len(faults)
    for one in sweep.found.refused:
        said = expected[tuple(one.example[name] for name in names)]
        assert isinstance(said, str)
        assert one.why == said.removeprefix("layer layer: ")
    return sweep


@pytest.mark.parametrize("op", KINDS)
@seed(20261128)
@settings(max_examples=4, deadline=None, database=None)
@given(data=st.data())
def test_a_layer_is_what_commands_say_of_it(op: str, data: st.DataObject) -> None:
    kind = KINDS[op]
    fields = data.draw(layers(kind))
    rank = 1 + kind.axes if data.draw(st.booleans()) else 1
    shapes = data.draw(st.lists(st.tuples(*[st.integers(1, 9)] * rank), min_size=1, max_size=3, unique=True))
    several = {name: numbers(field) for name, field in kind.fields.items()}
    able = [name for name, values in several.items() if values is not None]
    chosen = data.draw(st.lists(st.sampled_from(able), max_size=2, unique=True)) if able else []
    try:
        network = single(op, fields, shapes[0])
    except ArchError:
        assume(False)
    vary = {f"layer.{name}": data.draw(values) for name in chosen if (values := several[name]) is not None}
    assume(not (op == "chunk" and "chunks" in chosen))  # of another number of chunks, the layers have other names
    columns = data.draw(st.sampled_from([["memory"], ["memory_train"], ["rf"], ["ms"], ["memory", "ms", "rf"]]))
    safe = data.draw(st.sampled_from((SAFE, SAFE, 0)))
    with ExitStack() as stack:
        for module in ("evaluation", "several", "ways"):
            stack.enter_context(patch(f"archcalc.analysis.sweep.{module}.SAFE", safe))
        expect_same(network, vary, columns, inputs=shapes, batch=[1, 3])


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_a_network_is_what_commands_say_of_it(name: str) -> None:
    network = archcalc.load(name)
    vary, side = varied(network.spec), network.spec.input_shape[-1]
    columns = ["memory", "memory_train", "rf", "ms"]
    expect_same(network, vary, columns, inputs=[9, side, side + 1], batch=[1, 2])
    if network.spec.claims:
        expect_same(network, vary, ["claims"], inputs=[side, side + 1], batch=[2])


def varied(spec: Spec) -> dict[str, list[int]]:
    """Fields of the first layer with a window and of the last one, of which some variants hold claims."""
    windows = [entry for entry in spec.layers if "kernel_size" in entry.layer.fields and entry.again is None]
    first, last = windows[0], windows[-1]
    kernel = first.layer.kernel_size[0]  # type: ignore[attr-defined]
    vary = {f"{first.name}.kernel_size": [1, kernel]}
    if "out_channels" in last.layer.fields:
        vary[f"{last.name}.out_channels"] = [1, last.layer.out_channels]  # type: ignore[attr-defined]
    return vary
