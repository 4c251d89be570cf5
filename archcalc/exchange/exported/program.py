"""An exported program, checked: its nodes, what they read and make, and which tensors are the model's own."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.exported.opening import Archive
from archcalc.exchange.exported.schema import (
    LONGEST,
    Number,
    Ref,
    name_in,
    only,
    part,
    text_in,
    value_in,
    wrong,
)
from archcalc.layers.fields import LARGEST, is_integer

_LAST_FRAMES: Final = 6_000
"""Characters at the end of a stack trace in which the model's own line is looked for."""
_FRAME: Final = re.compile(r'File "([^"\n]*)", line (\d{1,9})')
_OF_TORCH: Final = re.compile(r"[/\\]torch[/\\]")
_MOST_NESTING: Final = 50
"""Modules in modules that are looked at."""
_NO_MODULE: Final = "_empty_nn_module_stack_from_metadata_hook"
_WRAPPING: Final = tuple(f"torch.ops.higher_order.wrap_with_{how}" for how in ("set_grad_enabled", "autocast"))
"""Nodes that run a graph, and change nothing about what it computes."""
_DEEPEST: Final = 4
"""Graphs in graphs that are looked into."""

ATEN: Final = "torch.ops.aten."

Size = int | str
"""A size, or an expression of sizes that the program leaves open."""


class Tensor(NamedTuple):
    """What is known of a tensor: its sizes, the batch among them, and the number that torch has for its type."""

    sizes: tuple[Size, ...]
    dtype: int


class Own(NamedTuple):
    """A tensor of the model's own: where it is in its state, and whether it is learnt."""

    path: str
    is_learnt: bool


class Module(NamedTuple):
    """The innermost module in whose code a node is: its path, its class, and which of its runs it is."""

    path: str = ""
    kind: str = ""
    run: str = ""
    around: tuple[tuple[str, str], ...] = ()
    """The path and the class of each module that it is in, and its own."""

    @property
    def class_name(self) -> str:
        return self.kind.rpartition(".")[2]


class Node(NamedTuple):
    """A function that runs."""

    target: str
    args: Mapping[str, Any]
    outputs: tuple[str, ...]
    """The names of the tensors that it makes; empty for one that is left out."""
    module: Module
    where: str
    """The file and the line of the model's own code."""

    @property
    def name(self) -> str:
        """The name of a function of aten, without underscores around it and without its overload."""
        return self.function.strip("_")

    @property
    def shown(self) -> str:
        """What messages call the function: that of aten without its overload."""
        name = self.target.removeprefix("torch.ops.")[:100]
        return ".".join(name.split(".")[:2]) if name.startswith("aten.") else name

    @property
    def is_in_place(self) -> bool:
        return self.function.endswith("_")

    @property
    def refs(self) -> list[str]:
        """The tensors that it reads, by name, in order."""
        found = []
        for value in self.args.values():
            several = value if isinstance(value, tuple) else (value,)
            found += [one.name for one in several if isinstance(one, Ref)]
        return found

    @property
    def function(self) -> str:
        """The name of a function of aten, without its overload."""
        return self.target.removeprefix(ATEN).partition(".")[0]


@dataclass(frozen=True)
class Program:
    """An exported program."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, Size]
    own: Mapping[str, Own | None]
    """The model's own tensors by their names in the graph; None for constants."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ranges: Mapping[str, tuple[int | None, int | None]]
    """From which size on, and up to which, symbols may stand for."""
    same: Mapping[str, str]
    """Each path of the model's state, with the first one that has the same numbers."""

    @property
    def classes(self) -> Mapping[str, str]:
        """The names of the classes of its modules, by their paths."""
        return {path: kind for node in self.nodes for path, kind in node.module.around if path}


