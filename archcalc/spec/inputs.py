"""The input of a network: one shape without a name, or several, each with the name that layers read it by."""

from collections.abc import Mapping
from typing import Final

from archcalc.errors import ArchError, listing
from archcalc.layers import Shape
from archcalc.layers.sizes import dims

INPUT: Final = "input"
"""The name of an input without a name of its own, in `from`."""

Inputs = Shape | Mapping[str, Shape]
"""The shape of the only input, or those of all inputs by their names."""


def by_name(given: Inputs) -> Mapping[str, Shape]:
    """
    >>> by_name((3, 224, 224)), by_name({"left": (1, 88, 88)})
    ({'input': (3, 224, 224)}, {'left': (1, 88, 88)})
    """
    return given if isinstance(given, Mapping) else {INPUT: given}


def replaced(own: Inputs, given: Inputs) -> Inputs:
    """Return a network's inputs with those that are given in their place. Raises ArchError for names that it lacks.

    >>> replaced({"left": (1, 88, 88), "right": (1, 88, 88)}, {"right": (1, 64, 64)})
    {'left': (1, 88, 88), 'right': (1, 64, 64)}
    """
    if not isinstance(given, Mapping):
        alone_here = alone(own)
        if alone_here is not None:
            _expect_rank(given, alone_here)
            return dict.fromkeys(own, given) if isinstance(own, Mapping) else given
        assert isinstance(own, Mapping)
        raise ArchError(f"the network has the inputs {listing([*own], 'and')}: write {_example(own)}")
    unknown = [name for name in given if name not in by_name(own)]
    if not unknown:
        return {**own, **given} if isinstance(own, Mapping) else given[INPUT]
    has = f"the inputs {listing([*own], 'and')}" if isinstance(own, Mapping) else "one input, which has no name"
    raise ArchError(f"the network has no input '{unknown[0]}': it has {has}")


def _expect_rank(given: Shape, own: Shape) -> None:
    """Raise ArchError for a shape in which a map's channels seem to be left out, or its batch to be put in."""
    hint = {2: "it has no channels", 4: "give the batch with --batch"}.get(len(given), "")
    if len(own) == 3 and hint:
        raise ArchError(f"input {dims(given)} is not like {dims(own)}, which the network reads: {hint}")


def _example(inputs: Mapping[str, Shape]) -> str:
    return ",".join(f"{name}={dims(shape)}" for name, shape in inputs.items())


def inputs_in_words(given: Inputs) -> str:
    """
    >>> inputs_in_words((3, 224, 224)), inputs_in_words({"left": (1, 88, 88), "right": (1, 88, 88)})
    ('3x224x224', 'left 1x88x88, right 1x88x88')
    """
    if isinstance(given, Mapping):
        return ", ".join(f"{name} {dims(shape)}" for name, shape in given.items())
    return dims(given)


def as_data(given: Inputs) -> list[int] | dict[str, list[int]]:
    """Return the inputs as JSON and YAML have them."""
    if isinstance(given, Mapping):
        return {name: list(shape) for name, shape in given.items()}
    return list(given)


def alone(given: Inputs) -> Shape | None:
    """Return the shape of the only input; None where there are several.

    >>> alone((3, 224, 224)), alone({"left": (1, 88, 88), "right": (1, 88, 88)})
    ((3, 224, 224), None)
    """
    shapes = [*by_name(given).values()]
    return shapes[0] if len(shapes) == 1 else None
