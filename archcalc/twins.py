"""Graph -> Twins: each layer's PyTorch twin as data, and where its modules stand. No torch is needed.

Modules carry the names of their layers, so that `state_dict` does too: `conv1.weight`, `layer1.0.sum.conv1.weight`, and
in towers `gpu0.conv1.weight`. A layer that stands inside another, like `conv1.relu`, is `conv1_relu` next to it, since
tools count leaf modules.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Set
from keyword import iskeyword
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers import Shape, Twin
from archcalc.layers.base import Role

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
    """A layer with its twin, and the dotted paths of its module, and of the padding before it, on each device."""

    node: Node
    twin: Twin
    paths: tuple[str, ...]
    pads: tuple[str, ...]
    is_first: bool
    """Whether its module is its own, and not that of the layer that it is once more."""


def place(graph: Graph) -> tuple[Placed, ...]:
    """Return every layer's twin and its modules' paths, all different. Raises ArchError for what torch cannot do."""
    overwriting = overwriting_layers(graph)
    twins = {node.name: _twin(node, node.name in overwriting) for node in graph.nodes}
    paths = _paths(graph, twins)
    return tuple(_placed(node, twins, paths) for node in graph.nodes)


def _placed(node: Node, twins: Mapping[str, Twin], paths: Mapping[str, tuple[str, ...]]) -> Placed:
    """Put a layer where its module stands, which may be that of the layer that it is once more.

    Raises ArchError for one that has another's weights, and cannot have its module.
    """
    twin, holder = twins[node.name], node.again or node.name
    other = twins[holder]
    if (twin.call, twin.keywords) != (other.call, other.keywords):
        if node.weights_of:
            what = f"has the weights of {holder}, but not its module in torch: {other.call} takes other arguments here"
            raise ArchError(what).at(None, f"layer {node.name}")
        holder = node.name
    return Placed(node, twin, paths[holder], tuple(f"{path}{PAD}" for path in paths[node.name]), holder == node.name)


def tensors(placed: Iterable[Placed]) -> dict[str, Shape]:
    """Return the names and shapes of the `state_dict` of the built module: parameters, then buffers, of each layer."""
    return {
        f"{path}.{name}": shape
        for layer in placed
        for path in layer.paths
        for name, shape in own_tensors(layer.node).items()
    }


def own_tensors(node: Node) -> dict[str, Shape]:
    """Return the tensors of one layer on one device, under torch's names; none where it has those of another."""
    return node.own_params | node.own_buffers


def overwriting_layers(graph: Graph) -> set[str]:
    """Return the layers that work in place: of the kinds that the spec says, where nothing else needs their input.

    An output that another layer reads is needed, and one that the network gives; what passes it on, such as a dropout
    in inference, does not change that. So is the output of an activation, from which torch computes gradients.
    """
    readers = Counter((*(name for node in graph.nodes for name in node.inputs), *graph.spec.outputs))
    nodes = {node.name: node for node in graph.nodes}
    return {
        node.name
        for node in graph.nodes
        if node.layer.op in graph.spec.inplace and _is_free(node.inputs[0], nodes, readers)
    }


def _is_free(name: str, nodes: Mapping[str, Node], readers: Mapping[str, int]) -> bool:
    """Return whether only one layer reads an output, and it is a tensor of its own, or that of such a one."""
    while name in nodes and readers[name] == 1:
        maker = nodes[name].layer
        if maker.role not in _PASSING:
            return maker.role is not Role.ACTIVATION
        name = nodes[name].inputs[0]
    return False


_PASSING: Final = (Role.RESHAPE, Role.REGULARIZER, Role.IDENTITY)
"""Roles of layers that may give the tensor that they are given."""


def _twin(node: Node, overwrites: bool) -> Twin:
    try:
        twin = node.layer.twin(*node.device_inputs)
        return twin._replace(keywords={**twin.keywords, "inplace": True}) if overwrites else twin
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
    while not (taken.isdisjoint(there := (path, f"{path}{PAD}")) and holders.isdisjoint(there)):
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
