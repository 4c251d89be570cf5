"""The tensors of a checkpoint by the module that they belong to, and where modules are found by what they are like.

All of this is made once for a checkpoint, however many networks it is compared with, in time that grows as its tensors.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from archcalc.checkpoint.checkpoint import Checkpoint
from archcalc.collector import collector_at_rest
from archcalc.layers import Shape

OPTIONAL: Final = "num_batches_tracked"
"""A buffer that older checkpoints lack, which torch forgives."""

_OWN: Final = (
    *("num_batches_tracked", "running_mean", "running_var"),
    *("weight_orig", "weight_mask", "bias_orig", "bias_mask", "weight", "bias"),
)
"""Names of tensors inside a module, the longer ones first."""

_WRAPPERS: Final = re.compile(r"(?:^|\.)(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.|$)")
"""What DataParallel, torch.compile and others put into the names of the modules that they wrap."""

_MOST_OWN: Final = 64
"""Tensors of one module, of which no layer has as many."""

_MOST_PREFIXES: Final = 8
"""How deep in a checkpoint a network may stand."""


class Tensor(NamedTuple):
    """A tensor of a layer, or of a module of a checkpoint."""

    name: str
    shape: Shape
    mask: str | None = None
    """The name of the tensor that it is to be multiplied by, where it is pruned."""
    names: tuple[str, ...] = ()
    """Its names in our module's state_dict: one for each device, each with its part."""


@dataclass(eq=False, slots=True)
class Module:
    """The tensors of one module of a checkpoint, or of a layer on one device, under torch's names for them."""

    path: str
    tensors: Mapping[str, Tensor]
    layer: str | None = None

    @property
    def bare(self) -> str:
        """The path without what wraps modules.

        >>> Module("features.module.0", {}).bare, Module("_orig_mod.fc", {}).bare
        ('features.0', 'fc')
        """
        return _WRAPPERS.sub("", self.path).removeprefix(".") if "mod" in self.path else self.path


Likeness = Callable[[Module], Hashable]
"""What two modules may have in common; None for a module that has nothing of the sort."""


def name_and_shapes(module: Module) -> Hashable:
    """Return the last part of the path with the shapes, where that is a name and not a number."""
    last = module.path.rpartition(".")[2]
    return None if last.isdecimal() else (last, shapes(module))


def shapes(module: Module) -> Hashable:
    if len(module.tensors) > _MOST_OWN:
        return None
    return frozenset([(own, tensor.shape) for own, tensor in module.tensors.items() if own != OPTIONAL])


def weight(module: Module) -> Hashable:
    return module.tensors["weight"].shape if "weight" in module.tensors else None


def ranks(module: Module) -> Hashable:
    if len(module.tensors) > _MOST_OWN:
        return None
    return frozenset([(own, len(tensor.shape)) for own, tensor in module.tensors.items() if own != OPTIONAL])


class Modules:
    """The modules of a checkpoint, in its order, and how many tensors they have."""

    @collector_at_rest()
    def __init__(self, checkpoint: Checkpoint) -> None:
        self.is_ordered = checkpoint.is_ordered
        self.all: Sequence[Module] = tuple(_modules(checkpoint.tensors))
        self.tensors = sum(len(module.tensors) for module in self.all)
        self._ending: dict[str, Mapping[str, Module]] = {}
        self._suffixes: dict[str, Mapping[str, Sequence[Module]]] = {}
        self._alike: dict[Likeness, Mapping[Hashable, Sequence[Module]]] = {}

    def alike(self, likeness: Likeness, value: Hashable) -> Sequence[Module]:
        """Return the modules that have a value in common."""
        if likeness not in self._alike:
            found: dict[Hashable, list[Module]] = defaultdict(list)
            for module in self.all:
                found[likeness(module)].append(module)
            self._alike[likeness] = found
        return self._alike[likeness].get(value, ())

    def ending(self, path: str) -> Mapping[str, Module]:
        """Return the modules whose path ends so, by what stands before it; the first of those of one path."""
        if path not in self._ending:
            found: dict[str, Module] = {}
            for module in self._by_suffix(path.rpartition(".")[2]).get(path, ()):
                found.setdefault(module.bare.removesuffix(path).removesuffix("."), module)
            self._ending[path] = found
        return self._ending[path]

    def below(self, prefix: str) -> int:
        """Return how many modules stand below a prefix."""
        return self._below[prefix]

    def _by_suffix(self, last: str) -> Mapping[str, Sequence[Module]]:
        """Return the modules that have this last part of their path, by every end of the path."""
        if last not in self._suffixes:
            found: dict[str, list[Module]] = {}
            for module in self._by_last.get(last, ()):
                for _, suffix in _splits(module.bare):
                    found.setdefault(suffix, []).append(module)
            self._suffixes[last] = found
        return self._suffixes[last]

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.all:
            found.setdefault(module.bare.rpartition(".")[2], []).append(module)
        return found

    @cached_property
    def _below(self) -> Mapping[str, int]:
        return Counter(prefix for module in self.all for prefix, _ in _splits(module.bare))


def _splits(path: str) -> list[tuple[str, str]]:
    """Return what may be a prefix of a path, and what then follows.

    >>> _splits("model.layer1.conv")
    [('', 'model.layer1.conv'), ('model', 'layer1.conv'), ('model.layer1', 'conv')]
    """
    made = [("", path)]
    place = path.find(".")
    while place >= 0 and len(made) <= _MOST_PREFIXES:
        made.append((path[:place], path[place + 1 :]))
        place = path.find(".", place + 1)
    return made


def _modules(tensors: Mapping[str, Shape]) -> Iterator[Module]:
    groups: dict[str, dict[str, Tensor]] = {}
    for name, shape in tensors.items():
        path, own = _parted(name)
        groups.setdefault(path, {})[own] = Tensor(name, shape)
    for path, group in groups.items():
        _join_pruned(group)
        yield Module(path, group)


def _parted(name: str) -> tuple[str, str]:
    """Return the module and the tensor that a name means.

    >>> _parted("features.0.weight"), _parted("bn1_running_mean"), _parted("bias"), _parted("conv1_w")
    (('features.0', 'weight'), ('bn1', 'running_mean'), ('', 'bias'), ('conv1', 'w'))
    """
    path, dot, own = name.rpartition(".")
    if dot:
        return path, own
    for own in _OWN:
        if name == own or name.endswith(f"_{own}"):
            return name[: -len(own) - 1], own
    path, _, own = name.rpartition("_")
    return path, own


def _join_pruned(group: dict[str, Tensor]) -> None:
    """Make one tensor of what torch.nn.utils.prune made two of: `weight_orig` and the mask that it is multiplied by."""
    for own in ("weight", "bias"):
        kept, mask = group.get(f"{own}_orig"), group.get(f"{own}_mask")
        if own not in group and kept and mask and kept.shape == mask.shape:
            del group[f"{own}_orig"], group[f"{own}_mask"]
            group[own] = kept._replace(mask=mask.name)
