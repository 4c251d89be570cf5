"""Modules of layer kinds that torch.nn has no class for. What is exported carries the text of those that it needs.

So each class needs nothing but torch, and stands alone.
"""

import torch
from torch import Tensor, nn


class LayerNorm2d(nn.LayerNorm):
    """A layer norm over the channels of (batch, channels, height, width), at each place of its own."""

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = super().forward(x.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)


class LocalResponseNorm2d(nn.Module):
    """(batch, channels, h, w) divided by what the squares of size x size places of the same channel are on average."""

    __constants__ = ("size", "alpha", "beta", "k")

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        mean = nn.functional.avg_pool2d(x * x, self.size, stride=1, padding=self.size // 2)
        return x / (self.k + self.alpha * mean) ** self.beta


class FrozenBatchNorm2d(nn.Module):
    """A batch norm of (batch, num_features, height, width) whose statistics, scale and shift are all fixed."""

    __constants__ = ("num_features", "eps")

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.num_features, self.eps = num_features, eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        scale = (self.weight * (self.running_var + self.eps).rsqrt()).view(-1, 1, 1)
        return x * scale + (self.bias.view(-1, 1, 1) - self.running_mean.view(-1, 1, 1) * scale)


class GlobalResponseNorm(nn.Module):
    """Channels scaled by how large they are beside the others, of maps of (batch, channels, height, width).

    With `channels_last` these are (batch, height, width, channels).
    """

    __constants__ = ("num_channels", "eps", "channels_last")

    def __init__(self, num_channels: int, eps: float = 1e-6, channels_last: bool = False) -> None:
        super().__init__()
        self.num_channels, self.eps, self.channels_last = num_channels, eps, channels_last
        self.weight = nn.Parameter(torch.zeros(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))

    def forward(self, x: Tensor) -> Tensor:
        places, channels, shape = ((1, 2), 3, (-1,)) if self.channels_last else ((2, 3), 1, (-1, 1, 1))
        size = torch.linalg.vector_norm(x, dim=places, keepdim=True)
        beside: Tensor = size / (size.mean(dim=channels, keepdim=True) + self.eps)
        return x + self.weight.view(shape) * x * beside + self.bias.view(shape)


class Scale(nn.Module):
    """A learned factor, shift or both for each channel of (batch, channels, ...), which `axes_after` follow."""

    __constants__ = ("num_channels", "axes_after")

    def __init__(self, num_channels: int, axes_after: int = 0, bias: bool = False, weight: bool = True) -> None:
        super().__init__()
        self.num_channels, self.axes_after = num_channels, axes_after
        shape = (num_channels, *[1] * axes_after)
        self.weight = nn.Parameter(torch.ones(shape)) if weight else None
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        scaled = x if self.weight is None else x * self.weight
        return scaled if self.bias is None else scaled + self.bias


class LocallyConnected2d(nn.Module):
    """A convolution with other filters at each place, (batch, in_channels, h, w) to (batch, out_channels, h', w')."""

    __constants__ = ("in_channels", "out_channels", "output_size", "kernel_size", "stride", "padding", "dilation")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        output_size: tuple[int, int],
        kernel_size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.output_size = in_channels, out_channels, output_size
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        places, window = output_size[0] * output_size[1], in_channels * kernel_size[0] * kernel_size[1]
        bound = window**-0.5
        self.weight = nn.Parameter(torch.empty(out_channels, places, window).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_channels, *output_size).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        windows = nn.functional.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)
        out = torch.bmm(self.weight.transpose(0, 1), windows.permute(2, 1, 0)).permute(2, 1, 0)
        maps = out.reshape(len(x), self.out_channels, *self.output_size)
        return maps if self.bias is None else maps + self.bias


