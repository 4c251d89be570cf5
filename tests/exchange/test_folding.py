"""Layers in a row as branches and blocks: the same network, and shorter."""

from collections.abc import Callable, Iterator, Mapping
from cProfile import Profile
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given, reject, settings

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.folding import blocks, folded
from archcalc.exchange.folding.branches import with_branches
from archcalc.exchange.folding.items import items_of, plain
from archcalc.exchange.yaml import document, written
from archcalc.graph import link
from archcalc.spec.model import Spec
from tests.conftest import BUNDLED
from tests.exchange.readers import FOLDER
from tests.random_networks import branching
from tests.sizes import by_size


def rows(text: str) -> list[tuple[Any, ...]]:
    return [(row.op, row.output_shape, row.params, row.macs) for row in archcalc.load(text).table().rows]


@pytest.mark.parametrize("spec", by_size(BUNDLED))
def test_every_spec_is_the_same_when_its_layers_are_folded_again(spec: str) -> None:
    flat = document(archcalc.load(spec).spec)
    made = written(folded(flat))
    assert rows(made) == rows(written(flat))
    assert len(made.splitlines()) <= len(written(flat).splitlines())


@pytest.mark.parametrize("spec", ["resnet152", "mobilenet_v2", "densenet121", "efficientnet_b0", "regnet_y_400mf"])
def test_networks_of_blocks_become_short(spec: str) -> None:
    flat = document(archcalc.load(spec).spec)
    parts = {key: flat[key] for key in ("archcalc", "name", "input", "layers")}
    assert len(written(folded(parts)).splitlines()) < 0.5 * len(written(parts).splitlines())


BLOCK = """
  - {{name: s{0}.conv1, op: conv2d, {3}out_channels: {1}, kernel_size: 1, activation: relu}}
  - {{name: s{0}.conv2, op: conv2d, out_channels: {2}, kernel_size: 3, padding: 1, stride: {4}}}
  - {{name: s{0}.norm, op: batch_norm2d}}
  - {{name: s{0}.add, op: add, from: [s{0}.norm, {5}], activation: relu}}"""


def block(number: int, width: int) -> str:
    source = f"s{number - 1}.add.relu" if number else "input"
    return BLOCK.format(number, width, 16, f"from: {source}, ", 1, source)


def network(*blocks_: str) -> Mapping[str, Any]:
    text = "archcalc: 1\nname: net\ninput: [16, 8, 8]\nlayers:" + "".join(blocks_)
    return document(archcalc.load(text + "\n").spec)


def test_what_differs_is_a_param() -> None:
    text = written(folded(network(*(block(number, width) for number, width in enumerate((4, 8, 8, 2))))))
    assert text.partition("blocks:\n")[2].splitlines() == [
        "  s0_block:",
        "    params: {out_channels: null}",
        "    layers:",
        "      - name: add",
        "        op: branches",
        "        merge: add",
        "        paths:",
        "          - - {name: conv1, op: conv2d, out_channels: $out_channels, kernel_size: 1}",
        "            - {name: conv1.relu, op: relu}",
        "            - {name: conv2, op: conv2d, out_channels: 16, kernel_size: 3, padding: 1}",
        "            - {name: norm, op: batch_norm2d}",
        "          - []",
        "      - {name: add.relu, op: relu}",
        "layers:",
        "  - {name: s0, op: use, block: s0_block, with: {out_channels: 4}}",
        "  - {name: s1, op: use, block: s0_block, with: {out_channels: 8}}",
        "  - {name: s2, op: use, block: s0_block, with: {out_channels: 8}}",
        "  - {name: s3, op: use, block: s0_block, with: {out_channels: 2}}",
    ]


def test_a_multiple_is_said_as_one() -> None:
    text = written(folded(document(archcalc.load("resnet50").spec)))
    assert "{name: conv3, op: conv2d, out_channels: $(4 * out_channels), kernel_size: 1, bias: false}" in text


def test_what_reads_into_a_block_keeps_it_from_being_one() -> None:
    made = [block(number, 4) for number in range(4)]
    assert "blocks" in folded(network(*made))
    reading = [f"\n  - {{name: late{number}, op: add, from: [s{number}.norm, s3.add.relu]}}" for number in range(4)]
    assert "blocks" not in folded(network(*made, *reading))