def program_of(archive: Archive) -> Program:
    """Return a program. Raises ArchError for JSON that is not as torch writes it."""
    module = part(archive.program, "graph_module", dict)
    graph, signature = part(module, "graph", dict), part(module, "signature", dict)
    whole = graph_of(graph)
    own, inputs = dict[str, Own | None](), list[str]()
    for said in part(signature, "input_specs", list):
        _take_input(said, own, inputs)
    return Program(
        whole.nodes,
        whole.tensors,
        whole.numbers,
        own,
        tuple(inputs),
        tuple(_outputs(part(signature, "output_specs", list))),
        {name: _range(said) for name, said in part(archive.program, "range_constraints", dict).items()},
        _same(part(archive.weights, "config", dict), [one.path for one in own.values() if one]),
    )


class Graph(NamedTuple):
    """Nodes, and what is known of the tensors and numbers between them."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, Size]


def graph_of(said: Mapping[str, Any], depth: int = 0) -> Graph:
    """Return a graph, with the nodes of a graph in it that only says how it runs, such as without gradients."""
    tensors = {name: _tensor(one) for name, one in part(said, "tensor_values", dict).items()}
    numbers = {name: _size(one) for name, one in part(said, "sym_int_values", dict).items()}
    nodes = list[Node]()
    for place, one in enumerate(part(said, "nodes", list)):
        node = _node(one)
        inner = _inner(one, node, depth, f"{place}/") if node.target in _WRAPPING else None
        nodes += inner.nodes if inner else (node,)
        if inner:
            tensors = {**inner.tensors, **tensors}
            numbers = {**inner.numbers, **numbers}
    return Graph(tuple(nodes), tensors, numbers)


def _inner(said: Any, node: Node, depth: int, prefix: str) -> Graph | None:
    """Return the graph that a node runs, under the names that its tensors have outside; None where it is no such."""
    args = [part(one, "arg", dict) for one in part(said, "inputs", list)]
    place = next((place for place, arg in enumerate(args) if "as_graph" in arg), None)
    if place is None or depth >= _DEEPEST:
        return None
    graph = part(part(args[place], "as_graph", dict), "graph", dict)
    ends = [[value_in(one) for one in part(graph, side, list)] for side in ("inputs", "outputs")]
    outside = [*map(value_in, args[place + 1 :])], [*map(Ref, node.outputs)]
    pairs = [(one, other) for side in (0, 1) for one, other in zip(ends[side], outside[side], strict=False)]
    are_tensors = all(isinstance(one, Ref) and isinstance(other, Ref) for one, other in pairs)
    are_all = len(pairs) == len(ends[0]) + len(ends[1]) == len({one for one, _ in pairs if isinstance(one, Ref)})
    if not are_tensors or not are_all or [*map(len, ends)] != [*map(len, outside)]:
        return None
    names: dict[str, str] = {one.name: other.name for one, other in pairs}
    inner = graph_of(graph, depth + 1)

    def outer(name: str) -> str:
        return names.get(name, prefix + name)

    return Graph(
        tuple(
            node._replace(
                args={word: _renamed(value, outer) for word, value in node.args.items()},
                outputs=tuple(name and outer(name) for name in node.outputs),
            )
            for node in inner.nodes
        ),
        {outer(name): tensor for name, tensor in inner.tensors.items()},
        {prefix + name: size for name, size in inner.numbers.items()},
    )


def _renamed(value: Any, outer: Callable[[str], str]) -> Any:
    if isinstance(value, Ref):
        return Ref(outer(value.name))
    if isinstance(value, Number):
        return Number(outer(value.name))
    return tuple(_renamed(one, outer) for one in value) if isinstance(value, tuple) else value


def _take_input(said: Any, own: dict[str, Own | None], inputs: list[str]) -> None:
    """Put down what an input of the graph is: a tensor of the model's own, or one that the user gives."""
    sort, spec = only(said, "input_specs")
    if sort == "user_input":
        arg = value_in(part(spec, "arg", dict))
        if isinstance(arg, Ref):
            inputs.append(arg.name)
        elif not isinstance(arg, int | float | str | None):
            raise ArchError("reads something other than tensors and numbers")
    elif sort in ("parameter", "buffer"):
        own[name_in(part(spec, "arg", dict))] = Own(text_in(spec, f"{sort}_name"), sort == "parameter")
    elif sort == "tensor_constant":
        own[name_in(part(spec, "arg", dict))] = None
    elif sort not in ("constant_input", "token"):
        raise ArchError(f"reads what archcalc does not know: {sort[:60]}")


