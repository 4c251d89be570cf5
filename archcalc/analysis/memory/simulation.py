"""Eager PyTorch, played on sizes alone: the forward pass of the built module, a loss, and the backward pass.

As `archcalc.pytorch.build` has it, an output is let go once its last reader has read it; the caller holds the inputs.
Of several devices each has a pool: the layers of towers run on theirs, all else on the first, and what a layer reads
that lies elsewhere is copied to its device, part by part.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, Final

from archcalc.analysis.memory.autograd import Call, Parameter, Tape
from archcalc.analysis.memory.pool import Pass, Pool, Sort
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers.eager import INDEX, Eager
from archcalc.layers.gradients import Backward, Gradients
from archcalc.layers.sizes import Shape
from archcalc.layers.tensors import Tensor, contiguous, ordered
from archcalc.twins import Placed, place


class Simulation(Eager):
    """A network in memory."""

    def __init__(
        self,
        graph: Graph,
        batch: int,
        item: int,
        is_training: bool,
        sums_in_place: bool = True,
        devices: Sequence[str] = ("",),
        pool: Callable[[], Pool] = Pool,
    ) -> None:
        self.graph, self.batch, self.item = graph, batch, item
        self.is_training = self.keeps = is_training
        self.indexes = item > 1  # runtimes of int8 have pools that make no indices
        self.pools = {device: pool() for device in devices}
        self.first = self.pool = next(iter(self.pools.values()))
        self.tape = Tape(sums_in_place)
        self._placed = {layer.node.name: layer for layer in place(graph)}
        self._readers = Counter((*(name for node in graph.nodes for name in set(node.inputs)), *graph.outputs))
        self._own: dict[int, Tensor] = {}
        self.tensors: dict[str, dict[str, Tensor]] = {}
        self._put_tensors()

    def _put_tensors(self) -> None:
        """Allocate parameters and buffers, each layer's on each device."""
        for layer in self._placed.values():
            for copy, path in enumerate(layer.paths):
                if path not in self.tensors:
                    self.pool = self._home(layer.node, copy)
                    self.tensors[path] = self._tensors_of(layer.node)

    def _home(self, node: Node, copy: int) -> Pool:
        """Return the memory of the device on which a layer runs: in a tower the device of the copy."""
        return self.pools.get(node.devices[copy], self.first) if node.devices else self.first

    def _tensors_of(self, node: Node) -> dict[str, Tensor]:
        made = {}
        self.pool.sort = Sort.WEIGHTS
        for name, shape in node.own_params.items():
            tensor = self.new(shape)
            tensor.node = Parameter(tensor) if self.is_training else None
            made[name] = self.kept(tensor)
        self.pool.sort = Sort.BUFFERS
        for name, shape in node.own_buffers.items():
            made[name] = self.kept(self.new(shape, item=None if shape else INDEX))  # a count of batches
        return made

    def in_order(self) -> Iterator[Parameter]:
        """Return the parameters as `module.parameters()` has them: containers in the order of their making."""
        root: dict[str, Any] = {}
        for path, tensors in self.tensors.items():
            inner = root
            for part in path.split("."):
                inner = inner.setdefault(part, {})
            inner[""] = [tensor.node for tensor in tensors.values() if tensor.node is not None]
        return _within(root)

    # what kinds play on

    def new(self, shape: Shape, strides: Shape | None = None, item: int | None = None) -> Tensor:
        each = self.item if item is None else item
        storage = self.pool.make(prod(shape) * each)
        made = Tensor(shape, contiguous(shape) if strides is None else strides, storage, each)
        self._own[id(made)] = made
        return made

    def alias(self, x: Tensor, shape: Shape, strides: Shape) -> Tensor:
        x.storage.holders += 1
        made = Tensor(shape, strides, x.storage, x.item, is_alias=True)
        self._own[id(made)] = made
        return made

    def let_go(self, *tensors: Tensor | None) -> None:
        for tensor in tensors:
            if tensor is not None and self._own.pop(id(tensor), None) is not None:
                self.release(tensor)

    def release(self, tensor: Tensor) -> None:
        """Give up a tensor, and the call that it came from."""
        tensor.storage.release()
        self.tape.give_up(tensor.node)

    def record(self, made: Tensor, reads: Sequence[Tensor], keeps: Sequence[Tensor], backward: Backward) -> None:
        if self.keeps and any(x.node is not None for x in reads):
            self.tape.record(self.pool.layer, made, reads, keeps, backward)

    def kept(self, made: Tensor) -> Tensor:
        """Return a tensor that was made, which its layer does not free."""
        del self._own[id(made)]
        return made

    # the passes

    def begin(self, layer: str, during: Pass) -> None:
        """Go on with another layer, or another pass, on all devices."""
        for pool in self.pools.values():
            pool.begin(layer, during)

    def end(self) -> None:
        """End the layer that runs, on all devices."""
        for pool in self.pools.values():
            pool.end()

    def sort(self, sort: Sort) -> None:
        """Say what storages that are made now are for, on all devices."""
        for pool in self.pools.values():
            pool.sort = sort

    def forget_peaks(self) -> None:
        """Begin to look for peaks at this moment, on all devices."""
        for pool in self.pools.values():
            pool.forget_peaks()

    def forward(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Run all layers, and return the outputs, which the caller then holds."""
        waiting = Counter(self._readers)
        made = {name: [self._held(x)] for name, x in inputs.items()}
        for name, layer in self._placed.items():
            self.begin(name, Pass.FORWARD)
            made[name] = self._run(layer, made)
            for source in set(layer.node.inputs):
                waiting[source] -= 1
                if not waiting[source]:
                    self._drop(made.pop(source))
        self.pool = self.first
        outputs = [self._whole(made[name]) for name in self.graph.outputs]
        for tensors in made.values():
            self._drop(tensors)
        self.end()
        return outputs

    def _held(self, x: Tensor) -> Tensor:
        x.storage.holders += 1
        if isinstance(x.node, Call):
            x.node.holders += 1
        return x

    def _drop(self, tensors: Sequence[Tensor]) -> None:
        for tensor in tensors:
            self.release(tensor)

    def _run(self, layer: Placed, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        return [self._on_device(layer, copy, made) for copy in range(len(layer.paths))]

    def _on_device(self, layer: Placed, copy: int, made: Mapping[str, list[Tensor]]) -> Tensor:
        """Run a layer on one device; its own tensors are freed where it ends."""
        node = layer.node
        self.pool = self._home(node, copy)
        reads = [self._read(node, source, copy, made) for source in node.inputs]
        self.params = self.tensors[layer.paths[copy]]
        self.overwrites = bool(layer.twin.keywords.get("inplace"))
        try:
            output = node.layer.runs(self, *reads)
        except ArchError as error:
            raise error.at(None, f"layer {node.name}") from None
        output = self.kept(output) if id(output) in self._own else self._held(output)
        for tensor in reads:
            self.release(tensor)
        self.let_go(*list(self._own.values()))
        return output

    def _read(self, node: Node, name: str, copy: int, made: Mapping[str, list[Tensor]]) -> Tensor:
        """Return what one device reads, held: its own part inside its tower, the whole of everything else."""
        if name in self._placed and reads_own_part(node, self._placed[name].node):
            return self._held(made[name][copy])
        return self._whole(made[name])

    def _whole(self, parts: Sequence[Tensor]) -> Tensor:
        """Return what lies on several devices as one tensor on the device that reads it, held."""
        if len(parts) == 1:
            (part,) = parts
            return self._held(part) if part.storage.memory is self.pool else self.kept(self._brought(part))
        brought = [part if part.storage.memory is self.pool else self._brought(part) for part in parts]
        whole = self.kept(self.join(brought, 1))
        self.let_go(*brought)
        return whole

    def _brought(self, x: Tensor) -> Tensor:
        """Copy a tensor to the device that reads it."""
        return self.call(x.shape, [x], strides=ordered(x), backward=partial(self._brought_back, x.storage.memory))

    def _brought_back(self, home: Pool, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
        """Copy a gradient to the device that the tensor came from."""
        self.pool = home
        return [self.new(grad.shape, ordered(grad)) if need else None for need in needs]

    def loss(self, output: Tensor, targets: Tensor) -> Tensor:
        """Run the cross-entropy over the axis after the batch, as torch does: two calls."""
        self.begin(LOSS, Pass.FORWARD)
        logs = self.call(output.shape, [output], keeps_output=True)
        loss = self.call((), [logs], [logs, targets], [((), None)])
        if loss.node is None:
            raise ArchError(f"no weights of {self.graph.spec.name} lead to its last output: there is nothing to train")
        self.let_go(logs)
        return self.kept(loss)

    def backward(self, loss: Tensor) -> None:
        """Run the backward pass, whose caller holds the loss's gradient, a 1; the gradients of parameters stay."""
        self.begin(LOSS, Pass.BACKWARD)
        seed = self.kept(self.new(()))
        self.sort(Sort.TEMPORARIES)
        self.tape.run(loss, self._held(seed), self._play)
        self.release(seed)
        self.end()
        self.tape.calls.clear()

    def _play(self, call: Call, grad: Tensor) -> list[Tensor | None]:
        """Run a call of the backward pass, and return its gradients, each held."""
        if call.layer != self.pool.layer:
            self.begin(call.layer, Pass.BACKWARD)
        self.pool = grad.storage.memory
        gradients = call.backward(self, grad, [source is not None for source in call.sources])
        for made in gradients:
            if made is not None and self._own.pop(id(made), None) is None:
                made.storage.holders += 1
        self.let_go(*list(self._own.values()))
        return [*gradients]


def _within(tree: Mapping[str, Any]) -> Iterator[Parameter]:
    yield from tree.get("", ())
    for part, inner in tree.items():
        if part:
            yield from _within(inner)


LOSS: Final = "loss"
"""The name of the cross-entropy among the layers."""
