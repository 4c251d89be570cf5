"""An exported program, checked: its nodes, what they read and make, and which tensors are the model's own.

What its keys mean is said in torch's own schema: https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.py
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.exported.opening import Archive
from archcalc.layers.fields import LARGEST, is_integer

_LONGEST: Final = 300
"""Of a name; that of a module in a module in a module may be long."""
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
_WORDS: Final = {dict: "an object", list: "a list", str: "a text", int: "an integer", bool: "true or false"}
_FLOATS: Final = ("Infinity", "-Infinity", "NaN")

Size = int | str
"""A size, or an expression of sizes that the program leaves open."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is computed of sizes, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """An argument of a sort that no layer has, such as another graph."""

    sort: str


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


class Node(NamedTuple):
    """A function that runs."""

    target: str
    args: Mapping[str, Any]
    outputs: tuple[str, ...]
    """The names of the tensors that it makes; empty for one that is left out."""
    module: Module
    where: str
    """The file and the line of the model's own code."""


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
    module = _get(archive.program, "graph_module", dict)
    graph, signature = _get(module, "graph", dict), _get(module, "signature", dict)
    whole = graph_of(graph)
    own, inputs = dict[str, Own | None](), list[str]()
    for said in _get(signature, "input_specs", list):
        _take_input(said, own, inputs)
    return Program(
        whole.nodes,
        whole.tensors,
        whole.numbers,
        own,
        tuple(inputs),
        tuple(_outputs(_get(signature, "output_specs", list))),
        {name: _range(said) for name, said in _get(archive.program, "range_constraints", dict).items()},
        _same(_get(archive.weights, "config", dict), [one.path for one in own.values() if one]),
    )


class Graph(NamedTuple):
    """Nodes, and what is known of the tensors and numbers between them."""

    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, Size]


def graph_of(said: Mapping[str, Any], depth: int = 0) -> Graph:
    """Return a graph, with the nodes of a graph in it that only says how it runs, such as without gradients."""
    tensors = {name: _tensor(one) for name, one in _get(said, "tensor_values", dict).items()}
    numbers = {name: _size(one) for name, one in _get(said, "sym_int_values", dict).items()}
    nodes = list[Node]()
    for place, one in enumerate(_get(said, "nodes", list)):
        node = _node(one)
        inner = _inner(one, node, depth, f"{place}/") if node.target in _WRAPPING else None
        nodes += inner.nodes if inner else (node,)
        if inner:
            tensors = {**inner.tensors, **tensors}
            numbers = {**inner.numbers, **numbers}
    return Graph(tuple(nodes), tensors, numbers)


def _inner(said: Any, node: Node, depth: int, prefix: str) -> Graph | None:
    """Return the graph that a node runs, under the names that its tensors have outside; None where it is no such."""
    args = [_get(one, "arg", dict) for one in _get(said, "inputs", list)]
    place = next((place for place, arg in enumerate(args) if "as_graph" in arg), None)
    if place is None or depth >= _DEEPEST:
        return None
    graph = _get(_get(args[place], "as_graph", dict), "graph", dict)
    ends = [[_value(one) for one in _get(graph, side, list)] for side in ("inputs", "outputs")]
    outside = [*map(_value, args[place + 1 :])], [*map(Ref, node.outputs)]
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
    sort, spec = _one(said, "input_specs")
    if sort == "user_input":
        arg = _value(_get(spec, "arg", dict))
        if isinstance(arg, Ref):
            inputs.append(arg.name)
        elif not isinstance(arg, int | float | str | None):
            raise ArchError("reads something other than tensors and numbers")
    elif sort in ("parameter", "buffer"):
        own[_name(_get(spec, "arg", dict))] = Own(_text(spec, f"{sort}_name"), sort == "parameter")
    elif sort == "tensor_constant":
        own[_name(_get(spec, "arg", dict))] = None
    elif sort not in ("constant_input", "token"):
        raise ArchError(f"reads what archcalc does not know: {sort[:60]}")


def _outputs(specs: list[Any]) -> Iterator[str]:
    """Yield the tensors that the program hands on to its user."""
    for said in specs:
        sort, spec = _one(said, "output_specs")
        if sort == "user_output":
            arg = _value(_get(spec, "arg", dict))
            if isinstance(arg, Ref):
                yield arg.name


def _node(said: Any) -> Node:
    outputs = [name for one in _get(said, "outputs", list) for name in _made(one)]
    metadata = _get(said, "metadata", dict)
    given = enumerate(_get(said, "inputs", list))
    args = {_text(one, "name") or f"argument {place}": _value(_get(one, "arg", dict)) for place, one in given}
    module = _module(metadata.get("nn_module_stack", ""))
    return Node(_text(said, "target"), args, tuple(outputs), module, _where(metadata.get("stack_trace", "")))


def _made(said: Any) -> Iterator[str]:
    """Yield the names of the tensors that an output is; empty for one that is left out."""
    found = _value(said)
    for one in found if isinstance(found, tuple) else (found,):
        if isinstance(one, Ref):
            yield one.name
        elif isinstance(found, tuple):
            yield ""


