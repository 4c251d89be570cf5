"""What is alive as torch runs a network, to the byte, seen call by call on fake tensors: nothing is allocated.

A storage counts from the call that makes it until nothing holds it. Of two devices, cpu and meta, one is watched: what
torch copies from one to the other has a storage on both, as on any devices. Being watched changes one thing in torch:
it adds gradients of one map in a new map, and not in place.
"""

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from archcalc.analysis.memory.request import Dtype, Optimizer, Request, in_place_as
from archcalc.graph import Graph
from archcalc.pytorch.build import build

NUMBERS: Final[Mapping[Dtype, torch.dtype]] = {
    Dtype.FP32: torch.float32,
    Dtype.FP16: torch.float16,
    Dtype.BF16: torch.bfloat16,
}
"""torch's word for each kind of numbers that it computes in."""

OPTIMIZERS: Final[Mapping[Optimizer, Callable[[Any], torch.optim.Optimizer]]] = {
    Optimizer.SGD: lambda params: torch.optim.SGD(params, lr=0.1),
    Optimizer.MOMENTUM: lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=5e-4),
    Optimizer.ADAM: torch.optim.Adam,
    Optimizer.ADAMW: torch.optim.AdamW,
}


class Watch(TorchDispatchMode):
    """Counts the bytes of all storages on a device that are alive."""

    def __init__(self, *tensors: Tensor, device: str = "cpu") -> None:
        super().__init__()
        self._device = device
        self.total = self.peak = 0
        self._alive: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        for tensor in tensors:
            self._see(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._see(tensor)
        self.peak = max(self.peak, self.total)
        return made

    def _see(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        number, size = storage._cdata, storage.nbytes()
        if number in self._alive or tensor.device.type != self._device:
            return

        def free(_: object) -> None:
            del self._alive[number]
            self.total -= size

        self._alive[number] = weakref.ref(storage, free)
        self.total += size


@contextlib.contextmanager
def _of_numbers(numbers: torch.dtype) -> Iterator[None]:
    """Let torch make tensors of these numbers, since it cannot change those of fake parameters."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(numbers)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


class Watched:
    """A network on fake tensors, with all that a request says, which runs once, or trains for a step.

    Of several devices the first has the inputs and the targets.
    """

    def __init__(self, graph: Graph, request: Request, devices: Sequence[str] = ("cpu",)) -> None:
        self.mode = FakeTensorMode()
        numbers = NUMBERS[request.dtype]
        with self.mode:
            with _of_numbers(numbers):
                self.module: nn.Module = build(in_place_as(graph, request.in_place), devices)
            inputs = graph.spec.inputs.values()
            first = devices[0]
            self.inputs = [torch.empty(request.batch, *shape, dtype=numbers, device=first) for shape in inputs]
            last = next(node for node in graph.nodes if node.name == graph.outputs[-1])
            self.targets = torch.empty(request.batch, *last.output_shape[1:], dtype=torch.long, device=first)
        self.module.train(request.is_training)
        params = list(self.module.parameters())
        self.optimizer = OPTIMIZERS[request.optimizer](params) if request.optimizer else None

    @property
    def tensors(self) -> list[Tensor]:
        """What is there before it runs."""
        held = [*self.module.parameters(), *self.module.buffers(), *self.inputs]
        return held if self.optimizer is None else [*held, self.targets]

    def run(self) -> None:
        """Run once without gradients, or train for a step, after which gradients are let go."""
        if self.optimizer is None:
            with torch.no_grad():
                self.module(*self.inputs)
            return
        outputs = self.module(*self.inputs)
        last = outputs[-1] if isinstance(outputs, tuple) else outputs
        del outputs
        loss = nn.functional.cross_entropy(last, self.targets)
        del last
        torch.autograd.backward(loss)
        self.optimizer.step()
        self.optimizer.zero_grad()


def watched_peak(graph: Graph, request: Request, devices: Sequence[str] = ("cpu",), device: str = "cpu") -> int:
    """Return the most bytes that are alive on a device as torch runs a network; in training in the second step.

    Raises what torch raises for what it does not run.
    """
    watched = Watched(graph, request, devices)
    with watched.mode, Watch(*watched.tensors, device=device) as watch:
        if request.is_training:
            watched.run()
        watch.peak = watch.total
        watched.run()
        return int(watch.peak)
