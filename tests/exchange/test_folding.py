"""Layers in a row as branches and blocks: the same network, and shorter."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, reject, settings

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.folding import blocks, folded
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
