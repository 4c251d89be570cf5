"""Networks that torchvision does not have, written in torch after their sources, against which their specs are held.

The functions without arguments make a network and, where a source leaves the channels of inputs to torch, run it once.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn


def _made(layers: list[nn.Module], size: int) -> nn.Module:
    """Return a network of Dive into Deep Learning, whose lazy layers have seen an image of one channel."""
    network = nn.Sequential(*layers).eval()
    network(torch.zeros(1, 1, size, size))
    return network


def vgg11_d2l() -> nn.Module:
    layers: list[nn.Module] = []
    for convolutions, channels in ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512)):
        for _ in range(convolutions):
            layers += [nn.LazyConv2d(channels, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2, 2))
    layers.append(nn.Flatten())
    for _ in range(2):
        layers += [nn.LazyLinear(4096), nn.ReLU(), nn.Dropout(0.5)]
    return _made([*layers, nn.LazyLinear(10)], 224)


def _nin_block(channels: int, kernel: int, stride: int, padding: int) -> list[nn.Module]:
    mixed = [layer for _ in range(2) for layer in (nn.LazyConv2d(channels, 1), nn.ReLU())]
    return [nn.LazyConv2d(channels, kernel, stride, padding), nn.ReLU(), *mixed]


def nin_d2l() -> nn.Module:
    layers: list[nn.Module] = []
    for channels, kernel, stride, padding in ((96, 11, 4, 0), (256, 5, 1, 2), (384, 3, 1, 1)):
        layers += [*_nin_block(channels, kernel, stride, padding), nn.MaxPool2d(3, stride=2)]
    layers += [nn.Dropout(0.5), *_nin_block(10, 3, 1, 1), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()]
    return _made(layers, 224)


class _Inception(nn.Module):
    def __init__(self, c1: int, c2: tuple[int, int], c3: tuple[int, int], c4: int) -> None:
        super().__init__()
        self.one = nn.LazyConv2d(c1, 1)
        self.two = nn.Sequential(nn.LazyConv2d(c2[0], 1), nn.ReLU(), nn.LazyConv2d(c2[1], 3, padding=1))
        self.three = nn.Sequential(nn.LazyConv2d(c3[0], 1), nn.ReLU(), nn.LazyConv2d(c3[1], 5, padding=2))
        self.four = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.LazyConv2d(c4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([torch.relu(path(x)) for path in (self.one, self.two, self.three, self.four)], dim=1)


def googlenet_d2l() -> nn.Module:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, stride=2, padding=1)

    layers = [
        *(nn.LazyConv2d(64, 7, stride=2, padding=3), nn.ReLU(), pool()),
        *(nn.LazyConv2d(64, 1), nn.ReLU(), nn.LazyConv2d(192, 3, padding=1), nn.ReLU(), pool()),
        *(_Inception(64, (96, 128), (16, 32), 32), _Inception(128, (128, 192), (32, 96), 64), pool()),
        *(_Inception(192, (96, 208), (16, 48), 64), _Inception(160, (112, 224), (24, 64), 64)),
        *(_Inception(128, (128, 256), (24, 64), 64), _Inception(112, (144, 288), (32, 64), 64)),
        *(_Inception(256, (160, 320), (32, 128), 128), pool()),
        *(_Inception(256, (160, 320), (32, 128), 128), _Inception(384, (192, 384), (48, 128), 128)),
        *(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(10)),
    ]
    return _made(layers, 96)


class _Residual(nn.Module):
    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.LazyConv2d(channels, 3, padding=1, stride=stride)
        self.conv2 = nn.LazyConv2d(channels, 3, padding=1)
        self.conv3 = nn.LazyConv2d(channels, 1, stride=stride) if stride > 1 else None
        self.bn1, self.bn2 = nn.LazyBatchNorm2d(), nn.LazyBatchNorm2d()

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        y += self.conv3(x) if self.conv3 else x
        return torch.relu(y)


def _stem() -> list[nn.Module]:
    convolution = nn.LazyConv2d(64, 7, stride=2, padding=3)
    return [convolution, nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)]


def resnet18_d2l() -> nn.Module:
    later = [block for channels in (128, 256, 512) for block in (_Residual(channels, 2), _Residual(channels))]
    end = [nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(10)]
    return _made([*_stem(), _Residual(64), _Residual(64), *later, *end], 96)


class _Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        units = (nn.Sequential(nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConv2d(32, 3, padding=1)) for _ in range(4))
        self.units = nn.ModuleList(units)

    def forward(self, x: Tensor) -> Tensor:
        for unit in self.units:
            x = torch.cat((x, unit(x)), dim=1)
        return x


def densenet_d2l() -> nn.Module:
    layers, channels = [*_stem(), _Dense()], 64 + 4 * 32
    for _ in range(3):
        channels //= 2
        layers += [nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConv2d(channels, 1), nn.AvgPool2d(2, stride=2), _Dense()]
        channels += 4 * 32
    layers += [nn.LazyBatchNorm2d(), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(10)]
    return _made(layers, 96)


def siamfc() -> nn.Module:
    def normalized(inputs: int, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, channels, kernel, stride, groups=groups)
        return [convolution, nn.BatchNorm2d(channels, eps=1e-6, momentum=0.05), nn.ReLU(inplace=True)]

    return nn.Sequential(
        *(*normalized(3, 96, 11, stride=2), nn.MaxPool2d(3, 2)),
        *(*normalized(96, 256, 5, groups=2), nn.MaxPool2d(3, 2)),
        *(*normalized(256, 384, 3), *normalized(384, 384, 3, groups=2), nn.Conv2d(384, 256, 3, groups=2)),
    )


class UNet(nn.Module):
    """The network of Figure 1 in https://arxiv.org/abs/1505.04597, with a dropout at the end of the way down."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, 64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(_double(*pair) for pair in pairwise(widths))
        self.upward = nn.ModuleList(nn.ConvTranspose2d(width, width // 2, 2, stride=2) for width in widths[:1:-1])
        self.up = nn.ModuleList(_double(width, width // 2) for width in widths[:1:-1])
        self.pool, self.dropout, self.score = nn.MaxPool2d(2), nn.Dropout(), nn.Conv2d(64, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for block in list(self.down)[:-1]:
            kept.append(block(x))
            x = self.pool(kept[-1])
        x = self.dropout(self.down[-1](x))
        for enlarge, block in zip(self.upward, self.up, strict=True):
            x = enlarge(x)
            whole, size = kept.pop(), x.shape[-1]
            start = (whole.shape[-1] - size) // 2
            x = block(torch.cat([whole.narrow(2, start, size).narrow(3, start, size), x], dim=1))
        scores: Tensor = self.score(x)
        return scores


def _double(inputs: int, channels: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, channels, 3), nn.ReLU(), nn.Conv2d(channels, channels, 3), nn.ReLU())


def unet() -> nn.Module:
    return UNet()


MADE: dict[str, Callable[[], nn.Module]] = {
    made.__name__: made for made in (vgg11_d2l, nin_d2l, googlenet_d2l, resnet18_d2l, densenet_d2l, siamfc, unet)
}
