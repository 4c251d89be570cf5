"""The axes of a space: one for each thing that is varied, with its values."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.values import read_shapes, read_values
from archcalc.errors import ArchError, did_you_mean, listing
from archcalc.layers.fields import is_integer, spell
from archcalc.layers.sizes import Shape, dims, names_of_axes
from archcalc.spec.inputs import INPUT, Inputs, alone
from archcalc.spec.model import Spec

BATCH: Final = "batch"

_ONE_INPUT: Final = f"{INPUT}."


class Axis(NamedTuple):
    """One thing that is varied: a param, a field of a layer by its dotted name, the input, or the batch."""

    name: str
    values: tuple[Any, ...]

    @property
    def size(self) -> int:
        return len(self.values)

    @property
    def is_input(self) -> bool:
        """Whether its values are shapes of an input: of the only one, or of one by its name, as in input.left."""
        return self.name == INPUT or self.name.startswith(_ONE_INPUT)

    def numbers(self) -> dict[str, list[Any]]:
        """Return its values as numbers for conditions: those of an input by the names of its axes; none of words."""
        if self.is_input:
            sides = names_of_axes(len(self.values[0]))
            return {f"{self.name}.{side}": [shape[place] for shape in self.values] for place, side in enumerate(sides)}
        if all(isinstance(value, int | float) for value in self.values):
            return {self.name: [_exact(value) for value in self.values]}
        return {}


def _exact(value: Any) -> Any:
    """Return a number as an integer or a fraction: 0.1 is a tenth, as it is written."""
    if isinstance(value, int):
        return int(value)
    from fractions import Fraction

    exact = Fraction(repr(value))
    return int(exact) if exact.denominator == 1 else exact


def varied_axis(spec: Spec, name: str, values: Any) -> Axis:
    """Return the axis of a param, or of something of a layer. Raises ArchError for what the spec does not have."""
    if name in (INPUT, BATCH):
        raise ArchError(f"{name} is varied by --{name}, not by --vary")
    known = [*spec.params, *_fields_of(spec)]
    if name not in known and "." not in name:
        layers = [one for one in _fields_of(spec) if one.startswith(f"{name}.")]
        hint = f"; did you mean '{layers[0]}'?" if layers else did_you_mean(name, spec.params)
        has = f" (it declares {', '.join(spec.params)})" if spec.params else " (it declares none)"
        raise ArchError(f"{spec.name} has no param '{name}'{hint or has}")
    if name not in known:
        _expect_field(spec, name)
    try:
        return Axis(name, read_values(values))
    except ArchError as error:
        raise ArchError(f"{name}: {error}") from None


def _fields_of(spec: Spec) -> Iterator[str]:
    return (f"{entry.name}.{field}" for entry in spec.layers for field in entry.layer.fields)


def _expect_field(spec: Spec, name: str) -> None:
    """Raise ArchError for a field that a layer lacks; a layer that is not there may be there in other variants."""
    layer, _, field = name.rpartition(".")
    found = next((entry.layer for entry in spec.layers if entry.name == layer), None)
    if found is not None:
        hint = did_you_mean(field, found.fields) or f" (it has {', '.join(found.fields) or 'none'})"
        raise ArchError(f"{layer} is a {found.op}, which has no field '{field}'{hint}")


def input_axes(spec: Spec, inputs: Any) -> Iterator[Axis]:
    """Yield an axis for the input, or for each of several that are given by their names. Raises ArchError."""
    if not isinstance(inputs, Mapping):
        own: Shape | None = alone(spec.input_shape)
        if own is None:
            names = " ".join(f"--input {name}=96,128" for name in spec.inputs)
            raise ArchError(f"{spec.name} has the inputs {listing([*spec.inputs], 'and')}: vary each, as in {names}")
        yield _input_axis(INPUT, inputs, own)
        return
    for name, values in inputs.items():
        if not isinstance(spec.input_shape, Mapping):
            raise ArchError(f"{spec.name} has one input, which has no name: write --input 96,128")
        if name not in spec.inputs:
            has = f"it has {listing([*spec.inputs], 'and')}"
            raise ArchError(f"{spec.name} has no input '{name}'{did_you_mean(name, spec.inputs) or f': {has}'}")
        yield _input_axis(f"{_ONE_INPUT}{name}", values, spec.inputs[name])


def _input_axis(name: str, values: Any, own: Shape) -> Axis:
    try:
        return Axis(name, read_shapes(values, own))
    except ArchError as error:
        raise ArchError(f"{name}: {error}") from None


def batch_axis(batch: Any) -> Axis:
    """Return the axis of the batch. Raises ArchError."""
    try:
        values = read_values(batch)
    except ArchError as error:
        raise ArchError(f"{BATCH}: {error}") from None
    for value in values:
        if not is_integer(value) or value < 1:
            raise ArchError(f"{BATCH} must be an integer >= 1, got {spell(value)}")
    return Axis(BATCH, values)


class Asked(NamedTuple):
    """What a variant is read with: settings, inputs, if they are varied, and a batch."""

    settings: dict[str, Any]
    inputs: Inputs | None
    batch: Any


def asked_for(values: Mapping[str, Any]) -> Asked:
    """Return what a variant is read with, by the names of axes."""
    settings = dict(values)
    batch = settings.pop(BATCH, 1)
    shape = settings.pop(INPUT, None)
    named = {name: settings.pop(name) for name in [*settings] if name.startswith(_ONE_INPUT)}
    shapes = {name.removeprefix(_ONE_INPUT): one for name, one in named.items()}
    return Asked(settings, shapes or shape, batch)


def in_words(name: str, value: Any) -> str:
    """
    >>> in_words("input", (3, 96, 96)), in_words("conv1.bias", True)
    ('input=3x96x96', 'conv1.bias=true')
    """
    return f"{name}={dims(value) if isinstance(value, tuple) else value if isinstance(value, str) else spell(value)}"
