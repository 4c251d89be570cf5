"""Where modules stand: `self.conv1`, `self.gpu0.conv1`, `self.layer1[0].conv1`, and what holds them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH, construction
from archcalc.layers import Twin
from archcalc.spec.model import Tower
from archcalc.twins import Placed


class Tree:
    """The modules of a network under their dotted paths."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._modules = dict(_by_device(placed))
        self._children: dict[str, list[str]] = defaultdict(list)
        for path in self._modules:
            for holder, part in _steps(path):
                if part not in self._children[holder]:
                    self._children[holder].append(part)

    def reach(self, path: str) -> str:
        """Return the expression for what stands at a path."""
        return "self" + "".join(self._step(holder, part) for holder, part in _steps(path))

    def declarations(self, conditions: Mapping[str, str] | None = None) -> list[str]:
        """Return the lines that make every module, and before them what holds it.

        Where there are conditions for a path, what stands there may be None.
        """
        lines: list[str] = []
        made = {""}
        for path, twin in self._modules.items():
            for holder, _ in _steps(path):
                if holder not in made and not self._is_list(holder.rpartition(".")[0]):
                    lines.append(f"{INDENT}{self.reach(holder)} = {self._holder(holder)}")
                made.add(holder)
            lines += self._declaration(path, twin, (conditions or {}).get(path, ""))
        return lines

    def _declaration(self, path: str, twin: Twin, condition: str) -> list[str]:
        target = self.reach(path)
        whole = construction(target, twin)
        if not condition:
            return whole
        if len(whole) == 1 and len(line := f"{whole[0]} if {condition} else None") <= WIDTH and not twin.remark:
            return [line]
        inner = construction(target, twin, f"{INDENT}    ")
        return [f"{INDENT}{target} = None", f"{INDENT}if {condition}:", *inner]

    def _step(self, holder: str, part: str) -> str:
        if self._is_list(holder):
            return f"[{part}]"
        return f".{part}" if self._has_attributes(holder) else f'["{part}"]'

    def _holder(self, path: str) -> str:
        if self._is_list(path):
            return f"nn.ModuleList(nn.Module() for _ in range({len(self._children[path])}))"
        return "nn.Module()" if self._has_attributes(path) else "nn.ModuleDict()"

    def _is_list(self, path: str) -> bool:
        """Return whether `path` holds modules called 0, 1, 2 and so on, each of which only holds others."""
        inner = self._children[path]
        paths = [f"{path}.{part}" for part in inner]
        return (
            set(inner) == set(map(str, range(len(inner))))
            and not any(inner_path in self._modules for inner_path in paths)
            and all(map(self._has_attributes, paths))
        )

    def _has_attributes(self, path: str) -> bool:
        """Return whether what stands at `path` holds modules by names that Python can write after a dot."""
        return all(part.isidentifier() for part in self._children[path])


def _by_device(placed: Sequence[Placed]) -> list[tuple[str, Twin]]:
    """Return every module's path and twin; in a tower those of one device, then those of the next."""
    starts: dict[Tower | None, int] = {}
    keys: dict[str, tuple[int, int]] = {}
    modules = []
    for place, layer in enumerate(placed):
        tower = layer.node.tower
        start = starts.setdefault(tower, place) if tower else place
        for copy in range(len(layer.paths)):
            for module_path, module in _modules(layer, copy):
                keys[module_path] = (start, copy)
                modules.append((module_path, module))
    return sorted(modules, key=lambda module: keys[module[0]])


def _modules(layer: Placed, copy: int) -> Iterator[tuple[str, Twin]]:
    """Return the modules that a layer makes on one device, and where; the padding before it too."""
    twin = layer.twin
    if twin.pad is not None:
        yield layer.pads[copy], twin.pad
    if twin.is_module and layer.is_first:
        yield layer.paths[copy], twin


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a path, each after the path of what holds it: ("", "gpu0"), ("gpu0", "conv1")."""
    parts = path.split(".")
    return ((".".join(parts[:place]), part) for place, part in enumerate(parts))
