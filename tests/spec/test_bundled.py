"""The bundled specs: their totals, every published number about them, and what they promise of themselves."""

import pytest

import archcalc
from archcalc.analysis.audit.claims import judge
from tests.conftest import BUNDLED, SPECS

# Parameters and multiply-accumulates of each net; both are held against torch in test_against_torch.py. Those of
# torchvision's nets are published with its weights, which the claims of their specs repeat.
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
    "convnext_tiny": (28_589_128, 4_455_531_264),
    # 64*(3*25 + 1) + 64*(64*25 + 1) + 6*6*64*(64*9 + 1) + 6*6*32*(64*9 + 1) + 10*(6*6*32 + 1)
    "cuda_convnet_11pct": (2_112_970, 19_512_576),
    # 64*(3*25 + 1) + 64*(64*25 + 1) + 6*6*32*(64*9 + 1) + 6*6*32*(32*9 + 1) + 10*(6*6*32 + 1)
    "cuda_convnet_13pct": (1_116_490, 18_517_248),
    # 32*(3*25 + 1) + 32*(32*25 + 1) + 64*(32*25 + 1) + 64*(64*4*4 + 1) + 10*(64 + 1)
    "cuda_convnet_80sec": (145_578, 12_354_176),
    "densenet121": (7_978_856, 2_834_161_664),
    "densenet169": (14_149_480, 3_359_843_328),
    "densenet_d2l": (758_226, 129_077_168),
    "efficientnet_b0": (5_288_548, 385_814_752),
    # 60_965_224 - 1000*4097, and 21*4097 scores, and 21*21*63*63 weights of the transposed convolution
    "fcn_alexnet": (58_704_590, 21_424_487_968),
    "googlenet": (6_624_904, 1_498_376_192),
    "googlenet_aux": (13_004_888, 1_506_748_416),
    "googlenet_d2l": (5_977_530, 276_066_304),
    "googlenet_paper": (6_998_552, 1_582_671_872),
    "inception_v3": (23_834_568, 5_713_216_096),
    "inception_v3_aux": (27_161_264, 5_718_899_296),
    # 156 + 12 + 1_516 + 32 + 48_120 + 10_164
    "lenet5": (60_000, 325_680),
    "lenet_d2l": (61_706, 416_520),
    "mnasnet1_0": (4_383_312, 314_415_872),
    "mobilenet_v1": (4_231_976, 568_740_352),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "mobilenet_v3_large": (5_483_032, 216_589_760),
    "mobilenet_v3_small": (2_542_856, 56_510_400),
    # 96*364 + 2*96*97 + 256*2401 + 2*256*257 + 384*2305 + 2*384*385 + 1024*3457 + 1024*1025 + 1000*1025
    "nin": (7_595_176, 1_100_188_800),
    "nin_d2l": (1_992_166, 762_297_352),
    "regnet_x_400mf": (5_495_976, 413_812_608),
    "regnet_y_400mf": (4_344_144, 401_842_848),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet18_d2l": (11_178_378, 318_657_536),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet50_v1": (25_557_032, 3_857_973_248),
    "resnext50_32x4d": (25_028_904, 4_230_479_872),
    # 14_714_688 of VGG-16's convolutions; 3*2_359_808 + 2*2_359_808 + 1_179_904 + 2*590_080 + 295_040 + 147_584
    # + 73_792 + 36_928 of the decoders', 64*11*9 + 11 of the scores, and 15_872 of the norms
    "segnet": (29_449_355, 106_287_759_360),
    "shufflenet_v2_x1_0": (2_278_604, 144_907_992),
    "siamfc": (2_336_320, 460_172_064),
    "squeezenet1_0": (1_248_424, 818_924_576),
    "squeezenet1_1": (1_235_496, 349_151_936),
    "unet": (31_030_658, 150_428_424_448),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg11_bn": (132_868_840, 7_609_090_048),
    "vgg11_d2l": (128_806_154, 7_547_232_256),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg13_bn": (133_053_736, 11_308_466_176),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg16_bn": (138_365_992, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),
    "vgg19_bn": (143_678_248, 19_632_062_464),
    "wide_resnet50_2": (68_883_240, 11_398_021_120),
    "yolo_v2_tiny_voc": (15_861_773, 3_485_520_896),
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
    names = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
    assert [fields[name][0].field.size[0] for name in names] == [11, 19, 51, 67, 99, 131, 163, 195]
    assert fields["pool5"][0].field.jump == (32, 32)
