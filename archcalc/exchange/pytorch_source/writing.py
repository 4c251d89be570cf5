"""The text of the class of a block: its signature, what is read and made in each use, its modules, and `forward`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from archcalc.errors import listing
from archcalc.exchange.pytorch_source.classes import Class
from archcalc.exchange.pytorch_source.flow import Made, shapes_made, statements
from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH
from archcalc.exchange.pytorch_source.scope import Scope
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.exchange.pytorch_source.variants import Variant
from archcalc.layers import Shape

_AXES: Final = ((), ("length",), ("height", "width"), ("depth", "height", "width"))
"""The names of the axes behind the channels, by how many axes a shape has."""


def written(one: Class) -> Iterator[str]:
    """Yield the lines of a class."""
    parameters = [parameter.declared for parameter in one.parameters.found]
    paths = {layer.node.name: layer.paths[0] for layer in one.scope.layers}
    conditions = {paths[name]: text for name, text in one.parameters.conditions.items()}
    tree = Tree(one.scope.layers)
    yield f"class {one.name}(nn.Module):"
    yield f'    """{_signature(one)}."""'
    yield ""
    yield from _init(parameters)
    yield f"{INDENT}super().__init__()"
    yield from tree.declarations(conditions)
    yield ""
    yield from statements(one.scope, tree, _shapes(one.variant), one.variant.optional)


def _init(parameters: Sequence[str]) -> Iterator[str]:
    whole = f"    def __init__({', '.join(['self', *parameters])}) -> None:"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield "    def __init__("
    yield from (f"{INDENT}{parameter}," for parameter in ("self", *parameters))
    yield "    ) -> None:"


def _shapes(variant: Variant) -> dict[str, Made]:
    """Return the shapes that layers make in all uses."""
    found: dict[str, Made] = {}
    for member in variant.members:
        for name, made in shapes_made(member.scope.layers).items():
            before = found.get(name, made)
            found[name] = Made(made.shape if before.shape == made.shape else "", before.is_new or made.is_new)
    return found


def _signature(one: Class) -> str:
    """Return the shapes that go in and come out, with names for the sizes that differ between the uses."""
    scopes = [member.scope for member in one.variant.members]
    read = [_shapes_read(scope) for scope in scopes]
    sizes = _Sizes(one)
    named = [(name, sizes.of([shapes[name] for shapes in read])) for name in scopes[0].inputs]
    goes_in = [shape if len(named) == 1 else f"{name} {shape}" for name, shape in named]
    return f"{listing(goes_in, 'and')} to {sizes.of([scope.layers[-1].node.output_shape for scope in scopes])}"


def _shapes_read(scope: Scope) -> dict[str, Shape]:
    return {
        name: shape
        for layer in scope.layers
        for name, shape in zip(layer.node.inputs, layer.node.input_shapes, strict=True)
    }


class _Sizes:
    """Names for sizes: those of parameters for channels, and `height` and so on, which come from what is read."""

    def __init__(self, one: Class) -> None:
        self._parameters = one.parameters
        self._named: dict[str, dict[tuple[int, ...], str]] = {}

    def of(self, shapes: Sequence[Shape]) -> str:
        """Return one shape for those of all uses."""
        axes = ("channels", *_AXES[len(shapes[0]) - 1])
        values = [tuple(shape[axis] for shape in shapes) for axis in range(len(axes))]
        return f"(batch, {', '.join(map(self._size, values, axes))})"

    def _size(self, values: tuple[int, ...], axis: str) -> str:
        if len({*values}) == 1:
            return str(values[0])
        text = self._parameters.text_of(values) if axis == "channels" else ""
        known = self._named.setdefault(axis, {})
        return text or known.get(values) or self._part(values, known) or self._new(values, axis, known)

    def _part(self, values: tuple[int, ...], known: Mapping[tuple[int, ...], str]) -> str:
        """Return a size that follows from another of its axis; empty where it does not."""
        for other, name in known.items():
            for divisor in (2, 4):
                if values == tuple(size // divisor for size in other):
                    return f"{name} / {divisor}"
            if values == tuple(2 * size for size in other):
                return f"2 * {name}"
            for parameter in self._parameters.found:
                if parameter.name == "stride" and values == tuple(map(_strided, other, parameter.values)):
                    return f"{name} / stride"
        return ""

    def _new(self, values: tuple[int, ...], axis: str, known: dict[tuple[int, ...], str]) -> str:
        name = axis
        while name in known.values():
            name = f"new_{name}"
        known[values] = name
        return name


def _strided(size: int, stride: object) -> int:
    return -(-size // stride) if isinstance(stride, int) else 0
