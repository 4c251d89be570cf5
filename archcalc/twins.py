"""Graph -> Twins: each layer's PyTorch twin as data, and where its modules stand. No torch is needed.

Modules carry the names of their layers, so that `state_dict` does too: `conv1.weight`, `layer1.0.sum.conv1.weight`, and
in towers `gpu0.conv1.weight`. A layer that stands inside another, like `conv1.relu`, is `conv1_relu` next to it, since
tools count leaf modules.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from keyword import iskeyword
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers import Shape, Twin

PAD: Final = "_pad"
"""The end of the name of the padding before a layer."""

JOIN: Final = Twin("torch.cat", {"dim": 1}, takes_list=True)
"""What puts the parts of several devices side by side."""

ATTRIBUTES: Final = frozenset(
    (
        *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile"),
        *("cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer"),
        *("get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules"),
        *("modules_of", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters", "outputs"),
        *("parameters", "paths_of", "run_alone", "register_backward_hook", "register_buffer", "register_forward_hook"),
        *("register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook"),
        *("register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module"),
        *("register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_"),
        *("set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training"),
        *("type", "xpu", "zero_grad"),
    )
)
"""Attributes of every torch module: no layer inside it can have such a name."""


class Placed(NamedTuple):
    """A layer with its twin, and the dotted path of its module on each device that holds it."""

    node: Node
    twin: Twin
    paths: tuple[str, ...]


def place(graph: Graph) -> tuple[Placed, ...]:
    """Return every layer's twin and its modules' paths, all different. Raises ArchError for what torch cannot do."""
    twins = {node.name: _twin(node) for node in graph.nodes}
    paths = _paths(graph, twins)
    return tuple(Placed(node, twins[node.name], paths[node.name]) for node in graph.nodes)


def tensors(placed: Iterable[Placed]) -> dict[str, Shape]:
    """Return the names and shapes of the `state_dict` of the built module: parameters, then buffers, of each layer."""
    return {
        f"{path}.{name}": shape
        for layer in placed
        for path in layer.paths
        for name, shape in own_tensors(layer.node).items()
    }


def own_tensors(node: Node) -> dict[str, Shape]:
    """Return the tensors of one layer on one device, under torch's names."""
    return node.layer.param_shapes(*node.device_inputs) | node.layer.buffer_shapes(*node.device_inputs)


def _twin(node: Node) -> Twin:
    try:
        return node.layer.twin(*node.device_inputs)
    except ArchError as error:
        raise error.at(None, f"layer {node.name}") from None


def _paths(graph: Graph, twins: Mapping[str, Twin]) -> dict[str, tuple[str, ...]]:
    """Return where each layer's modules stand, one per device, no two in one place and none inside another."""
    modules = {name for name, twin in twins.items() if twin.is_module}
    taken: set[str] = set()
    holders: set[str] = set()
    paths = {}
    for node in graph.nodes:
        path = _beside(node.name, modules)
        wanted = [f"{_attribute(device)}.{path}" for device in node.devices] or [path]
        paths[node.name] = tuple(_apart(one, taken, holders) for one in wanted)
        if node.name in modules:
            taken.update(name for one in paths[node.name] for name in (one, f"{one}{PAD}"))
            holders.update(holder for one in paths[node.name] for holder in _holders(one))
    return paths


def _apart(path: str, taken: Set[str], holders: Set[str]) -> str:
    """Return the path, with _ where a module stands there already, or something that holds modules."""
    parts: list[str] = []
    for part in path.split(".")[:-1]:
        parts.append(part)
        while ".".join(parts) in taken:
            parts[-1] += "_"
    path = ".".join([*parts, path.rpartition(".")[2]])
    while {path, f"{path}{PAD}"} & (taken | holders):
        path += "_"
    return path


def _holders(path: str) -> Iterator[str]:
    """
    >>> list(_holders("layer1.0.conv1"))
    ['layer1', 'layer1.0']
    """
    return (path[:place] for place, letter in enumerate(path) if letter == ".")


def _beside(name: str, modules: Container[str]) -> str:
    """Return a path in which no module stands inside another, nor under the name of an attribute of modules."""
    first, *others = name.split(".")
    parts, above = [first], first
    for part in others:
        if above in modules:
            parts[-1] += f"_{part}"
        else:
            parts.append(part)
        above += f".{part}"
    return ".".join(map(_attribute, parts))


def _attribute(part: str) -> str:
    """Return a part of a path as a module's attribute can be called: an index or an identifier that is not taken."""
    if not part.isdecimal() and not part.isidentifier():
        part = f"_{part}"
    return f"{part}_" if part in ATTRIBUTES or iskeyword(part) else part