def _outputs(specs: list[Any]) -> Iterator[str]:
    """Yield the tensors that the program hands on to its user."""
    for said in specs:
        sort, spec = only(said, "output_specs")
        if sort == "user_output":
            arg = value_in(part(spec, "arg", dict))
            if isinstance(arg, Ref):
                yield arg.name


def _node(said: Any) -> Node:
    outputs = [name for one in part(said, "outputs", list) for name in _made(one)]
    metadata = part(said, "metadata", dict)
    given = enumerate(part(said, "inputs", list))
    args = {text_in(one, "name") or f"argument {place}": value_in(part(one, "arg", dict)) for place, one in given}
    module = _module(metadata.get("nn_module_stack", ""))
    return Node(text_in(said, "target"), args, tuple(outputs), module, _where(metadata.get("stack_trace", "")))


def _made(said: Any) -> Iterator[str]:
    """Yield the names of the tensors that an output is; empty for one that is left out."""
    found = value_in(said)
    for one in found if isinstance(found, tuple) else (found,):
        if isinstance(one, Ref):
            yield one.name
        elif isinstance(found, tuple):
            yield ""


def _module(stack: Any) -> Module:
    parts = [entry.split(",") for entry in stack.split(";")] if isinstance(stack, str) else []
    whole = [[part[:LONGEST] for part in entry] for entry in parts[-_MOST_NESTING:] if len(entry) == 3]
    if not whole or whole[-1][1] == _NO_MODULE:
        return Module()
    run, path, kind = whole[-1]
    return Module(path, kind, run, tuple((path, kind.rpartition(".")[2]) for _, path, kind in whole))


def _where(trace: Any) -> str:
    """Return the last line of a stack trace that is not torch's own; empty for none."""
    frames = _FRAME.findall(trace[-_LAST_FRAMES:]) if isinstance(trace, str) else []
    own = [(re.split(r"[/\\]", file)[-1][:60], line) for file, line in frames if not _OF_TORCH.search(file)]
    return ":".join(own[-1]) if own else ""


def _tensor(said: Any) -> Tensor:
    sizes = part(said, "sizes", list)
    dtype = part(said, "dtype", int)
    if len(sizes) > 64:  # as torch has no more axes
        raise ArchError(f"has a tensor of {len(sizes):,} axes")
    return Tensor(tuple(map(_size, sizes)), dtype)


def _size(said: Any) -> Size:
    sort, value = only(said, "a size")
    if sort == "as_int" and is_integer(value) and abs(value) <= LARGEST:
        return int(value)
    if sort == "as_expr":
        return text_in(value, "expr_str", longest=None)
    raise wrong("a size", "an integer or an expression", value)


def _range(said: Any) -> tuple[int | None, int | None]:
    found = [said.get(key) if isinstance(said, dict) else None for key in ("min_val", "max_val")]
    least, most = (value if is_integer(value) else None for value in found)
    return least, most


def _same(config: Mapping[str, Any], paths: Iterable[str]) -> Mapping[str, str]:
    """Return each path with the first that is the same part of the same record; what is in no record is by itself."""
    first: dict[str, str] = {}
    same = {}
    for path in paths:
        if path in config:
            meta = part(config[path], "tensor_meta", dict)
            device = meta.get("device")
            if isinstance(device, dict) and device.get("type") == "meta":  # where no tensor has a place
                continue
            parts = (meta.get(key) for key in ("sizes", "strides", "storage_offset"))
            same[path] = first.setdefault(repr([text_in(config[path], "path_name"), *parts]), path)
    return same
