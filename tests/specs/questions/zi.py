"""A branch that reads relu(c0), where zi.yaml reads c0. Its batch norm starts at 0, as in many residual networks."""

from torch import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c0 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.r0 = nn.ReLU()
        self.c1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        nn.init.zeros_(self.bn.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.r0(self.c0(x))
        return self.bn(self.c1(x)) + x


class NetOnes(Net):
    def __init__(self) -> None:
        super().__init__()
        nn.init.ones_(self.bn.weight)


class AsWritten(Net):
    """What zi.yaml says."""

    def forward(self, x: Tensor) -> Tensor:
        c0 = self.c0(x)
        r0 = self.r0(c0)
        return self.bn(self.c1(c0)) + r0
