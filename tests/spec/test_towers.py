"""Layers on several devices: one row as a whole, a row per device unfolded."""

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchError


def test_a_tower_layer_is_one_row_of_both_devices() -> None:
    rows = {row.name: row for row in archcalc.load("paper").table().rows}
    conv2 = rows["conv2"]
    assert conv2.input_shapes == ((96, 27, 27),)
    assert conv2.output_shape == (256, 27, 27)
    # each device: 128*5*5*48 + 128 = 153_728 parameters, 153_600 * 27 * 27 = 111_974_400 multiplications
    assert (conv2.params, conv2.macs) == (2 * 153_728, 2 * 111_974_400)
    # a layer that gathers reads 256 maps on each device: 192*3*3*256 + 192 = 442_560
    assert rows["conv3"].params == 2 * 442_560
    assert rows["fc8"].devices == ()


def test_unfolded_each_device_has_its_part_and_what_it_reads_from_the_other() -> None:
    rows = archcalc.load("paper").table(per_device=True).rows
    received = {(row.name, row.devices[0]): row.received for row in rows if row.received}
    assert received == {
        # the other device's 128 maps of 13 x 13
        ("conv3", "gpu0"): 128 * 13 * 13,
        ("conv3", "gpu1"): 128 * 13 * 13,
        # the other's 128 maps of 6 x 6
        ("fc6", "gpu0"): 128 * 6 * 6,
        ("fc6", "gpu1"): 128 * 6 * 6,
        ("fc7", "gpu0"): 2048,
        ("fc7", "gpu1"): 2048,
        # fc8 stands outside the towers, on the first device, and reads the second's half
        ("fc8", "gpu0"): 2048,
    }
    shapes = {(row.name, row.devices[0]): (row.input_shapes, row.output_shape) for row in rows}
    assert shapes["conv2", "gpu1"] == (((48, 27, 27),), (128, 27, 27))
    assert shapes["conv3", "gpu1"] == (((256, 13, 13),), (192, 13, 13))


SPEC = """
archcalc: 1
name: towers
input: [4, 8, 8]
layers:
  - {name: stem, op: conv2d, out_channels: 4, kernel_size: 1}
  - op: towers
    devices: [a, b, c]
    layers:
      - {name: one, op: conv2d, out_channels: 2, kernel_size: 1}
      - {name: all, op: conv2d, out_channels: 5, kernel_size: 1, gather: true}
      - {name: own, op: conv2d, out_channels: 1, kernel_size: 1, from: one}
      - {name: both, op: concat, from: [all, own]}
  - {name: end, op: conv2d, out_channels: 1, kernel_size: 1, from: one}
"""


@pytest.fixture
def three(tmp_path: Path) -> archcalc.Network:
    path = tmp_path / "towers.yaml"
    path.write_text(SPEC)
    return archcalc.load(path)


def test_three_devices_and_edges_by_name(three: archcalc.Network) -> None:
    rows = {row.name: row for row in three.table().rows}
    assert rows["one"].output_shape == (6, 8, 8)
    assert rows["all"].params == 3 * (5 * 6 + 5)
    assert rows["own"].params == 3 * (1 * 2 + 1)
    assert rows["both"].output_shape == (18, 8, 8)
    assert rows["end"].input_shapes == ((6, 8, 8),)


def test_what_crosses_between_three_devices(three: archcalc.Network) -> None:
    received = {(row.name, *row.devices): row.received for row in three.table(per_device=True).rows}
    # the stem runs on a: the others fetch its 4 maps of 8 x 8
    assert [received["one", device] for device in "abc"] == [0, 256, 256]
    # 2 maps of 8 x 8 from each of the two others
    assert [received["all", device] for device in "abc"] == [256, 256, 256]
    assert [received["both", device] for device in "abc"] == [0, 0, 0]
    assert received["end", "a"] == 256


def test_a_fault_in_a_tower_shows_what_one_device_reads(tmp_path: Path) -> None:
    path = tmp_path / "towers.yaml"
    path.write_text(
        SPEC.replace("name: own, op: conv2d, out_channels: 1,", "name: own, op: conv2d, out_channels: 1, groups: 3,")
    )
    with pytest.raises(ArchError) as refused:
        archcalc.load(path).table()
    assert "in_channels 2 cannot be divided into 3 groups" in str(refused.value)


def test_towers_beside_towers_read_each_other_whole(tmp_path: Path) -> None:
    path = tmp_path / "towers.yaml"
    tower = "{op: towers, devices: [a, b], layers: [{name: %s, op: conv2d, out_channels: 2, kernel_size: 1}]}"
    path.write_text(f"archcalc: 1\nname: towers\ninput: [3, 4, 4]\nlayers: [{tower % 'one'}, {tower % 'two'}]\n")
    network = archcalc.load(path)
    rows = {row.name: row for row in network.table().rows}
    # each device of the second reads 4 channels, its own 2 and the other's 2
    assert rows["two"].params == 2 * (2 * 4 + 2)
    received = {(row.name, *row.devices): row.received for row in network.table(batch=3, per_device=True).rows}
    assert received["two", "a"] == received["two", "b"] == 3 * 2 * 4 * 4


def test_what_is_read_twice_crosses_once(tmp_path: Path) -> None:
    path = tmp_path / "towers.yaml"
    path.write_text(
        "archcalc: 1\nname: towers\ninput: [3, 4, 4]\nlayers:\n  - op: towers\n    devices: [a, b]\n    layers:\n"
        "      - {name: c, op: conv2d, out_channels: 2, kernel_size: 1}\n"
        "      - {name: s, op: add, from: [c, c], gather: true}\n"
    )
    rows = archcalc.load(path).table(per_device=True).rows
    assert [row.received for row in rows if row.name == "s"] == [2 * 4 * 4] * 2
