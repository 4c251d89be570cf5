"""The space of a sweep: what is varied, over which values, and which of the variants are looked at.

Variants have numbers, by mixed radix: the first axis changes slowest, the last one fastest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

from archcalc.analysis.sweep.axes import Axis, batch_axis, input_axes, varied_axis
from archcalc.errors import ArchError
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.model import Spec

UNIFORM: Final = "uniform"
LATIN: Final = "latin"
SAMPLINGS: Final = (UNIFORM, LATIN)

MOST_VARIANTS: Final = 10**10
"""The most variants that are gone through."""


@dataclass(frozen=True)
class Space:
    """Axes, in the order in which variants are numbered, and which variants are drawn, if not all are looked at."""

    axes: tuple[Axis, ...]
    constraints: tuple[str, ...] = ()
    sample: int | None = None
    sampling: str = UNIFORM
    seed: int = 0

    @property
    def size(self) -> int:
        """How many variants the grid has."""
        return prod(axis.size for axis in self.axes)

    @property
    def drawn(self) -> int:
        """How many variants are looked at."""
        return self.size if self.sample is None else self.sample

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.axes)

    def with_first(self, names: Iterable[str]) -> "Space":
        """Return the same space with these axes as the first ones, which change slowest."""
        first = [axis for axis in self.axes if axis.name in set(names)]
        return replace(self, axes=(*first, *(axis for axis in self.axes if axis not in first)))

    def indices(self, number: int) -> tuple[int, ...]:
        """Return the place of a variant's value along each axis."""
        found = []
        for axis in reversed(self.axes):
            number, place = divmod(number, axis.size)
            found.append(place)
        return tuple(reversed(found))

    def variant(self, number: int) -> dict[str, Any]:
        """Return the values of a variant."""
        places = self.indices(number)
        return {axis.name: axis.values[place] for axis, place in zip(self.axes, places, strict=True)}

    def expect_enumerable(self) -> None:
        """Raise ArchError where there are too many variants to go through."""
        if self.drawn > MOST_VARIANTS:
            what = "sample" if self.sample is not None else "space"
            raise ArchError(
                f"the {what} has {self.drawn:,} variants, more than the {MOST_VARIANTS:,} that are gone through: "
                "draw some of them with --sample 1e6, or give fewer values"
            )

    def data(self) -> dict[str, Any]:
        """Return the space as plain data, which is equal for equal spaces."""
        axes = [[axis.name, [list(v) if isinstance(v, tuple) else v for v in axis.values]] for axis in self.axes]
        return {
            "axes": axes,
            "constraints": list(self.constraints),
            "sample": self.sample,
            "sampling": self.sampling if self.sample is not None else None,
            "seed": self.seed if self.sample is not None else None,
        }


def read_space(
    spec: Spec,
    vary: Mapping[str, Any],
    *,
    inputs: Any = None,
    batch: Any = None,
    constraints: Iterable[str] = (),
    sample: Any = None,
    sampling: str = UNIFORM,
    seed: Any = 0,
) -> Space:
    """Return the space of what is varied in a spec. Raises ArchError for what it does not have."""
    axes = [varied_axis(spec, str(name), values) for name, values in vary.items()]
    if inputs is not None:
        axes += input_axes(spec, inputs)
    if batch is not None:
        axes.append(batch_axis(batch))
    if not axes:
        raise ArchError("nothing is varied: give what, with --vary w=8..128:8, --input 96,128 or --batch 1,8")
    return Space(tuple(axes), tuple(constraints), _read_sample(sample), _read_sampling(sampling), _read_seed(seed))


def _read_sample(sample: Any) -> int | None:
    if sample is None:
        return None
    value = int(sample) if isinstance(sample, float) and sample == int(sample) else sample
    if not is_integer(value) or value < 1:
        raise ArchError(f"a sample is a number of variants, such as 1e6, got {spell(sample)}")
    return int(value)


def _read_sampling(word: str) -> str:
    if word not in SAMPLINGS:
        raise ArchError(f"a sample is drawn {' or '.join(SAMPLINGS)}, got {spell(word)}")
    return word


def _read_seed(seed: Any) -> int:
    if not is_integer(seed) or not 0 <= seed < 2**63:
        raise ArchError(f"a seed is an integer >= 0, got {spell(seed)}")
    return int(seed)
