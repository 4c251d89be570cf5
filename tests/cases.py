"""One row per situation: a layer, the shapes it reads, what comes out, and what that costs, with the arithmetic.

The core is held against these rows, and so is torch, which is built from the same layers.
"""

from typing import Any, NamedTuple

from archcalc.layers import Layer, Shape
from archcalc.layers.activation import Abs, Relu, Sigmoid, Tanh
from archcalc.layers.blur import BlurPool2d
from archcalc.layers.conv import Conv1d, Conv2d, Conv3d
from archcalc.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from archcalc.layers.layer_norm import (
    GlobalResponseNorm,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    LayerNorm2d,
)
from archcalc.layers.linear import Linear
from archcalc.layers.local import Local2d
from archcalc.layers.merge import Add, CenterCropLike, Concat, Matmul, Maximum, MaxUnpool2d, Mul, Stack, Sub
from archcalc.layers.norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    FrozenBatchNorm2d,
    LocalResponseNorm,
    LocalResponseNorm2d,
)
from archcalc.layers.normed_conv import StandardizedConv2d, WeightNormConv1d, WeightNormConv2d, WeightNormConv3d
from archcalc.layers.pad import (
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from archcalc.layers.part import Chunk, Split
from archcalc.layers.pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from archcalc.layers.rearrange import (
    CenterCrop,
    ChannelShuffle,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    Slice,
    Transpose,
)
from archcalc.layers.rectifier import Elu, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, Prelu, Relu6
from archcalc.layers.reduce import Mean, Sum
from archcalc.layers.regularize import Dropout, Dropout1d, Dropout2d, Dropout3d
from archcalc.layers.resample import Upsample
from archcalc.layers.reshape import Flatten, Identity, Reshape, Squeeze, Unflatten, Unsqueeze
from archcalc.layers.scale import Scale, Times
from archcalc.layers.smooth import Gelu, Mish, Silu, Softplus
from archcalc.layers.softmax import Glu, LogSoftmax, Softmax
from archcalc.layers.stochastic_depth import StochasticDepth
from archcalc.layers.table_conv import TableConv2d


class Case(NamedTuple):
    layer: Layer
    inputs: list[Shape]
    out: Shape
    params: int
    buffers: int
    macs: int
    padding: Any

    @property
    def id(self) -> str:
        return f"{self.layer} on {self.inputs}"


def case(
    layer: Layer,
    inputs: list[Shape],
    out: Shape,
    params: int = 0,
    buffers: int = 0,
    macs: int = 0,
    padding: Any = None,
) -> Case:
    return Case(layer, inputs, out, params, buffers, macs, padding)


MAP = (4, 6, 6)

C3 = [
    *([one % 6, (one + 1) % 6, (one + 2) % 6] for one in range(6)),
    *([one % 6, (one + 1) % 6, (one + 2) % 6, (one + 3) % 6] for one in range(6)),
    *([one % 6, (one + 1) % 6, (one + 3) % 6, (one + 4) % 6] for one in range(3)),
    [0, 1, 2, 3, 4, 5],
]
"""Which maps of S2 each map of LeNet-5's C3 reads: table I of LeCun et al. 1998, three, four and six in a row, and two
pairs."""

CASES = [
    # 8 filters of 3x3x4 on 14x14 places: 8*3*3*4 = 288 weights, 288*196 = 56_448
    case(Conv2d(out_channels=8, kernel_size=3, bias=False), [(4, 16, 16)], (8, 14, 14), params=288, macs=56_448),
    # AlexNet's first layer: (224 + 2*2 - 11) // 4 + 1 = 55; 64*3*11*11 + 64 = 23_296; 64*3*121 * 55*55 = 70_276_800
    case(
        Conv2d(out_channels=64, kernel_size=11, stride=4, padding=2),
        [(3, 224, 224)],
        (64, 55, 55),
        params=23_296,
        macs=70_276_800,
        padding=(2, 2, 2, 2),
    ),
    # a filter reads 2 of 4 channels: 6*2*3*3 + 6 = 114; with a gain for each filter 120; 108 * 5*5 places
    *(
        case(
            StandardizedConv2d(out_channels=6, kernel_size=3, padding=1, stride=[1, 1], groups=2, gain=gain),
            [(4, 5, 5)],
            (6, 5, 5),
            params=114 + 6 * gain,
            macs=2_700,
            padding=(1, 1, 1, 1),
        )
        for gain in (False, True)
    ),
    # SAME at a stride, padded by a layer of its own: 3 rows of 2 take 3*2 - 1 + 3 - 6 = 1 more, below; 5*4*9 = 180
    case(
        StandardizedConv2d(out_channels=5, kernel_size=3, stride=2, padding="same", bias=False, gain=True),
        [MAP],
        (5, 3, 3),
        params=185,
        macs=1_620,
        padding=(0, 1, 0, 1),
    ),
    # (6 - 3) / 1 + 1 = 4 high, rounded up to (6 - 5) / 2 + 1 = 2 wide; 3*4*3*3 + 3 = 111; 108 * 8
    case(
        StandardizedConv2d(out_channels=3, kernel_size=3, stride=[1, 2], dilation=[1, 2], ceil_mode="unclipped"),
        [MAP],
        (3, 4, 2),
        params=111,
        macs=864,
        padding=(0, 0, 0, 1),
    ),
    # 6 + 2 * 1 - 3 + 1 = 6, padded with what there is; 3*4*9 + 3 = 111; 108 * 36
    case(
        StandardizedConv2d(out_channels=3, kernel_size=3, padding=1, padding_mode="reflect"),
        [MAP],
        (3, 6, 6),
        params=111,
        macs=3_888,
        padding=(1, 1, 1, 1),
    ),
    # weights, and a bias and a length for each filter: 5*4*3 + 5 + 5 = 70; 60 * 5 places
    case(WeightNormConv1d(out_channels=5, kernel_size=3, dilation=2), [(4, 9)], (5, 5), params=70, macs=300),
    # (9 - 3) / 2 + 1 = 4, rounded up as the last window starts inside; a filter reads 2 of 4 channels: 36 + 6
    case(
        WeightNormConv1d(out_channels=6, kernel_size=3, stride=2, groups=2, bias=False, ceil_mode="unclipped"),
        [(4, 8)],
        (6, 4),
        params=42,
        macs=144,
        padding=(0, 1),
    ),
    # causal, with the first element before: 9 + 2 - 3 + 1 = 9; 60 + 10; 60 * 9
    case(
        WeightNormConv1d(out_channels=5, kernel_size=3, padding={"left": 2}, padding_mode="replicate"),
        [(4, 9)],
        (5, 9),
        params=70,
        macs=540,
        padding=(2, 0),
    ),
    # 5*4*3*3 = 180 weights and 5 lengths; 180 * 16
    case(WeightNormConv2d(out_channels=5, kernel_size=3, bias=False), [MAP], (5, 4, 4), params=185, macs=2_880),
    # 4 high and rounded up to 2 wide, of two groups: 6*2*3*3 = 108, + 6 + 6; 108 * 8
    case(
        WeightNormConv2d(
            out_channels=6, kernel_size=3, stride=[1, 2], dilation=[1, 2], groups=2, ceil_mode="unclipped"
        ),
        [MAP],
        (6, 4, 2),
        params=120,
        macs=864,
        padding=(0, 0, 0, 1),
    ),
    # 6 + 2 - 3 + 1 = 6, padded from the other side: 180 + 10; 180 * 36
    case(
        WeightNormConv2d(out_channels=5, kernel_size=3, padding=1, padding_mode="circular"),
        [MAP],
        (5, 6, 6),
        params=190,
        macs=6_480,
        padding=(1, 1, 1, 1),
    ),
    # 5*4*27 = 540, + 5 + 5; 540 * 6 places
    case(WeightNormConv3d(out_channels=5, kernel_size=3), [(4, 3, 4, 5)], (5, 1, 2, 3), params=550, macs=3_240),
    # 3 deep, (4 + 0 - 1) / 2 + 1 = 2 high, 5 - 2 = 3 wide, of two groups: 2*2*(3*1*2) = 24 weights + 2; 24 * 18
    case(
        WeightNormConv3d(
            out_channels=2,
            kernel_size=[3, 1, 2],
            stride=[1, 2, 1],
            dilation=[1, 1, 2],
            padding=[1, 0, 0],
            padding_mode="replicate",
            groups=2,
            bias=False,
        ),
        [(4, 3, 4, 5)],
        (2, 3, 2, 3),
        params=26,
        macs=432,
        padding=(1, 1, 0, 0, 0, 0),
    ),
    # 4 / 3 of a step more is one more where it is rounded up: 2 high; 5*4*8 = 160 + 10; 160 * 1*2*2
    case(
        WeightNormConv3d(out_channels=5, kernel_size=2, stride=3, ceil_mode="unclipped"),
        [(4, 2, 4, 5)],
        (5, 1, 2, 2),
        params=170,
        macs=640,
        padding=(0, 0, 0, 1, 0, 0),
    ),
    # the paper's literal 224 without padding: 213 / 4 = 53.25, floor 53 + 1 = 54; 96*3*121 * 54*54 = 101_616_768
    case(
        Conv2d(out_channels=96, kernel_size=11, stride=4),
        [(3, 224, 224)],
        (96, 54, 54),
        params=34_944,
        macs=101_616_768,
    ),
    # the same rounded up: 54 + 1 = 55, the last window ends at 54*4 + 11 = 227, 3 past the input
    case(
        Conv2d(out_channels=96, kernel_size=11, stride=4, ceil_mode="unclipped"),
        [(3, 224, 224)],
        (96, 55, 55),
        params=34_944,
        macs=105_415_200,
        padding=(0, 3, 0, 3),
    ),
    # a convolution that rounds as PyTorch's pools do: ceil(4 / 3) + 1 = 3, the last window starts at 6 >= 5 + 0: 2
    case(Conv2d(out_channels=1, kernel_size=1, stride=3, ceil_mode=True), [(1, 5, 5)], (1, 2, 2), params=2, macs=4),
    # as Caffe's pools do: without padding the last window stays: 3, which starts at 6 and reads 2 past the end
    case(
        Conv2d(out_channels=1, kernel_size=1, stride=3, ceil_mode="caffe"),
        [(1, 5, 5)],
        (1, 3, 3),
        params=2,
        macs=9,
        padding=(0, 2, 0, 2),
    ),
    # 16 * 16 places with filters of their own: 64 * 256 * (32 * 9 + 1) = 4_734_976; 64 * 256 * 288 = 4_718_592
    case(
        Local2d(out_channels=64, kernel_size=3, padding=1),
        [(32, 16, 16)],
        (64, 16, 16),
        params=4_734_976,
        macs=4_718_592,
        padding=(1, 1, 1, 1),
    ),
    # (6 + 1 - 5) // 2 + 1 = 2 high, (6 + 2 - 4) // 3 + 1 = 2 wide, without biases: 3 * 4 * (4 * 3 * 2) = 288
    case(
        Local2d(
            out_channels=3,
            kernel_size=[3, 2],
            stride=[2, 3],
            padding={"top": 1, "left": 2},
            dilation=[2, 3],
            bias=False,
        ),
        [MAP],
        (3, 2, 2),
        params=288,
        macs=288,
        padding=(1, 0, 2, 0),
    ),
    # rounded up, as cuda-convnet does: ceil(3 / 2) + 1 = 3, which reads 1 past the end: 2 * 9 * (4 * 9 + 1) = 666
    case(
        Local2d(out_channels=2, kernel_size=3, stride=2, ceil_mode="unclipped"),
        [MAP],
        (2, 3, 3),
        params=666,
        macs=648,
        padding=(0, 1, 0, 1),
    ),
    # LeNet-5's C3: 60 kernels of 5x5 and 16 biases, on 10x10 places: 60*25 + 16 = 1_516; 60*25 * 100 = 150_000
    case(TableConv2d(kernel_size=5, connections=C3), [(6, 14, 14)], (16, 10, 10), params=1_516, macs=150_000),
    # 3 kernels of 3x2: (6 + 1 - 5) // 2 + 1 = 2 high, (6 + 2 - 4) // 3 + 1 = 2 wide: 3 * 6 = 18, by 4 places
    case(
        TableConv2d(
            connections=[[3], [0, 1]],
            kernel_size=[3, 2],
            stride=[2, 3],
            padding={"top": 1, "left": 2},
            dilation=[2, 3],
            bias=False,
        ),
        [MAP],
        (2, 2, 2),
        params=18,
        macs=72,
        padding=(1, 0, 2, 0),
    ),
    # rounded up: ceil(3 / 2) + 1 = 3, which reads 1 past the end: 2 * 9 + 1 = 19; 18 * 9
    case(
        TableConv2d(connections=[[2, 0]], kernel_size=3, stride=2, ceil_mode="unclipped"),
        [MAP],
        (1, 3, 3),
        params=19,
        macs=162,
        padding=(0, 1, 0, 1),
    ),
    # ONNX's SAME_LOWER: a 4x4 window on 32x32 needs 3 rows and columns of padding, of which the odd one is before
    case(
        Conv2d(out_channels=1, kernel_size=4, padding="same_lower"),
        [(1, 32, 32)],
        (1, 32, 32),
        params=17,
        macs=16_384,
        padding=(2, 1, 2, 1),
    ),
    # ceil(7 / 2) = 4 places of 3 at stride 2 reach 9: 2 of padding, 1 on each side, whatever the word
    case(MaxPool2d(kernel_size=3, stride=2, padding="same_lower"), [(4, 7, 7)], (4, 4, 4), padding=(1, 1, 1, 1)),
    # padded with what there is: 6 + 2 * 2 - 3 + 1 = 8; 2*4*9 + 2 = 74; 72 * 64
    *(
        case(
            Conv2d(out_channels=2, kernel_size=3, padding=2, padding_mode=mode),
            [MAP],
            (2, 8, 8),
            params=74,
            macs=4_608,
            padding=(2, 2, 2, 2),
        )
        for mode in ("reflect", "replicate", "circular")
    ),
    # the same on one side: 6 + 5 - 3 + 1 = 9 high, 6 + 2 - 3 + 1 = 6 wide; 72 * 54
    *(
        case(
            Conv2d(out_channels=2, kernel_size=3, padding={"top": 5, "left": 2}, padding_mode=mode),
            [MAP],
            (2, 9, 6),
            params=74,
            macs=3_888,
            padding=(5, 0, 2, 0),
        )
        for mode in ("reflect", "replicate", "circular")
    ),
    # groups: 6 filters that read 4 / 2 = 2 channels each: 6*2*9 + 6 = 114; 108 * 36 = 3_888
    case(Conv2d(out_channels=6, kernel_size=3, padding=1, groups=2), [MAP], (6, 6, 6), params=114, macs=3_888),
    # dilation 2 spreads a 3x3 window over 5x5: 6 - 5 + 1 = 2; 8*4*9 + 8 = 296; 288 * 4 = 1_152
    case(Conv2d(out_channels=8, kernel_size=3, dilation=2), [MAP], (8, 2, 2), params=296, macs=1_152),
    # not square: (7 - 1) // 2 + 1 = 4 by (9 + 2 - 3) // 1 + 1 = 9; 2*1*1*3 + 2 = 8; 6 * 36 = 216
    case(
        Conv2d(out_channels=2, kernel_size=(1, 3), stride=(2, 1), padding=(0, 1)),
        [(1, 7, 9)],
        (2, 4, 9),
        params=8,
        macs=216,
        padding=(0, 0, 1, 1),
    ),
    # one-sided: height 6 + 1 + 2 - 3 + 1 = 7, width 6 + 0 + 1 - 3 + 1 = 5; 4*9 + 1 = 37; 36 * 35 = 1_260
    case(
        Conv2d(out_channels=1, kernel_size=3, padding={"top": 1, "bottom": 2, "right": 1}),
        [MAP],
        (1, 7, 5),
        params=37,
        macs=1_260,
        padding=(1, 2, 0, 1),
    ),
    # SAME: ceil(224 / 4) = 56, which takes 55*4 + 11 - 224 = 7 of padding, 3 before and 4 after
    case(
        Conv2d(out_channels=64, kernel_size=11, stride=4, padding="same"),
        [(3, 224, 224)],
        (64, 56, 56),
        params=23_296,
        macs=72_855_552,
        padding=(3, 4, 3, 4),
    ),
    # transposed: (8 - 1) * 2 + 3 = 17; 4*6*9 + 6 = 222; each of 64 input places makes a window: 64 * 4 * 6*9 = 13_824
    case(ConvTranspose2d(out_channels=6, kernel_size=3, stride=2), [(4, 8, 8)], (6, 17, 17), params=222, macs=13_824),
    # 3x2x2 to 1x4x4 by a 2x2 window at stride 2: 3*1*4 + 1 = 13; 4 * 3 * 4 = 48
    case(ConvTranspose2d(out_channels=1, kernel_size=2, stride=2), [(3, 2, 2)], (1, 4, 4), params=13, macs=48),
    # output_padding tells 14 * 2 apart from 27: 13 * 2 - 2 + 3 + 1 = 28; 64*32*9 = 18_432, by 196 places 3_612_672
    case(
        ConvTranspose2d(out_channels=32, kernel_size=3, stride=2, padding=1, output_padding=1, bias=False),
        [(64, 14, 14)],
        (32, 28, 28),
        params=18_432,
        macs=3_612_672,
        padding=(1, 1, 1, 1),
    ),
    # 2 groups of 2 channels to 3 each, spread by a dilation of 2: 5 + 2 * (3 - 1) + 1 = 10; 4*3*9 + 6 = 114; 108 * 36
    case(
        ConvTranspose2d(out_channels=6, kernel_size=3, dilation=2, groups=2), [MAP], (6, 10, 10), params=114, macs=3_888
    ),
    # SAME where the stride is longer than the window: ceil(7 / 3) = 3 places of 1 need no padding
    case(
        Conv2d(out_channels=1, kernel_size=1, stride=3, padding="same", bias=False),
        [(1, 7, 7)],
        (1, 3, 3),
        params=1,
        macs=9,
        padding=(0, 0, 0, 0),
    ),
    # VALID is no padding
    case(Conv2d(out_channels=1, kernel_size=3, padding="valid"), [(1, 5, 5)], (1, 3, 3), params=10, macs=81),
    # 9216 * 4096 + 4096 = 37_752_832, and 9216 * 4096 = 37_748_736 multiplications
    case(Linear(out_features=4096), [(9216,)], (4096,), params=37_752_832, macs=37_748_736),
    # over the last axis: 6 in, 5 out at 4*6 places: 6*5 = 30 weights, 30 * 24 = 720
    case(Linear(out_features=5, bias=False), [MAP], (4, 6, 5), params=30, macs=720),
    # (55 - 3) / 2 + 1 = 27
    case(MaxPool2d(kernel_size=3, stride=2), [(96, 55, 55)], (96, 27, 27)),
    # a stride follows the kernel: 6 // 3 = 2
    case(MaxPool2d(kernel_size=3), [MAP], (4, 2, 2)),
    # (6 + 2*1 - (2*(3-1)+1)) // 1 + 1 = 4
    case(MaxPool2d(kernel_size=3, stride=1, padding=1, dilation=2), [MAP], (4, 4, 4), padding=(1, 1, 1, 1)),
    # 54: floor(51 / 2) + 1 = 26, ceil(25.5) + 1 = 27
    case(MaxPool2d(kernel_size=3, stride=2), [(96, 54, 54)], (96, 26, 26)),
    case(MaxPool2d(kernel_size=3, stride=2, ceil_mode=True), [(96, 54, 54)], (96, 27, 27), padding=(0, 1, 0, 1)),
    case(MaxPool2d(kernel_size=3, stride=2, ceil_mode="caffe"), [(96, 54, 54)], (96, 27, 27), padding=(0, 1, 0, 1)),
    # https://github.com/BVLC/caffe: k=1 s=2 on 32 gives 17 in Caffe, where nothing is padded, and 16 in PyTorch
    case(MaxPool2d(kernel_size=1, stride=2, ceil_mode=True), [(1, 32, 32)], (1, 16, 16)),
    case(MaxPool2d(kernel_size=1, stride=2, ceil_mode="caffe"), [(1, 32, 32)], (1, 17, 17), padding=(0, 1, 0, 1)),
    # padded by 1 anywhere, Caffe drops it too: ceil((4 + 2 - 2) / 3) + 1 = 3, starts at 6 >= 4 + 1: 2
    case(
        MaxPool2d(kernel_size=2, stride=3, padding=1, ceil_mode="caffe"), [(1, 4, 4)], (1, 2, 2), padding=(1, 1, 1, 1)
    ),
    case(
        MaxPool2d(kernel_size=2, stride=3, padding=1, ceil_mode="unclipped"),
        [(1, 4, 4)],
        (1, 3, 3),
        padding=(1, 3, 1, 3),
    ),
    # padding on one axis counts for both in Caffe: height ceil(4 / 3) + 1 = 3 starts at 6 >= 5 + 0: 2
    case(
        MaxPool2d(kernel_size=(1, 2), stride=3, padding=(0, 1), ceil_mode="caffe"),
        [(1, 5, 4)],
        (1, 2, 2),
        padding=(0, 0, 1, 1),
    ),
    # SAME on an even size: ceil(6 / 2) = 3 takes 2*2 + 3 - 6 = 1, all of it after
    case(MaxPool2d(kernel_size=3, stride=2, padding="same"), [MAP], (4, 3, 3), padding=(0, 1, 0, 1)),
    # https://github.com/pytorch/pytorch/issues/116420: 9, k=4 s=4 p=2 rounds up to 4, the fourth starts in the padding
    case(AvgPool2d(kernel_size=4, stride=4, padding=2, ceil_mode=True), [(1, 9, 9)], (1, 3, 3), padding=(2, 2, 2, 2)),
    case(AvgPool2d(kernel_size=2, stride=2), [(6, 28, 28)], (6, 14, 14)),
    case(AvgPool2d(kernel_size=2), [(6, 28, 28)], (6, 14, 14)),
    case(
        AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False), [MAP], (4, 6, 6), padding=(1, 1, 1, 1)
    ),
    case(AdaptiveAvgPool2d(output_size=6), [(256, 13, 13)], (256, 6, 6)),
    case(AdaptiveAvgPool2d(output_size=(1, 2)), [(256, 7, 7)], (256, 1, 2)),
    case(AdaptiveAvgPool2d(output_size=(1, None)), [(64, 40, 100)], (64, 1, 100)),
    case(AdaptiveMaxPool2d(output_size=(3, 1)), [MAP], (4, 3, 1)),
    case(AdaptiveMaxPool2d(output_size=(None, 4)), [MAP], (4, 6, 4)),
    # 3x3 at stride 2, padded by (1 + 2) // 2 = 1: (6 + 2 - 3) // 2 + 1 = 3; 4 windows of 9 are stored; 4*9 * 9 = 324
    case(BlurPool2d(), [MAP], (4, 3, 3), buffers=36, macs=324, padding=(1, 1, 1, 1)),
    # the same at stride 1: (0 + 2) // 2 = 1
    case(BlurPool2d(stride=1), [MAP], MAP, buffers=36, macs=1_296, padding=(1, 1, 1, 1)),
    # 4x4, padded by 1 before and 2 after: (6 + 3 - 4) // 2 + 1 = 3; 4*16 = 64, by 9 places
    case(
        BlurPool2d(kernel_size=4, padding={"top": 1, "bottom": 2, "left": 1, "right": 2}),
        [MAP],
        (4, 3, 3),
        buffers=64,
        macs=576,
        padding=(1, 2, 1, 2),
    ),
    case(Mean(dim=[3, 2]), [MAP], (4,)),
    case(Mean(dim=1), [MAP], (6, 6)),
    case(Mean(dim=3, keepdim=True), [MAP], (4, 6, 1)),
    case(Mean(dim=1, keepdim=True), [(10,)], (1,)),
    case(Sum(dim=[3, 2]), [MAP], (4,)),
    case(Sum(dim=1), [(2, 4, 6, 6)], MAP),
    case(Sum(dim=3, keepdim=True), [MAP], (4, 6, 1)),
    case(LocalResponseNorm(size=5, alpha=2e-4, beta=0.5, k=2, alpha_per="sum"), [MAP], MAP),
    case(LocalResponseNorm(size=3, alpha_per="mean"), [MAP], MAP),
    # 1 place before and after each axis
    case(LocalResponseNorm2d(size=3, alpha_per="mean"), [MAP], MAP, padding=(1, 1, 1, 1)),
    # 2 before and after
    case(LocalResponseNorm2d(size=5, alpha=2e-4, beta=0.5, k=2, alpha_per="sum"), [MAP], MAP, padding=(2, 2, 2, 2)),
    # a scale and a shift for each of 4 channels; 4 means, 4 variances and a counter beside them
    case(BatchNorm2d(), [MAP], MAP, params=8, buffers=9),
    case(BatchNorm2d(eps=1e-3, momentum=0.5, affine=False), [MAP], MAP, buffers=9),
    case(BatchNorm2d(track_running_stats=False), [MAP], MAP, params=8),
    case(BatchNorm1d(), [(10,)], (10,), params=20, buffers=21),
    case(BatchNorm1d(eps=1e-3, momentum=0.5, affine=False, track_running_stats=False), [(10,)], (10,)),
    # 2 * 4 where something is learnt; 4 means, 4 variances and a counter where they are remembered
    case(InstanceNorm2d(), [MAP], MAP),
    case(
        InstanceNorm2d(eps=1e-3, momentum=0.5, affine=True, track_running_stats=True), [MAP], MAP, params=8, buffers=9
    ),
    case(GroupNorm(num_groups=2), [MAP], MAP, params=8),
    case(GroupNorm(num_groups=4, eps=1e-3, affine=False), [MAP], MAP),
    # a scale and a shift for each of 6, of 6 * 6, of 4 * 6 * 6 elements
    case(LayerNorm(normalized_shape=6), [MAP], MAP, params=12),
    case(LayerNorm(normalized_shape=[6, 6], bias=False), [MAP], MAP, params=36),
    case(LayerNorm(normalized_shape=[4, 6, 6], eps=1e-3), [MAP], MAP, params=288),
    case(LayerNorm(normalized_shape=10, elementwise_affine=False), [(10,)], (10,)),
    # a scale and a shift for each of 4 channels
    case(LayerNorm2d(), [MAP], MAP, params=8),
    case(LayerNorm2d(eps=1e-6, bias=False), [MAP], MAP, params=4),
    case(LayerNorm2d(elementwise_affine=False), [MAP], MAP),
    # 4 scales, 4 shifts, 4 means and 4 variances, none of them learnt
    case(FrozenBatchNorm2d(), [MAP], MAP, buffers=16),
    case(FrozenBatchNorm2d(eps=1e-3), [MAP], MAP, buffers=16),
    case(GlobalResponseNorm(), [MAP], MAP, params=8),
    case(GlobalResponseNorm(eps=1e-3), [MAP], MAP, params=8),
    case(GlobalResponseNorm(channels_last=True), [(5, 6, 4)], (5, 6, 4), params=8),
    # a factor, or a factor and a shift, for each of 4 channels, of 10 features, or for all
    case(Scale(), [MAP], MAP, params=4),
    case(Scale(bias=True), [(10,)], (10,), params=20),
    case(Scale(weight=False, bias=True), [MAP], MAP, params=4),
    case(Scale(per="tensor"), [MAP], MAP, params=1),
    case(Scale(per="tensor", bias=True), [(10,)], (10,), params=2),
    case(Relu(), [MAP], MAP),
    case(Tanh(), [MAP], MAP),
    case(Sigmoid(), [(10,)], (10,)),
    case(Abs(), [MAP], MAP),
    case(Gelu(), [MAP], MAP),
    case(Gelu(approximate="tanh"), [MAP], MAP),
    case(Silu(), [MAP], MAP),
    case(Hardswish(), [MAP], MAP),
    case(LeakyRelu(negative_slope=0.2), [MAP], MAP),
    case(Relu6(), [MAP], MAP),
    case(Elu(alpha=0.5), [MAP], MAP),
    # one slope, or one for each of 4 channels
    case(Prelu(), [MAP], MAP, params=1),
    case(Prelu(num_parameters=4), [MAP], MAP, params=4),
    case(Hardsigmoid(), [MAP], MAP),
    case(Mish(), [MAP], MAP),
    case(Softplus(), [MAP], MAP),
    case(Softplus(beta=2, threshold=0.5), [MAP], MAP),
    case(Hardtanh(), [MAP], MAP),
    case(Hardtanh(min_val=-0.25, max_val=0.5), [MAP], MAP),
    case(Softmax(), [(1000,)], (1000,)),
    case(LogSoftmax(), [(1000,)], (1000,)),
    case(LogSoftmax(dim=3), [MAP], MAP),
    case(Glu(), [MAP], (2, 6, 6)),
    case(Glu(dim=3), [MAP], (4, 6, 3)),
    case(Softmax(dim=2), [MAP], MAP),
    case(Dropout(p=0.2), [(10,)], (10,)),
    case(Dropout2d(p=0.2), [MAP], MAP),
    case(StochasticDepth(p=0.2), [MAP], MAP),
    case(StochasticDepth(p=0.2, mode="batch"), [(10,)], (10,)),
    # 256 * 6 * 6 = 9216
    case(Flatten(), [(256, 6, 6)], (9216,)),
    case(Flatten(), [(10,)], (10,)),
    # batch x 4 x 6 x 6: axes 2 to 3 become 36, axes 1 to 2 become 24
    case(Flatten(start_dim=2), [MAP], (4, 36)),
    case(Flatten(end_dim=2), [MAP], (24, 6)),
    # 64 = 4 * 16; of 144 = 4 * 6 * 6 there are 144 / 8 = 18 times 8
    case(Unflatten(sizes=[4, -1]), [(64, 7, 7)], (4, 16, 7, 7)),
    case(Unflatten(dim=2, sizes=[3, 2]), [MAP], (4, 3, 2, 6)),
    case(Unflatten(sizes=[64, 7, 7]), [(3136,)], (64, 7, 7)),
    case(Reshape(shape=[2, -1, 4]), [MAP], (2, 18, 4)),
    case(Reshape(shape=[144]), [MAP], (144,)),
    case(Squeeze(dim=2), [(4, 1, 6)], (4, 6)),
    case(Squeeze(dim=[2, 3]), [(4, 1, 1)], (4,)),
    case(Unsqueeze(dim=1), [(4, 6)], (1, 4, 6)),
    case(Unsqueeze(dim=4), [MAP], (4, 6, 6, 1)),
    case(Identity(), [MAP], MAP),
    # 1 + 6 + 2 = 9 high, 3 + 6 + 4 = 13 wide
    case(ZeroPad2d(padding={"top": 1, "bottom": 2, "left": 3, "right": 4}), [MAP], (4, 9, 13)),
    case(ZeroPad2d(padding=[1, 2]), [MAP], (4, 8, 10)),
    case(ConstantPad2d(padding={"top": 1, "bottom": 2, "left": 3, "right": 4}, value=0.5), [MAP], (4, 9, 13)),
    case(ReflectionPad2d(padding={"top": 5, "left": 1, "right": 2}), [MAP], (4, 11, 9)),
    case(ReplicationPad2d(padding={"bottom": 9, "left": 1}), [MAP], (4, 15, 7)),
    # 64 channels as 2 * 2 places of 16; and back
    case(PixelShuffle(upscale_factor=2), [(64, 5, 7)], (16, 10, 14)),
    case(PixelUnshuffle(downscale_factor=2), [(16, 10, 14)], (64, 5, 7)),
    case(ChannelShuffle(groups=2), [MAP], MAP),
    case(CenterCrop(output_size=3), [MAP], (4, 3, 3)),
    case(CenterCrop(output_size=[6, 5]), [MAP], (4, 6, 5)),
    case(Slice(length=3), [MAP], (3, 6, 6)),
    case(Slice(start=1, length=3, dim=2), [MAP], (4, 3, 6)),
    # the second of two halves, the third of three: 4 / 2 = 2, 6 / 3 = 2
    case(Chunk(chunks=2, index=1), [MAP], (2, 6, 6)),
    case(Chunk(chunks=3, dim=2, index=2), [MAP], (4, 2, 6)),
    case(Split(sizes=[1, 3], index=1), [MAP], (3, 6, 6)),
    case(Split(sizes=[1, 2, 3], dim=3, index=2), [MAP], (4, 6, 3)),
    case(Permute(dims=[2, 3, 1]), [(4, 6, 5)], (6, 5, 4)),
    case(Permute(dims=[2, 1]), [(4, 6)], (6, 4)),
    case(Transpose(dim0=1, dim1=3), [(4, 6, 5)], (5, 6, 4)),
    case(Transpose(dim0=2, dim1=1), [(4, 6)], (6, 4)),
    case(Upsample(scale_factor=2), [MAP], (4, 12, 12)),
    case(Upsample(scale_factor=[2, 3], mode="nearest-exact"), [MAP], (4, 12, 18)),
    # 6 * 1.5 = 9 and 6 * 0.4 = 2.4, rounded down; 29 / 100 of 100, where floats make 28 of 28.999...
    case(Upsample(scale_factor=[1.5, 0.4]), [MAP], (4, 9, 2)),
    case(Upsample(scale_factor=0.29, mode="bilinear"), [(4, 100, 10)], (4, 29, 2)),
    case(Upsample(size=7, mode="bilinear", align_corners=True), [MAP], (4, 7, 7)),
    case(Upsample(size=[3, 9], mode="bicubic"), [MAP], (4, 3, 9)),
    # 7 * 2.5 = 17.5, rounded down, of a sequence; 3 * 2, 4 * 1.5 and 5 * 2 of a volume, and one size for all its axes
    case(Upsample(scale_factor=2.5, mode="linear", align_corners=True), [(4, 7)], (4, 17)),
    case(Upsample(size=[20]), [(4, 7)], (4, 20)),
    case(Upsample(scale_factor=[2, 1.5, 2], mode="trilinear"), [(2, 3, 4, 5)], (2, 6, 6, 10)),
    case(Upsample(size=4), [(2, 3, 4, 5)], (2, 4, 4, 4)),
    case(Times(number=0.2), [MAP], MAP),
    case(Sub(), [MAP, MAP], MAP),
    case(Sub(), [(10,), (10,)], (10,)),
    case(Maximum(), [MAP, MAP, MAP], MAP),
    case(Mul(), [MAP, MAP], MAP),
    # one factor for each channel, as squeeze-and-excitation has it, and one for each row
    case(Mul(), [MAP, (4, 1, 1), (1, 6, 1)], MAP),
    case(Mul(), [(4, 1, 6), (4, 6, 1)], MAP),
    case(Add(), [MAP, MAP, MAP], MAP),
    # 64 + 128 + 32 + 32 = 256, GoogLeNet's first inception
    # 3x5 by 5x2 for each of 4: 3 * 5 * 2 * 4 = 120; one matrix for all: 6 * 6 * 6 * 4
    case(Matmul(), [(4, 3, 5), (4, 5, 2)], (4, 3, 2), macs=120),
    case(Matmul(), [(1, 6, 6), MAP], MAP, macs=864),
    case(Matmul(), [(7, 5), (5, 2)], (7, 2), macs=70),
    # 7 / 2 = 3 rounded down, or 4 rounded up: the same pool with 6, which makes 3, is told apart
    case(MaxUnpool2d(kernel_size=2), [(4, 3, 3), (4, 7, 6)], (4, 7, 6)),
    case(MaxUnpool2d(kernel_size=2, ceil_mode=True), [(4, 4, 3), (4, 7, 6)], (4, 7, 6)),
    # (6 + 2 - 3) // 1 + 1 = 6 high, (6 + 2 - 3) // 2 + 1 = 3 wide
    case(MaxUnpool2d(kernel_size=3, stride=[1, 2], padding=1), [(4, 6, 3), MAP], MAP),
    case(CenterCropLike(), [(4, 9, 8), (2, 6, 5)], (4, 6, 5)),
    case(CenterCropLike(), [(4, 9, 8), (2, 9, 5)], (4, 9, 5)),
    case(Concat(), [(64, 28, 28), (128, 28, 28), (32, 28, 28), (32, 28, 28)], (256, 28, 28)),
    case(Concat(), [(10,), (5,)], (15,)),
    case(Stack(), [MAP, MAP, MAP], (3, 4, 6, 6)),
    case(Stack(dim=4), [MAP, MAP], (4, 6, 6, 2)),
    case(Stack(dim=2), [(10,), (10,)], (10, 2)),
    case(Concat(dim=3), [(4, 6, 5), MAP], (4, 6, 11)),
]

