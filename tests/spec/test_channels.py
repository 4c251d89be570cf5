"""`$in_channels` in a block: how many channels, or features, it reads."""

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError

INVERTED = """
archcalc: 1
name: net
input: [3, 32, 32]
blocks:
  inverted:
    params: {channels: null, expand: 6, stride: 1, hidden: $(in_channels * expand)}
    layers:
      - {name: widen, op: conv2d, out_channels: $hidden, kernel_size: 1, activation: relu6}
      - {name: each, op: conv2d, out_channels: $hidden, kernel_size: 3, groups: $hidden, padding: 1, stride: $stride}
      - {name: excite, op: use, block: excite}
      - {name: narrow, op: conv2d, out_channels: $channels, kernel_size: 1}
  excite:
    layers:
      - name: scaled
        op: branches
        merge: mul
        paths:
          - []
          - - {name: pool, op: adaptive_avg_pool2d, output_size: 1}
            - {name: less, op: conv2d, kernel_size: 1, out_channels: "$(max(8, floor(in_channels*0.25 + 4) // 8 * 8))"}
            - {name: more, op: conv2d, out_channels: $in_channels, kernel_size: 1, activation: hardsigmoid}
layers:
  - {name: stem, op: conv2d, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
  - {name: stage, op: use, block: inverted, repeat: 2, with: {channels: 24}}
  - {name: last, op: use, block: inverted, with: {channels: 40, stride: 2, expand: $(72 // 24)}}
"""


def width(network: archcalc.Network, name: str) -> int:
    return next(row.output_shape[0] for row in network.table().rows if row.name == name)


def test_each_use_reads_channels_of_its_own() -> None:
    network = archcalc.load(INVERTED)
    wide = {f"{place}.widen": channels for place, channels in (("stage.0", 96), ("stage.1", 144), ("last", 72))}
    assert {name: width(network, name) for name in wide} == wide
    # 96 * 0.25 = 24; 144 * 0.25 = 36, of which the nearest multiple of 8 is 40; 72 * 0.25 = 18, so 16
    narrow = {
        f"{place}.excite.scaled.less": channels for place, channels in (("stage.0", 24), ("stage.1", 40), ("last", 16))
    }
    assert {name: width(network, name) for name in narrow} == narrow
    assert network.check().differences == []


def test_channels_follow_the_input_and_the_params() -> None:
    block = "blocks: {twice: {layers: [{name: conv, op: conv2d, out_channels: $(in_channels * 2), kernel_size: 1}]}}"
    text = f"archcalc: 1\ninput: [3, 8, 8]\n{block}\nlayers:\n  - {{name: a, op: use, block: twice, repeat: 3}}\n"
    assert archcalc.load(text).table().rows[-1].output_shape == (24, 8, 8)
    assert archcalc.load(text, input_shape=(5, 8, 8)).table().rows[-1].output_shape == (40, 8, 8)


def test_a_declared_param_of_that_name_is_that_param() -> None:
    layers = "layers: [{name: conv, op: conv2d, out_channels: $in_channels, kernel_size: 1}]"
    text = f"archcalc: 1\ninput: [3, 8, 8]\nblocks: {{b: {{params: {{in_channels: 7}}, {layers}}}}}\n"
    assert archcalc.load(f"{text}layers: [{{name: a, op: use, block: b}}]\n").table().rows[0].output_shape == (7, 8, 8)


def test_a_shown_spec_has_the_numbers(tmp_path: Path) -> None:
    network = archcalc.load(INVERTED)
    assert archcalc.load(network.export("yaml")).table() == network.table()
    assert "in_channels" not in network.export("yaml")


def test_channels_of_what_does_not_fit_are_not_known() -> None:
    with pytest.raises(ArchError) as refused:
        archcalc.load(INVERTED.replace("kernel_size: 3, stride: 2, padding: 1}", "kernel_size: 40}"))
    (fault,) = refused.value.faults
    assert fault.what == "$in_channels is not known here: layer stem a 40x40 window does not fit 32x32"