def _module(stack: Any) -> Module:
    parts = [entry.split(",") for entry in stack.split(";")] if isinstance(stack, str) else []
    whole = [[part[:_LONGEST] for part in entry] for entry in parts[-_MOST_NESTING:] if len(entry) == 3]
    if not whole or whole[-1][1] == _NO_MODULE:
        return Module()
    run, path, kind = whole[-1]
    return Module(path, kind, run, tuple((path, kind.rpartition(".")[2]) for _, path, kind in whole))


def _where(trace: Any) -> str:
    """Return the last line of a stack trace that is not torch's own; empty for none."""
    frames = _FRAME.findall(trace[-_LAST_FRAMES:]) if isinstance(trace, str) else []
    own = [(re.split(r"[/\\]", file)[-1][:60], line) for file, line in frames if not _OF_TORCH.search(file)]
    return ":".join(own[-1]) if own else ""


def _value(said: Any) -> Any:
    """Return an argument: a number, a text, a Ref, a Number, None, an Other, or a tuple of these."""
    sort, value = _one(said, "an argument")
    if sort == "as_none":
        return None
    if sort == "as_tensor":
        return Ref(_name(value))
    if sort == "as_tensors":
        return tuple(Ref(_name(one)) for one in _list(value, sort))
    if sort in ("as_optional_tensors", "as_sym_ints", "as_sym_floats"):
        of = _value if sort == "as_optional_tensors" else _symbolic
        return tuple(map(of, _list(value, sort)))
    if sort in ("as_sym_int", "as_sym_float"):
        return _symbolic(value)
    if sort in ("as_ints", "as_floats", "as_bools", "as_strings"):
        return tuple(_plain(one, sort) for one in _list(value, sort))
    if sort in ("as_int", "as_float", "as_bool", "as_string"):
        return _plain(value, sort)
    return Other(sort.removeprefix("as_")[:60])


def _symbolic(said: Any) -> Any:
    """Return a number that may be one of those that are computed of sizes."""
    sort, value = _one(said, "a number")
    return Number(_checked(value, str, sort)[:_LONGEST]) if sort == "as_name" else _plain(value, sort)


def _plain(value: Any, sort: str) -> Any:
    if value in _FLOATS and "float" in sort:
        return float(value)
    is_number = type(value) is float or type(value) is bool or (is_integer(value) and abs(value) <= 2**63)
    if is_number or (isinstance(value, str) and "string" in sort):
        return value
    raise _wrong(sort, "a number" if "string" not in sort else "a text", value)


def _tensor(said: Any) -> Tensor:
    sizes = _get(said, "sizes", list)
    dtype = _get(said, "dtype", int)
    if len(sizes) > 64:  # as torch has no more axes
        raise ArchError(f"has a tensor of {len(sizes):,} axes")
    return Tensor(tuple(map(_size, sizes)), dtype)


def _size(said: Any) -> Size:
    sort, value = _one(said, "a size")
    if sort == "as_int" and is_integer(value) and abs(value) <= LARGEST:
        return int(value)
    if sort == "as_expr":
        return _text(value, "expr_str", longest=None)
    raise _wrong("a size", "an integer or an expression", value)


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
            meta = _get(config[path], "tensor_meta", dict)
            device = meta.get("device")
            if isinstance(device, dict) and device.get("type") == "meta":  # where no tensor has a place
                continue
            parts = (meta.get(key) for key in ("sizes", "strides", "storage_offset"))
            same[path] = first.setdefault(repr([_text(config[path], "path_name"), *parts]), path)
    return same


def _name(said: Any) -> str:
    return _text(said, "name")


def _one(said: Any, what: str) -> tuple[str, Any]:
    """Return the only key of an object, and its value."""
    if not isinstance(said, dict) or len(said) != 1:
        raise _wrong(what, "an object with one key", said)
    return next(iter(said.items()))


def _text(said: Any, key: str, longest: int | None = _LONGEST) -> str:
    text: str = _get(said, key, str)
    if longest is not None and len(text) > longest:
        raise ArchError(f"is not as torch.export writes it: {key} is {len(text):,} characters long")
    return text


def _list(value: Any, what: str) -> list[Any]:
    found: list[Any] = _checked(value, list, what)
    return found


def _get(said: Any, key: str, kind: type) -> Any:
    if not isinstance(said, dict):
        raise _wrong(f"what has {key}", _WORDS[dict], said)
    if key not in said:
        raise ArchError(f"is not as torch.export writes it: it lacks {key}")
    return _checked(said[key], kind, key)


def _checked(value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(what, _WORDS[kind], value)
    return value


def _wrong(what: str, words: str, got: Any) -> ArchError:
    name = "null" if got is None else _WORDS.get(type(got), "a number")
    return ArchError(f"is not as torch.export writes it: {what[:60]} must be {words}, not {name}")
