"""One twin as a torch module, as plainly as can be: what a layer kind is held against."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.layers import Twin
from archcalc.pytorch import modules


class Called(nn.Module):
    """The call of a twin, after its padding."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.pad = Called(twin.pad) if twin.pad else None
        self.twin = twin
        library, _, name = twin.call.rpartition(".")
        known = {"nn": nn, "": modules}
        self.inner = getattr(known[library], name)(**twin.keywords) if library in known else None

    def forward(self, *tensors: Tensor) -> Tensor:
        name = self.twin.call.rpartition(".")[2]
        match self.twin.call:
            case "torch.cat":
                return torch.cat(tensors, **self.twin.keywords)
            case "torch.add":
                return torch.stack(tensors).sum(0)
            case "torch.maximum":
                return torch.stack(tensors).amax(0)
            case "torch.mul":
                return torch.stack(torch.broadcast_tensors(*tensors)).prod(0)
            case "torch.sub":
                return tensors[0] + -tensors[1]
            case "torch.matmul":
                before = torch.broadcast_shapes(*(tensor.shape[:-2] for tensor in tensors))
                one, other = (tensor.expand(*before, *tensor.shape[-2:]) for tensor in tensors)
                return torch.bmm(one.flatten(0, -3), other.flatten(0, -3)).unflatten(0, before)
            case "torch.narrow":
                dim, start, length = (self.twin.keywords[word] for word in ("dim", "start", "length"))
                return tensors[0].index_select(dim, torch.arange(start, start + length))
            case "torch.chunk":
                dim, chunks = self.twin.keywords["dim"], self.twin.keywords["chunks"]
                (x,) = tensors
                return x.unflatten(dim, (chunks, -1)).select(dim, self._index())
            case "torch.split":
                dim, sizes = self.twin.keywords["dim"], self.twin.keywords["split_size_or_sections"]
                start = sum(sizes[: self._index()])
                return tensors[0].index_select(dim, torch.arange(start, start + sizes[self._index()]))
            case "torch.unflatten":
                (x,), dim, sizes = tensors, self.twin.keywords["dim"], self.twin.keywords["sizes"]
                return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])
            case "torch.reshape":
                return tensors[0].flatten(1).unflatten(1, self.twin.keywords["shape"][1:])
            case "torch.squeeze":
                dim = self.twin.keywords["dim"]
                (x,), axes = tensors, (dim,) if isinstance(dim, int) else dim
                return x.flatten(1).unflatten(1, [x.shape[axis] for axis in range(1, x.dim()) if axis not in axes])
            case "torch.mean" | "torch.sum":
                dim, keepdim = self.twin.keywords["dim"], self.twin.keywords["keepdim"]
                (x,), axes = tensors, (dim,) if isinstance(dim, int) else dim
                for axis in sorted(axes, reverse=True):
                    x = torch.stack(x.unbind(axis), 0).sum(0) / (x.shape[axis] if name == "mean" else 1)
                    x = x.unsqueeze(axis) if keepdim else x
                return x
            case "torch.stack":
                dim = self.twin.keywords["dim"]
                return torch.cat([x.unsqueeze(dim) for x in tensors], dim)
            case "torch.unsqueeze":
                return torch.stack([tensors[0]], self.twin.keywords["dim"])
            case "torch.transpose":
                first, second = sorted((self.twin.keywords["dim0"], self.twin.keywords["dim1"]))
                return tensors[0].movedim(first, second).movedim(second - 1, first)
            case "torch.abs":
                return torch.maximum(tensors[0], -tensors[0])
            case "torch.permute":
                return torch.movedim(tensors[0], self.twin.keywords["dims"], tuple(range(tensors[0].dim())))
        if self.inner is not None and len(tensors) > 1:
            return self.inner(*tensors)
        (x,) = tensors
        assert self.inner is not None
        return self.inner(self.pad(x) if self.pad else x)

    def _index(self) -> int:
        assert self.twin.part is not None
        return self.twin.part.number


def elements(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def buffer_elements(module: nn.Module) -> int:
    return sum(b.numel() for b in module.buffers())


def on_meta(shape: Sequence[int], batch: int = 2) -> Tensor:
    return torch.empty(batch, *shape, device="meta")