class TableConv2d(nn.Module):
    """A convolution whose output maps each read some of the input maps: those that `connections` lists for them."""

    __constants__ = ("in_channels", "connections", "kernel_size", "stride", "padding", "dilation")

    def __init__(
        self,
        in_channels: int,
        connections: tuple[tuple[int, ...], ...],
        kernel_size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels, self.connections = in_channels, connections
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.reads = [number for maps in connections for number in maps]
        bound = (max(map(len, connections)) * kernel_size[0] * kernel_size[1]) ** -0.5
        self.weight = nn.Parameter(torch.empty(len(self.reads), *kernel_size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(len(connections)).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        kernels, each = self.weight.unsqueeze(1), len(self.reads)
        made = nn.functional.conv2d(
            x[:, self.reads], kernels, None, self.stride, self.padding, self.dilation, groups=each
        )
        parts = torch.split(made, [len(maps) for maps in self.connections], dim=1)
        maps = torch.cat([part.sum(1, keepdim=True) for part in parts], dim=1)
        return maps if self.bias is None else maps + self.bias.view(-1, 1, 1)


class MaxUnpool2d(nn.Module):
    """What is read first, put where a max pool finds the largest of what is read then, and zeros beside it."""

    __constants__ = ("kernel_size", "stride", "padding", "ceil_mode")

    def __init__(
        self,
        kernel_size: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int] = (0, 0),
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode

    def forward(self, x: Tensor, whole: Tensor) -> Tensor:
        window, ceil_mode = (self.kernel_size, self.stride, self.padding), self.ceil_mode
        _, places = nn.functional.max_pool2d(whole, *window, ceil_mode=ceil_mode, return_indices=True)
        size = [int(length) for length in whole.shape[2:]]  # in a trace they are tensors
        return nn.functional.max_unpool2d(x, places, *window, output_size=size)


class CenterCrop(nn.Module):
    """The middle of (batch, channels, height, width), from where torchvision.transforms takes it."""

    __constants__ = ("output_size",)

    def __init__(self, output_size: tuple[int, int]) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        height, width = self.output_size
        top, left = round((int(x.shape[2]) - height) / 2), round((int(x.shape[3]) - width) / 2)
        return x[:, :, top : top + height, left : left + width]


class CenterCropLike(nn.Module):
    """The middle of what is read first, with as many places as what is read then, as torchvision's center_crop."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        height, width = int(like.shape[2]), int(like.shape[3])  # in a trace they are tensors
        top, left = round((int(x.shape[2]) - height) / 2), round((int(x.shape[3]) - width) / 2)
        return x[:, :, top : top + height, left : left + width]


class StandardizedConv2d(nn.Conv2d):
    """A convolution whose filters are brought to mean 0 and variance 1, with `gain` times a learned number each.

    With it they are divided by the root of how many weights a filter has too, so that outputs vary as much as inputs.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        gain: bool = False,
    ) -> None:
        sizes = (in_channels, out_channels, kernel_size, stride, padding, dilation)
        super().__init__(*sizes, groups, bias, padding_mode)  # type: ignore[arg-type]  # one of torch's words
        self.gain = nn.Parameter(torch.ones(out_channels, 1, 1, 1)) if gain else None

    def forward(self, x: Tensor) -> Tensor:
        filters = self.weight.flatten(1)
        scale = None if self.gain is None else self.gain.flatten() * filters.shape[1] ** -0.5
        normed = nn.functional.batch_norm(filters[None], None, None, scale, training=True, eps=1e-6)
        maps: Tensor = self._conv_forward(x, normed.reshape_as(self.weight), self.bias)
        return maps


class WeightNormConv1d(nn.Conv1d):
    """A convolution whose filters are as long as `weight_g` says and point as `weight_v`, as of torch's weight_norm."""

    def reset_parameters(self) -> None:
        super().reset_parameters()
        weight = self.weight.detach()
        del self.weight
        self.weight_g, self.weight_v = nn.Parameter(torch.norm_except_dim(weight)), nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self._conv_forward(x, torch._weight_norm(self.weight_v, self.weight_g), self.bias)
        return made


class WeightNormConv2d(nn.Conv2d):
    """A convolution whose filters are as long as `weight_g` says and point as `weight_v`, as of torch's weight_norm."""

    def reset_parameters(self) -> None:
        super().reset_parameters()
        weight = self.weight.detach()
        del self.weight
        self.weight_g, self.weight_v = nn.Parameter(torch.norm_except_dim(weight)), nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self._conv_forward(x, torch._weight_norm(self.weight_v, self.weight_g), self.bias)
        return made


class WeightNormConv3d(nn.Conv3d):
    """A convolution whose filters are as long as `weight_g` says and point as `weight_v`, as of torch's weight_norm."""

    def reset_parameters(self) -> None:
        super().reset_parameters()
        weight = self.weight.detach()
        del self.weight
        self.weight_g, self.weight_v = nn.Parameter(torch.norm_except_dim(weight)), nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self._conv_forward(x, torch._weight_norm(self.weight_v, self.weight_g), self.bias)
        return made


class BlurPool2d(nn.Module):
    """A mean of each channel of (batch, channels, h, w) under a window, weighted by binomial coefficients."""

    __constants__ = ("channels", "kernel_size", "stride", "padding")
    filt: Tensor

    def __init__(
        self,
        channels: int,
        kernel_size: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int, int, int],
    ) -> None:
        super().__init__()
        self.channels, self.kernel_size, self.stride, self.padding = channels, kernel_size, stride, padding
        high, wide = map(self.binomial, kernel_size)
        self.register_buffer("filt", (high[:, None] * wide).expand(channels, 1, -1, -1).clone())

    @staticmethod
    def binomial(size: int) -> Tensor:
        row = [1.0]
        for _ in range(size - 1):
            row = [(before + after) / 2 for before, after in zip([0.0, *row], [*row, 0.0], strict=True)]
        return torch.tensor(row)

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, self.padding, mode="reflect")
        return nn.functional.conv2d(padded, self.filt, stride=self.stride, groups=self.channels)


class StochasticDepth(nn.Module):
    """Whole examples, or the whole batch, set to zero with probability p in training; no change in inference."""

    __constants__ = ("p", "mode")

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        count = x.shape[0] if self.mode == "row" else 1
        kept = torch.rand(count, *[1] * (x.dim() - 1), device=x.device) >= self.p
        return x * kept / (1 - self.p) if self.p < 1 else x * kept
