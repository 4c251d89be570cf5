"""The bundled specs: their totals, every published number about them, and what they promise of themselves."""

import pytest

import archcalc
from archcalc.analysis.audit.claims import judge
from tests.conftest import BUNDLED, SPECS

# Parameters and multiply-accumulates of each net; both are held against torch in test_against_torch.py.
TOTALS = {
    "alexnet_caffe": (60_965_224, 724_406_816),
    "alexnet_ccv": (60_965_224, 724_406_816),
    "alexnet_cuda_convnet2": (61_100_840, 714_188_480),
    "alexnet_d2l": (46_764_746, 938_146_176),
    "alexnet_d2l_pad0": (46_764_746, 938_146_176),
    "alexnet_d2l_rgb": (50_844_008, 1_009_945_728),
    "alexnet_half": (16_630_440, 311_191_824),
    "alexnet_mxnet": (50_844_008, 1_009_945_728),
    "alexnet_owt": (61_100_840, 714_188_480),
    "alexnet_owt_bn": (61_119_528, 714_188_480),
    "alexnet_paper": (60_965_224, 724_406_816),
    "alexnet_pytorchcv": (62_378_344, 1_131_457_664),
    "alexnet_single_tower": (62_378_344, 1_135_256_096),
    "alexnet_tf_benchmark": (2_469_696, 658_145_280),
    "alexnet_tf_cnn_benchmarks": (61_842_345, 838_792_896),
    "alexnet_tf_slim": (50_303_912, 736_555_776),
    "alexnet_torch7": (60_522_856, 649_646_624),
    "alexnet_torchvision": (61_100_840, 714_188_480),
    "caffenet": (60_965_224, 724_406_816),
    "lenet_d2l": (61_706, 416_520),
    "zfnet": (62_357_608, 1_168_032_896),
}

# torchsummary's listing of torchvision's alexnet, as a published tutorial prints it: module, output, parameters.
# https://www.elefans.com/category/jswz/34/794915.html
TORCHSUMMARY = [
    ("Conv2d", (64, 55, 55), 23_296),
    ("ReLU", (64, 55, 55), 0),
    ("MaxPool2d", (64, 27, 27), 0),
    ("Conv2d", (192, 27, 27), 307_392),
    ("ReLU", (192, 27, 27), 0),
    ("MaxPool2d", (192, 13, 13), 0),
    ("Conv2d", (384, 13, 13), 663_936),
    ("ReLU", (384, 13, 13), 0),
    ("Conv2d", (256, 13, 13), 884_992),
    ("ReLU", (256, 13, 13), 0),
    ("Conv2d", (256, 13, 13), 590_080),
    ("ReLU", (256, 13, 13), 0),
    ("MaxPool2d", (256, 6, 6), 0),
    ("AdaptiveAvgPool2d", (256, 6, 6), 0),
    ("Dropout", (9216,), 0),
    ("Linear", (4096,), 37_752_832),
    ("ReLU", (4096,), 0),
    ("Dropout", (4096,), 0),
    ("Linear", (4096,), 16_781_312),
    ("ReLU", (4096,), 0),
    ("Linear", (1000,), 4_097_000),
]


def test_every_bundled_spec_has_totals_here() -> None:
    assert set(TOTALS) == set(BUNDLED)


@pytest.mark.parametrize("name", BUNDLED)
def test_totals(name: str) -> None:
    totals = archcalc.load(name).table().totals
    assert (totals.params, totals.macs, totals.flops) == (*TOTALS[name], 2 * TOTALS[name][1])


@pytest.mark.parametrize("name", BUNDLED)
def test_totals_are_the_sums_of_their_columns(name: str) -> None:
    for per_device in (False, True):
        table = archcalc.load(name).table(per_device=per_device)
        for column in table.totals._fields:
            assert getattr(table.totals, column) == sum(getattr(row, column) for row in table.rows)
        assert table.totals == archcalc.load(name).table().totals


@pytest.mark.parametrize("name", BUNDLED)
def test_every_claim_holds_or_fails_as_expected(name: str) -> None:
    network = archcalc.load(name)
    verdicts = judge(network.graph, network.table(), network.spec.claims)
    assert verdicts, "a bundled spec says what its sources claim"
    assert [verdict for verdict in verdicts if not verdict.as_expected] == []


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_spec_says_where_it_comes_from(name: str) -> None:
    spec = archcalc.load(name).spec
    assert spec.title
    assert spec.notes
    assert spec.sources
    for source in spec.sources.values():
        assert source.title or source.cite
    first_line = (SPECS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first_line == "# yaml-language-server: $schema=archcalc.schema.json"


def test_dogs_trained_on_two_classes() -> None:
    totals = archcalc.load("alexnet_d2l_rgb", num_classes=2).table().totals
    assert (totals.params, totals.macs) == (46_755_202, 1_005_857_920)


def test_the_papers_units() -> None:
    table = archcalc.load("paper").table()
    # 290,400 + 186,624 + 64,896 + 64,896 + 43,264 + 4,096 + 4,096 + 1,000
    assert table.totals.units == 659_272


def test_torchvision_agrees_cell_by_cell_with_torchsummary() -> None:
    rows = [row for row in archcalc.load("torchvision").table().rows if row.op != "flatten"]
    network = archcalc.load("torchvision")
    modules = {node.name: node.layer.twin(*node.device_inputs).call.removeprefix("nn.") for node in network.graph.nodes}
    listing = [(modules[row.name], row.output_shape, row.params) for row in rows]
    assert listing == TORCHSUMMARY
    assert sum(row.params for row in rows) == 61_100_840


def test_receptive_fields_of_alexnet_as_published() -> None:
    # https://github.com/google-research/receptive_field: alexnet_v2 has 195 at pool5; the stride is 32
    from archcalc.analysis.receptive_field import receptive_fields

    fields = receptive_fields(archcalc.load("alexnet_tf_slim").graph)
    sizes = [fields[f"{name}"] for name in ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")]
    assert [field and field.size[0] for field in sizes] == [11, 19, 51, 67, 99, 131, 163, 195]
    last = fields["pool5"]
    assert last
    assert last.jump == (32, 32)
