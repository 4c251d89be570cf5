"""An exported program as calls: what each node does, and what it reads, as a run of the model would show it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, Final

from archcalc.calls import Call, from_outside, with_axes_from_the_start
from archcalc.errors import ArchError
from archcalc.exchange.exported.functions import (
    CLASSES,
    DIVIDING,
    EXPANDING,
    ORDERING,
    QUIET,
    RESHAPING,
    SLICING,
    VIEWS,
    Given,
    Use,
    use_of,
)
from archcalc.exchange.exported.groups import Group, Groups
from archcalc.exchange.exported.parts import order_of, steps_of
from archcalc.exchange.exported.program import ATEN, Node, Program
from archcalc.exchange.exported.schema import Number
from archcalc.exchange.exported.sizes import value_of
from archcalc.exchange.exported.values import Memory, OwnValue, Value
from archcalc.exchange.exported.weights import Weights
from archcalc.exchange.torch_models.functions import (
    BROADCASTING,
    FUNCTIONS,
    NARROW,
    PERMUTE,
    REDUCTIONS,
    SHUFFLE,
    STACK,
    groups_shuffled,
    pooled,
)
from archcalc.exchange.torch_models.reading import place_of
from archcalc.layers import Shape
from archcalc.layers.reshape import laid_out

_OF_TORCH: Final = "torch.nn.modules."


class Run:
    """The calls of a program, in order, and what flows between them."""

    def __init__(self, program: Program, symbols: Mapping[str, int], batch: int) -> None:
        self.calls: list[Call] = []
        self.fault: ArchError | None = None
        self._program = program
        self._symbols = symbols
        self._batch = batch
        self._values: dict[str, Value | OwnValue] = {}
        for name, own in program.own.items():
            paths = (program.same.get(own.path, own.path),) if own else ()
            self._values[name] = OwnValue(paths, self._sizes(name))
        for place, name in enumerate(program.inputs):
            self._put(name, from_outside(place), self._sizes(name)[1:], Memory())
        self.weights = Weights(program, self._sizes)
        self._groups = Groups(program)

    def run(self) -> tuple[int, ...]:
        """Take all nodes in, and return the numbers of the calls that make the outputs."""
        place = 0
        nodes = self._program.nodes
        while place < len(nodes):
            group = self._groups.at(place)
            self._take_safely(nodes[place], group)
            place += len(group.nodes) if group else 1
        return self._outputs()

    def _outputs(self) -> tuple[int, ...]:
        """Return the calls that make the outputs; where one is not known, cut the calls off where that began."""
        numbers = []
        for name in self._program.outputs:
            try:
                numbers.append(self._read(self._value(name)))
            except ArchError as error:
                value = self._values.get(name)
                self.fault = error
                if isinstance(value, Value) and value.fault:
                    self.calls = self.calls[: value.calls_before]
                return ()
        return tuple(numbers)

    def _take_safely(self, node: Node, group: Group | None) -> None:
        """Take a node in; what it makes is spoilt where that cannot be done."""
        last = group.nodes[-1] if group else node
        before = len(self.calls)
        try:
            read = [self._value(name) for name in node.refs]
            spoilt = next((value for value in read if isinstance(value, Value) and value.fault), None)
            if spoilt is not None and spoilt.fault is not None:
                self._spoil(last, spoilt.fault, spoilt.calls_before)
            elif not any(isinstance(value, Value) for value in read):
                self._derive(node, read)
            elif group is not None:
                self._take_group(group)
            else:
                self._take(node)
        except ArchError as error:
            self._spoil(last, ArchError(f"{place_of(self._call(node, node.shown))}: {error}"), before)

    def _spoil(self, node: Node, fault: ArchError, calls_before: int) -> None:
        for name in filter(None, node.outputs):
            value = self._put(name, 0, (), Memory(), sizes=())
            value.spoil(fault, calls_before)
        if node.is_in_place:
            there = (self._values.get(name) for name in node.refs[:1])
            for changed in (value for value in there if isinstance(value, Value)):
                changed.write(0, calls_before, place_of(self._call(node, node.shown)))
                changed.memory.is_known = False
                changed.spoil(fault, calls_before)

    def _derive(self, node: Node, read: Sequence[Value | OwnValue]) -> None:
        """Note what a node makes of the model's own tensors alone."""
        paths = tuple(dict.fromkeys(path for one in read if isinstance(one, OwnValue) for path in one.paths))
        name = node.name
        one = read[0] if len(read) == 1 else None
        is_itself = isinstance(one, OwnValue) and one.is_itself and name in {*QUIET, *RESHAPING, *ORDERING}
        for output in filter(None, node.outputs):
            sizes = self._sizes(output)
            turned = isinstance(one, OwnValue) and name in ORDERING and len(sizes) == 2 and not one.is_transposed
            is_turned = turned and isinstance(one, OwnValue) and sizes == one.sizes[::-1]
            keeps = is_itself and (name not in ORDERING or is_turned)
            self._values[output] = OwnValue(paths, sizes, keeps, is_turned)
        if node.is_in_place and isinstance(one := next(iter(read), None), OwnValue):
            first = node.refs[0]
            self._values[first] = replace(one, is_itself=False)

    def _take(self, node: Node) -> None:
        name, args = node.name, self._plain(node.args)
        if not any(node.outputs):
            if node.is_in_place:
                raise ArchError(f"no layer kind does what {node.shown} does")
            return
        if not node.target.startswith(ATEN) or node.target.endswith("out"):
            raise ArchError(f"no layer kind does what {node.shown} does")
        names = node.refs
        first = self._value(names[0])
        taken = isinstance(first, Value) and (
            self._hands_on(node, name, args, first)
            or self._is_shuffled(node, name, args, first)
            or self._is_divided(node, name, args, first)
            or self._is_pooled(node, name, args, first)
        )
        if not taken:
            self._note(node, name, args)

    def _hands_on(self, node: Node, name: str, args: Mapping[str, Any], first: Value) -> bool:
        """Whether a node only lays out or hands on what it reads, which then is noted."""
        out = self._sizes(node.outputs[0])
        is_quiet = name in QUIET or name in EXPANDING or (name in RESHAPING and "dtype" not in args)
        is_nothing = name == "add" and args.get("other") == 0 and len(node.refs) == 1
        is_alone = name in ("cat", "stack") and len(node.refs) == 1 and prod(out) == prod(first.sizes)
        sides = args.get("pad", args.get("padding"))
        is_unpadded = "pad" in name and isinstance(sides, tuple) and not any(sides)
        if not (is_quiet or is_nothing or is_alone or is_unpadded) or not self._is_like(first, node):
            return False
        if name in RESHAPING and self._leaf(node) and out != first.sizes:
            call = replace(self._call(node, name), op=_op(node, name), output_shape=out[1:])
            self._add_made(node, call, (self._read(first),), first.memory)
            return True
        made = (self._read(first), first.shape) if name in EXPANDING else (first.number, first.made)
        value = self._put(node.outputs[0], *made, first.memory)
        is_laid_out = out != first.sizes
        value.reshaped_by = name if is_laid_out else first.reshaped_by
        value.scope, value.where = node.module.path, node.where
        value.is_whole = first.is_whole and prod(out) == prod(first.sizes)
        value.is_sure = first.is_sure and name in VIEWS
        return True

    def _is_shuffled(self, node: Node, name: str, args: Mapping[str, Any], first: Value) -> bool:
        """Whether a node puts axes in another order, which then is noted: as a shuffle of channels where it is one."""
        order = order_of(name, args, len(first.sizes))
        if not order or self._leaf(node):
            return False
        out = self._sizes(node.outputs[0])
        groups = groups_shuffled(order, first.made, first.shape)
        if groups:
            call = replace(self._call(node, name), op=SHUFFLE, fields={"groups": groups}, output_shape=first.made)
            value = self._add_made(node, call, (first.number,), first.memory)
            value.reshaped_by = name
        else:
            call = replace(self._call(node, name), op=PERMUTE, fields={"dims": order}, output_shape=out[1:])
            value = self._add_made(node, call, (self._read(first),), first.memory)
        value.is_whole = False
        return True

    def _is_divided(self, node: Node, name: str, args: Mapping[str, Any], first: Value) -> bool:
        """Whether a node takes parts of what it reads, each of which then is noted."""
        if name not in DIVIDING and name not in SLICING:
            return False
        outs = [self._sizes(output) if output else None for output in node.outputs]
        source = self._read(first)
        for output, step in zip(node.outputs, steps_of(name, args, first.sizes, outs), strict=True):
            if not output:
                continue
            if step is None:
                value = self._put(output, first.number, first.made, first.memory)
                value.reshaped_by = "" if value.shape == first.made else first.reshaped_by or name
                value.is_whole, value.is_sure = first.is_whole, first.is_sure
                continue
            shape = (*first.shape[: step.dim - 1], step.length, *first.shape[step.dim :])
            call = replace(self._call(node, name), op=NARROW, fields=step._asdict(), output_shape=shape, paths=())
            number = self._add(replace(call, reads=(source,)))
            value = self._put(output, number, shape, first.memory)
            value.reshaped_by = "" if value.shape == shape else name
            value.is_whole, value.is_sure = False, first.is_sure
        return True

    def _is_pooled(self, node: Node, name: str, args: Mapping[str, Any], first: Value) -> bool:
        """Whether a node is a mean or a maximum over places, which then is noted as the pool that it is."""
        if name not in REDUCTIONS or not self._is_like(first, node):
            return False
        pool = pooled(name, {*_axes(args, len(first.sizes))}, first.made, first.shape)
        if pool is None:
            return False
        fields = {"output_size": pool.output_shape[1:]}
        call = replace(self._call(node, name), op=pool.op, fields=fields, output_shape=pool.output_shape)
        value = self._add_made(node, call, (first.number,), Memory())
        value.reshaped_by = "" if value.shape == pool.output_shape else name
        return True

    def _note(self, node: Node, name: str, args: Mapping[str, Any]) -> None:
        """Note what a node does as a call: of a layer with weights, or of a function."""
        names = node.refs
        first = self._value(names[0])
        use = use_of(Given(name, args, len(first.sizes), node.module.class_name))
        out = self._sizes(node.outputs[0])
        own = {ref: value for ref in names if isinstance(value := self._value(ref), OwnValue)}
        call = self.weights.used(node, name, use, self._read_shape(use), out, own, self._leaf(node))
        reads = [ref for ref in use.reads if ref not in own]
        beside: tuple[str, ...] = ()
        if call is None:
            others = [own[ref] for ref in (*use.reads, *use.weights.values()) if ref in own]
            self.weights.note(path for one in others for path in one.paths)
            beside = tuple(one.in_words for one in others)
            if any(ref not in own for ref in use.weights.values()):
                raise ArchError(f"no layer kind does what aten.{name} does with weights that are computed")
            call = self._function(node, name, use, len(first.sizes), out)
        numbers = tuple(self._read_for(use.name, ref) for ref in reads)
        changed = self._value(names[0]) if node.is_in_place else None
        memory = changed.memory if isinstance(changed, Value) else Memory()
        is_idle = "dropout" in name and isinstance(first, Value)
        if not call.paths and call.name != f"({use.name})":  # a layer without weights that others have
            call = replace(call, name=f"({use.name})", scope=node.module.path)
        call = replace(call, where=node.where, beside=beside, in_place=changed is not None)
        value = self._add_made(node, call, numbers, first.memory if is_idle and isinstance(first, Value) else memory)
        if is_idle and isinstance(first, Value):
            value.is_whole, value.is_sure = first.is_whole, first.is_sure
        if isinstance(changed, Value):
            value.is_whole, value.is_sure = changed.is_whole, changed.is_sure
            changed.write(value.number, len(self.calls), place_of(call))
            value.times_written = changed.times_written
        for other in filter(None, node.outputs[1:]):
            fault = f"{place_of(call)}: no layer kind reads the other tensors that aten.{name} makes"
            self._put(other, 0, (), Memory(), sizes=()).spoil(ArchError(fault), len(self.calls))

    def _function(self, node: Node, name: str, use: Use, rank: int, out: Shape) -> Call:
        """Return the call of a function without weights."""
        fields = with_axes_from_the_start(use.fields, rank)
        if use.name in REDUCTIONS or use.name in ("mean", "sum"):
            axes = tuple(sorted(_axes(use.fields, rank)))
            if not axes or 0 in axes:
                raise ArchError(f"no layer kind does what aten.{name} does over the batch")
            fields = {**fields, "dim": axes}
        op = FUNCTIONS[use.name][0] if use.name in FUNCTIONS else use.name
        if op == STACK and isinstance(use.fields.get("dim"), int):
            fields = {"dim": use.fields["dim"] % (rank + 1)}
        return replace(self._call(node, use.name), op=op, fields=fields, output_shape=out[1:])

    def _take_group(self, group: Group) -> None:
        """Note nodes that together do one layer's work."""
        first = self._value(group.reads)
        assert isinstance(first, Value)
        last = group.nodes[-1]
        out = self._sizes(last.outputs[0])
        call = self.weights.grouped(group, first.shape, out[1:])
        if call is None:
            call = replace(self._call(last, group.name), op=group.op, fields=group.fields, output_shape=out[1:])
        self._add_made(last, call, (self._read(first),), Memory())

    def _read_shape(self, use: Use) -> Shape:
        """Return the shape of the first tensor that a function reads, and that is not the model's own."""
        values = map(self._value, use.reads)
        return next((value.shape for value in values if isinstance(value, Value)), ())

    def _read_for(self, function: str, name: str) -> int:
        """Return the call that made a tensor; for functions that broadcast, of what was repeated."""
        value = self._value(name)
        assert isinstance(value, Value)
        if function in BROADCASTING and value.reshaped_by in EXPANDING:
            return value.number
        return self._read(value)

    def _read(self, value: Value | OwnValue) -> int:
        """Return the call that made a tensor; what only lays it out in another way is noted first."""
        if isinstance(value, OwnValue):
            raise ArchError(f"it hands on {value.in_words}, which no layer makes")
        if value.fault:
            raise value.fault
        has_batch = self._has_batch(value.sizes)
        if value.shape == value.made and (has_batch or not value.reshaped_by):
            return value.number
        is_laid_out = has_batch and prod(value.shape) == prod(value.made)
        name = value.reshaped_by
        op = laid_out(value.made, value.shape).call.rpartition(".")[2] if is_laid_out else f"aten.{name}"
        call = Call(name=f"({name})", op=op, output_shape=value.shape, scope=value.scope, where=value.where)
        number = self._add(replace(call, reads=(value.number,), keeps_batch=has_batch))
        value.number, value.made, value.reshaped_by = number, value.shape, ""
        return number

    def _add_made(self, node: Node, call: Call, reads: tuple[int, ...], memory: Memory) -> Value:
        """Note a call, and its first output."""
        sizes = self._sizes(node.outputs[0])
        number = self._add(replace(call, reads=reads, keeps_batch=self._has_batch(sizes)))
        return self._put(node.outputs[0], number, call.output_shape, memory)

    def _add(self, call: Call) -> int:
        self.calls.append(replace(call, number=len(self.calls)))
        return len(self.calls) - 1

    def _call(self, node: Node, name: str) -> Call:
        """Return a call of a leaf module, or of a function in the code of another module."""
        path = node.module.path
        if self._leaf(node):
            return Call(name=path, op="", output_shape=(), paths=(path,), where=node.where)
        return Call(name=f"({name})", op="", output_shape=(), scope=path, where=node.where)

    def _leaf(self, node: Node) -> bool:
        """Whether a node is in the code of a module of torch that does a layer's work."""
        return bool(node.module.path) and node.module.kind.startswith(_OF_TORCH) and node.module.class_name in CLASSES

    def _put(self, name: str, number: int, made: Shape, memory: Memory, sizes: Shape | None = None) -> Value:
        tensor = self._program.tensors.get(name)
        dtype = tensor.dtype if tensor else 0
        value = Value(self._sizes(name) if sizes is None else sizes, dtype, number, made, memory)
        self._values[name] = value
        return value

    def _value(self, name: str) -> Value | OwnValue:
        if name not in self._values:
            raise ArchError(f"reads {name[:60]}, which nothing before it makes")
        value = self._values[name]
        if isinstance(value, Value):
            value.look()
        return value

    def _sizes(self, name: str) -> Shape:
        tensor = self._program.tensors.get(name)
        if tensor is None:
            raise ArchError(f"is not as torch.export writes it: nothing says the sizes of {name[:60]}")
        return tuple(value_of(size, self._symbols) for size in tensor.sizes)

    def _plain(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return arguments in which numbers that are computed of sizes are numbers."""
        return {word: self._number(value) for word, value in args.items()}

    def _number(self, value: Any) -> Any:
        if isinstance(value, Number):
            if value.name not in self._program.numbers:
                raise ArchError(f"reads the number {value.name[:60]}, which nothing makes")
            return value_of(self._program.numbers[value.name], self._symbols)
        return tuple(map(self._number, value)) if isinstance(value, tuple) else value

    def _has_batch(self, sizes: Shape) -> bool:
        return bool(sizes) and sizes[0] == self._batch

    def _is_like(self, first: Value, node: Node) -> bool:
        tensor = self._program.tensors.get(node.outputs[0])
        return tensor is not None and first.is_like(tensor.dtype)


def _op(node: Node, name: str) -> str:
    """Return the op of a module that lays out what it reads."""
    return "Flatten" if node.module.class_name == "Flatten" else "reshape"


def _axes(args: Mapping[str, Any], rank: int) -> list[int]:
    """Return the axes that a reduction is given, counted from the start; nothing where it goes over all."""
    given = args.get("dim")
    several = (given,) if type(given) is int else given
    return [axis % rank for axis in several if type(axis) is int] if isinstance(several, tuple) and rank else []