SEQUENCE, VOLUME = (4, 10), (4, 5, 6, 7)

CASES += [
    # WaveNet's causal layer: 2 of 16,000 samples at a time; 32*1*2 + 32 = 96; 64 * 15,999
    case(Conv1d(out_channels=32, kernel_size=2), [(1, 16_000)], (32, 15_999), params=96, macs=1_023_936),
    # (10 + 3 + 1 - (2*2 + 1)) // 2 + 1 = 5; 2 groups of 2 channels: 6*2*3 = 36; 36 * 5
    case(
        Conv1d(
            out_channels=6,
            kernel_size=3,
            stride=2,
            padding={"left": 3, "right": 1},
            dilation=2,
            groups=2,
            bias=False,
            padding_mode="reflect",
        ),
        [SEQUENCE],
        (6, 5),
        params=36,
        macs=180,
        padding=(3, 1),
    ),
    # rounded up: ceil((10 - 3) / 2) + 1 = 5, the last window ends at 11; 2*4*3 + 2 = 26; 24 * 5
    case(
        Conv1d(out_channels=2, kernel_size=3, stride=2, ceil_mode="caffe"),
        [SEQUENCE],
        (2, 5),
        params=26,
        macs=120,
        padding=(0, 1),
    ),
    # MF-Net's first layer: 16 + 2 - 3 + 1 = 16, (224 + 4 - 5) // 2 + 1 = 112; 16*3*3*5*5 = 3,600; * 16 * 112 * 112
    case(
        Conv3d(out_channels=16, kernel_size=[3, 5, 5], stride=[1, 2, 2], padding=[1, 2, 2], bias=False),
        [(3, 16, 224, 224)],
        (16, 16, 112, 112),
        params=3_600,
        macs=722_534_400,
        padding=(1, 1, 2, 2, 2, 2),
    ),
    # SAME: ceil(5 / 2) = 3, ceil(6 / 2) = 3, ceil(7 / 2) = 4; 4 + 3 - 5 = 2, 4 + 3 - 6 = 1 and 6 + 3 - 7 = 2 of padding
    case(
        Conv3d(out_channels=2, kernel_size=3, stride=2, padding="same"),
        [VOLUME],
        (2, 3, 3, 4),
        params=218,
        macs=7_776,
        padding=(1, 1, 0, 1, 1, 1),
    ),
    # half of 5 + 1 - 3, of 6 - 3 and of 7 - 3, rounded up, and 1: 3 each; 2 groups: 2*2*8 + 2 = 34; 32 * 27
    case(
        Conv3d(out_channels=2, kernel_size=2, stride=2, dilation=2, groups=2, padding={"back": 1}, ceil_mode=True),
        [VOLUME],
        (2, 3, 3, 3),
        params=34,
        macs=864,
        padding=(0, 2, 0, 1, 0, 0),
    ),
    # a volume in a ring: 5 + 2 - 2, 6 + 2 - 2 and 7 + 2 - 2, and 1; 4*8 + 1 = 33; 32 * 6 * 7 * 8
    case(
        Conv3d(out_channels=1, kernel_size=2, padding=1, padding_mode="circular"),
        [VOLUME],
        (1, 6, 7, 8),
        params=33,
        macs=10_752,
        padding=(1, 1, 1, 1, 1, 1),
    ),
    # (10 - 1) * 3 - 2 + (2*2 + 1) + 1 = 31; 4 * 3*3 = 36 in 2 groups, without biases; 36 * 10
    case(
        ConvTranspose1d(
            out_channels=6, kernel_size=3, stride=3, padding=1, output_padding=1, dilation=2, groups=2, bias=False
        ),
        [SEQUENCE],
        (6, 31),
        params=36,
        macs=360,
        padding=(1, 1),
    ),
    # 4 * 2 + 2, 5 * 2 + 2 + 1, 6 * 2 + 2; 4*3*8 + 3 = 99; 96 * 5 * 6 * 7
    case(
        ConvTranspose3d(out_channels=3, kernel_size=2, stride=2, output_padding=[0, 1, 0]),
        [VOLUME],
        (3, 10, 13, 14),
        params=99,
        macs=20_160,
    ),
    # 1*(5 - 1) - 2 + 3 = 5, 6 and 7 again; spread to 5 along the width: 6 - 2 + 5 = 9; 2 groups: 4*1*27 = 108; * 210
    case(
        ConvTranspose3d(out_channels=2, kernel_size=3, padding=1, dilation=[1, 1, 2], groups=2, bias=False),
        [VOLUME],
        (2, 5, 6, 9),
        params=108,
        macs=22_680,
        padding=(1, 1, 1, 1, 1, 1),
    ),
    # (10 + 2 - (2*2 + 1)) / 2 = 3.5, rounded up 4, and 1
    case(
        MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True),
        [SEQUENCE],
        (4, 5),
        padding=(1, 2),
    ),
    case(MaxPool1d(kernel_size=3), [SEQUENCE], (4, 3)),
    case(MaxPool3d(kernel_size=2, stride=[1, 2, 3]), [VOLUME], (4, 4, 3, 2)),
    # 5 + 2 - 3 = 4, 6 + 2 - 3 = 5 of which a window takes 3: 4 and 3 at stride 2; 7 - 5 = 2, and 1 at stride 2: 2
    case(
        MaxPool3d(kernel_size=3, stride=2, padding=[1, 1, 0], dilation=[1, 1, 2], ceil_mode=True),
        [VOLUME],
        (4, 3, 4, 2),
        padding=(1, 1, 1, 2, 0, 0),
    ),
    # (10 + 2 - 4) / 3 = 2.7, rounded up 3, and 1
    case(
        AvgPool1d(kernel_size=4, stride=3, padding=1, ceil_mode=True, count_include_pad=False),
        [SEQUENCE],
        (4, 4),
        padding=(1, 2),
    ),
    case(
        AvgPool3d(kernel_size=[1, 2, 2], stride=2, padding=[0, 1, 1], count_include_pad=False),
        [VOLUME],
        (4, 3, 4, 4),
        padding=(0, 0, 1, 1, 1, 1),
    ),
    # (7 - 2) / 2 = 2.5, rounded up 3, and 1
    case(AvgPool3d(kernel_size=2, ceil_mode=True), [VOLUME], (4, 3, 3, 4), padding=(0, 1, 0, 0, 0, 1)),
    case(AdaptiveAvgPool1d(output_size=3), [SEQUENCE], (4, 3)),
    case(AdaptiveMaxPool1d(output_size=1), [SEQUENCE], (4, 1)),
    case(AdaptiveAvgPool3d(output_size=[1, None, 4]), [VOLUME], (4, 1, 6, 4)),
    case(AdaptiveMaxPool3d(output_size=2), [VOLUME], (4, 2, 2, 2)),
    case(LocalResponseNorm(size=3, alpha_per="mean"), [SEQUENCE], SEQUENCE),
    case(BatchNorm1d(eps=1e-4), [SEQUENCE], SEQUENCE, params=8, buffers=9),
    case(BatchNorm3d(eps=1e-3, momentum=0.5, affine=False), [VOLUME], VOLUME, buffers=9),
    case(BatchNorm3d(track_running_stats=False), [VOLUME], VOLUME, params=8),
    case(
        InstanceNorm1d(eps=1e-3, momentum=0.5, affine=True, track_running_stats=True),
        [SEQUENCE],
        SEQUENCE,
        params=8,
        buffers=9,
    ),
    case(
        InstanceNorm3d(eps=1e-3, momentum=0.5, affine=True, track_running_stats=True),
        [VOLUME],
        VOLUME,
        params=8,
        buffers=9,
    ),
    case(InstanceNorm3d(), [VOLUME], VOLUME),
    case(GroupNorm(num_groups=2), [(8,)], (8,), params=16),
    case(GroupNorm(num_groups=2), [VOLUME], VOLUME, params=8),
    case(Dropout1d(p=0.1), [SEQUENCE], SEQUENCE),
    case(Dropout3d(p=0.1), [VOLUME], VOLUME),
    case(Linear(out_features=3), [SEQUENCE], (4, 3), params=33, macs=120),
    *(
        case(pad(padding={"left": 2, "right": 1}), [SEQUENCE], (4, 13))
        for pad in (ZeroPad1d, ReflectionPad1d, ReplicationPad1d)
    ),
    case(ConstantPad1d(padding=2, value=0.5), [SEQUENCE], (4, 14)),
    *(
        case(pad(padding={"front": 1, "back": 2, "top": 3, "right": 1}), [VOLUME], (4, 8, 9, 8))
        for pad in (ZeroPad3d, ReflectionPad3d, ReplicationPad3d)
    ),
    case(ConstantPad3d(padding=[0, 1, 2], value=-1.5), [VOLUME], (4, 5, 8, 11)),
]
