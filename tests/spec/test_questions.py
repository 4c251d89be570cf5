"""What people asked, as small networks, with the right answers and their arithmetic."""

import pytest

import archcalc
from archcalc.analysis.receptive_field import Field, receptive_fields
from archcalc.layers import Shape
from tests.conftest import ROOT

QUESTIONS = ROOT / "tests" / "specs" / "questions"

ANSWERS = [
    # 64 * 4 + 4 = 260 and 4 * 64 + 64 = 320; 64 * 4 multiply-accumulates each; the product has no weights
    ("se_block", (64, 56, 56), 580, 512),
    # 280 + 1_456 + 4_640 + 66 + 132 of convolutions, 10 + 16 + 32 slopes: the 6_632 that its ports count
    ("prelu_pnet", (4, 1, 1), 6_632, 27 * 10 * 100 + 90 * 16 * 9 + 144 * 32 + 32 * 2 + 32 * 4),
    # a scale and a shift for each of 256 channels
    ("group_norm", (256, 56, 56), 512, 0),
    ("eltwise_max", (8, 4, 4), 8 * 8 + 8, 8 * 8 * 16),
    ("pixel_shuffle", (64, 128, 128), 0, 0),
    ("shuffle_split", (116, 28, 28), 0, 0),
    # two parts of 58, one of which goes through 58 * 58 + 58 * 9 + 58 * 58 weights, and 3 norms of 2 * 58
    ("shufflenet_unit", (116, 28, 28), 2 * 58 * 58 + 58 * 9 + 3 * 116, (2 * 58 * 58 + 58 * 9) * 28 * 28),
    # 256 + 3 + 3 - 7 + 1 = 256; 64 filters of 3 x 7 x 7
    ("reflection_pad", (64, 256, 256), 64 * 147 + 64, 64 * 147 * 256 * 256),
    ("adaptive_none", (64, 1, 100), 0, 0),
    ("global_pooling", (1024, 1, 1), 0, 0),
    ("unet_upsample", (64, 56, 56), 0, 0),
    # (28 - 2) / 2 + 1 = 14; ceil((28 + 2 - 2) / 2) + 1 = 15, whose last window starts at 28 < 29
    # 64 * 16 * 16 outputs, each with 32 * 9 weights and a bias of its own
    ("locally_connected", (64, 16, 16), 4_734_976, 4_718_592),
    # 60 kernels of 5 x 5 and 16 biases, at 10 x 10 places: with an addition of each bias 151_600 connections
    ("lenet5_c3", (16, 10, 10), 1_516, 151_600 - 16 * 100),
    ("layernorm_2d", (96, 56, 56), 192, 0),
    ("same_lower", (1, 32, 32), 17, 16_384),
    # 64 * (10 * 10 + 1) params, counted once, and 64 * 10 * 10 multiply-accumulates at 79 * 79 places, twice
    # (224 + 4 - 5) // 2 + 1 = 112; 16 * 3 * 3*5*5 = 3,600, at 16 * 112 * 112 places
    ("mfnet_conv3d", (16, 16, 112, 112), 3_600, 722_534_400),
    # 10 * 10 + 10; 100 for each of five vectors
    ("unflattened_sequence", (5, 10), 110, 500),
    # convolutions 27,655,936; 512*1*4*4 = 8,192 * 4,096 + 4,096, 4,096 * 4,097 and 101 * 4,097
    ("c3d", (101,), 78_409_573, None),
    # the tutorial prints 26,915
    ("m5", (35,), 26_915, None),
    # each layer but the first has 32 * (32 * 2 + 1) params
    ("wavenet_1d", (32, 16_000 - 1_024), 96 + 10 * 2_080, None),
    ("siamese", (64, 79, 79), 6_464, 2 * 39_942_400),
    # 1,024 * (1,024 + 1), once; 100 times 1,024 * 1,024
    ("shared_linear_100", (1024,), 1_049_600, 104_857_600),
    ("caffe_conv_vs_pool_28", (1, 15, 15), 5, 4 * 14 * 14),
]


@pytest.mark.parametrize(("name", "output", "params", "macs"), ANSWERS, ids=[name for name, *_ in ANSWERS])
def test_a_question_has_its_right_answer(name: str, output: Shape, params: int, macs: int | None) -> None:
    table = archcalc.load(QUESTIONS / f"{name}.yaml").table()
    assert (table.rows[-1].output_shape, table.totals.params) == (output, params)
    assert macs in (None, table.totals.macs)


def test_wavenet_sees_1025_samples() -> None:
    # 2 of the causal layer, and 1 + 2 + 4 + ... + 512 = 1,023 more; of one layer with a dilation of 512 it is 514
    fields = receptive_fields(archcalc.load(QUESTIONS / "wavenet_1d.yaml").graph)
    assert [fields[name][0].field for name in ("causal", "d512.conv")] == [
        Field((2,), (1,), (0,)),
        Field((1_025,), (1,), (0,)),
    ]
    one = (
        "{name: a, op: conv1d, out_channels: 1, kernel_size: 2}, {name: b, op: conv1d, out_channels: 1, kernel_size: 2"
    )
    graph = archcalc.load(f"archcalc: 1\ninput: [1, 16000]\nlayers: [{one}, dilation: 512}}]\n").graph
    assert receptive_fields(graph)["b"][0].field == Field((514,), (1,), (0,))
