"""Networks whose layers read other layers, or are on other devices."""

from pathlib import Path

from archcalc.analysis.compare.comparison import compare
from archcalc.render.compare import View
from tests.analysis.compare.compared import (
    compared,
    network,
    shown,
    words,
)

WIRED = """
{name: conv1, op: conv2d, out_channels: 4, kernel_size: 1}
{name: conv2, op: conv2d, out_channels: 4, kernel_size: 1}
{name: sum, op: add, from: [%s, conv2]}
"""


def test_what_a_layer_reads_is_a_difference(tmp_path: Path) -> None:
    comparison = compare([network(tmp_path, n, WIRED % reads) for n, reads in (("a", "conv1"), ("b", "input"))])
    assert comparison.differ
    assert words(comparison) == {"sum": "reads conv1, conv2 -> input, conv2"}
    assert "nothing differs" not in shown(comparison)


def test_a_layer_that_was_put_between_does_not_rewire_those_around_it(tmp_path: Path) -> None:
    between = "{name: norm, op: batch_norm2d, from: conv1}\n{name: conv2, op: conv2d, out_channels: 4, kernel_size: 1}"
    without = "{name: conv1, op: conv2d, out_channels: 4, kernel_size: 1}\n" + between.partition("\n")[2]
    more = without.partition("\n")[0] + "\n" + between
    comparison = compare([network(tmp_path, "a", without), network(tmp_path, "b", more)])
    assert words(comparison) == {"norm": "batch_norm2d added"}


def test_layers_of_the_same_name_that_stand_elsewhere_are_looked_through(tmp_path: Path) -> None:
    """Both sums read conv1 and norm; but norm reads conv1 in one network, and conv2 in the other."""
    conv = "{name: %s, op: conv2d, out_channels: 4, kernel_size: 1, from: %s}\n"
    norm = "{name: norm, op: batch_norm2d, from: %s}\n"
    end = "{name: sum, op: add, from: [conv1, norm]}"
    head, next_conv = conv % ("conv1", "input"), conv % ("conv2", "conv1")
    early = network(tmp_path, "a", head + norm % "conv1" + next_conv + end)
    late = network(tmp_path, "b", head + next_conv + norm % "conv2" + end)
    assert words(compare([early, late]))["sum"] == "reads conv1, conv1 -> conv1, conv2"


def in_towers(*layers: str) -> str:
    return f"{{op: towers, devices: [a, b], layers: [{', '.join(layers)}]}}"


def test_gathering_is_a_difference(tmp_path: Path) -> None:
    one, two = "{name: one, op: relu}", "{name: two, op: conv2d, out_channels: 2, kernel_size: 3%s}"
    own, gathered = (
        network(tmp_path, name, in_towers(one, two % gather)) for name, gather in (("a", ""), ("b", ", gather: true"))
    )
    assert words(compare([own, gathered])) == {"two": "gather false -> true"}


def test_gathering_to_no_effect_is_a_difference_all_the_same(tmp_path: Path) -> None:
    """What reads the network's input reads all of it anyway."""
    conv = "{name: conv, op: conv2d, out_channels: 2, kernel_size: 3%s}"
    own, gathered = (
        network(tmp_path, name, in_towers(conv % gather)) for name, gather in (("a", ""), ("b", ", gather: true"))
    )
    comparison = compare([own, gathered])
    assert comparison.differ
    assert words(comparison) == {"conv": "gather false -> true, without effect"}


def test_devices_are_named_where_they_change_a_number_and_groups_that_divide_alike_are_the_same_split() -> None:
    to_torchvision = compared("paper", "torchvision")
    said = words(to_torchvision)
    assert said["conv2"] == "reads 96 -> 64 channels; 256 -> 192 channels; 2 -> 1 devices"
    assert said["conv3"] == "reads 256 -> 192 channels"
    assert not {"fc6", "fc7"} & set(said)
    assert "torchvision: 2 -> 1 devices, which changes only the layers whose lines say so" in shown(to_torchvision)
    assert words(compared("paper", "alexnet_caffe"))["conv2"] == "2 devices -> 2 groups, the same split"


def test_idle_devices_alone_are_a_difference_but_change_no_layer(tmp_path: Path) -> None:
    whole = "{name: one, op: conv2d, out_channels: 4, kernel_size: 3}"
    half = in_towers("{name: one, op: conv2d, out_channels: 2, kernel_size: 3}")
    comparison = compare([network(tmp_path, "a", half), network(tmp_path, "b", whole)])
    assert comparison.differ
    assert "b: 2 -> 1 devices" in shown(comparison)
    assert View(comparison, changed=True).layers == []