def test_what_would_not_be_the_same_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = document(archcalc.load("resnet18").spec)
    right = blocks.params_of

    def wrong(parts: Any) -> Any:
        made = right(parts)
        values = tuple(dict.fromkeys(one, 8) for one in made.values) if made else ()
        return made._replace(values=values) if made else made

    monkeypatch.setattr(blocks, "params_of", wrong)
    assert folded(flat) is flat
    monkeypatch.setattr(blocks, "params_of", right)
    assert folded(flat) is not flat


@settings(max_examples=60, deadline=None)
@given(spec=branching())
def test_random_networks_stay_the_same(spec: Spec) -> None:
    try:
        link(spec)
    except ArchError:
        reject()
    flat = document(spec)
    assert rows(written(folded(flat))) == rows(written(flat))


def test_modules_of_caffe_are_blocks_too() -> None:
    network = archcalc.load(FOLDER / "caffe" / "googlenet_deploy.prototxt")
    assert network.became is not None
    text = network.became.text()
    assert text.count("op: use, block: inception_3a_block") == 9
    assert "- {name: w1x1, op: conv2d, out_channels: $w1x1_out_channels, kernel_size: 1, activation: relu}" in text
    assert rows(text) == rows(network.became.text(is_folded=False))


Layers = Callable[[], Iterator[dict[str, Any]]]


def conv(name: str, source: str = "", width: int = 4) -> dict[str, Any]:
    line = {"name": name, "op": "conv2d", "out_channels": width, "kernel_size": 1}
    return line | {"from": source} if source else line


def residual() -> Iterator[dict[str, Any]]:
    source = "input"
    for number in count():
        path = f"stage{number // 50}.{number % 50}"
        yield conv(f"{path}.conv1", source)
        yield conv(f"{path}.conv2")
        yield {"name": f"{path}.add", "op": "add", "from": [f"{path}.conv2", source]}
        source = f"{path}.add"


def unlike() -> Iterator[dict[str, Any]]:
    """Modules of which none is as another."""
    for number in count():
        yield from (conv(f"m{number}.conv{number}_{place}") for place in range(4))


def wide() -> Iterator[dict[str, Any]]:
    """Modules that are alike, and differ in every number."""
    for number in count():
        yield conv(f"m{number // 200}.conv{number % 200}", width=4 * (1 + (7 + number // 200) * (number % 200) ** 2))


def injected() -> Iterator[dict[str, Any]]:
    """Branches inside branches, each of which reads the input once more."""
    yield conv("m0")
    for number in count(1):
        yield {"name": f"m{number}", "op": "add", "from": [f"m{number - 1}", "input"]}


def crossed() -> Iterator[dict[str, Any]]:
    """Merges of what is on no paths, since these have read each other before."""
    yield from (conv("a", "input"), conv("b", "input"))
    yield {"name": "both", "op": "add", "from": ["a", "b"]}
    yield {"name": "m4", "op": "mul", "from": ["both", "a"]}
    for number in count(5):
        yield conv(f"c{number}", "input")
        yield {"name": f"m{number}", "op": "sub", "from": [f"c{number}", f"m{number - 1}"]}


def steps(layers: Layers, number: int) -> int:
    """How many calls folding takes."""
    flat = {"archcalc": 1, "name": "net", "input": [4, 8, 8], "layers": [*islice(layers(), number)]}
    profile = Profile()
    made = profile.runcall(folded, flat)
    assert rows(written(made)) == rows(written(flat))
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("layers", [residual, unlike, wide, injected, crossed], ids=lambda layers: layers.__name__)
def test_four_times_as_many_layers_take_about_four_times_as_long(layers: Layers) -> None:
    assert steps(layers, 2400) < 5 * steps(layers, 600)


def test_branches_stand_inside_each_other_as_deep_as_a_text_is_read() -> None:
    flat = [*islice(injected(), 400)]
    items = with_branches(items_of(flat, "input"), "input", ())
    assert max(item.depth for item in items) == 16
    head = {"archcalc": 1, "name": "net", "input": [4, 8, 8]}
    assert rows(written({**head, "layers": plain(items, "input")})) == rows(written({**head, "layers": flat}))
