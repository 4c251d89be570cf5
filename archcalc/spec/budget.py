"""The budget of a spec: for each number of the network, the most that it may be and the least, exactly as written."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.declared import Declared
from archcalc.layers.fields import Choice, FieldType, Flag, Number
from archcalc.spec.model import LayerNames, Maybe, MaybeCount, Text
from archcalc.spec.quantity import FORMS, read_quantity

if TYPE_CHECKING:
    from fractions import Fraction

Amount = int | str | float
Side = Literal["max", "min"]
SIDES: Final[tuple[Side, ...]] = ("max", "min")


class Printed(FieldType):
    """A number as sources print it, which here is meant exactly: 62M is 62,000,000."""

    words = FORMS

    def read(self, value: Any) -> int | str:
        try:
            read_quantity(value)
        except ArchError:
            raise self.refuse(value) from None
        return value  # type: ignore[no-any-return]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]"}]}


class Limit(Declared):
    """The most that a number of the network may be, and the least: of all layers, or of some."""

    max: Annotated[Amount | None, Maybe(Printed())] = None
    min: Annotated[Amount | None, Maybe(Printed())] = None
    of: Annotated[tuple[str, ...] | None, Maybe(LayerNames())] = None

    unit: ClassVar[str] = ""
    """The unit of its numbers."""
    is_bare: ClassVar[bool] = True
    """Whether a number alone is the most that there may be."""

    def amount(self, side: Side) -> "Fraction | None":
        """Return the most, or the least, as a number; None where it is not limited."""
        written: Amount | None = getattr(self, side)
        if written is None:
            return None
        if not isinstance(written, float):
            return read_quantity(written).value
        from fractions import Fraction

        return Fraction(str(written))

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        least, most = self.amount("min"), self.amount("max")
        if least is None and most is None:
            return [("", "needs max, min or both")]
        faults = {side: self._fault_of_unit(getattr(self, side)) for side in SIDES}
        of_a_unit: list[tuple[str, str]] = [(side, fault) for side, fault in faults.items() if fault]
        if of_a_unit or least is None or most is None or least <= most:
            return of_a_unit
        return [("min", f"min is over max: {self.min} and {self.max}")]

    def _fault_of_unit(self, written: Amount | None) -> str:
        is_in_bytes = isinstance(written, str) and written.endswith("B")
        return f"{written} is in bytes, as weights are; write {str(written)[:-1]}" if is_in_bytes else ""


class FieldLimit(Limit):
    """The largest receptive field that a layer may have, and the smallest."""

    is_bare = False


class ByteLimit(Limit):
    """The most bytes that parameters may take, and the least, in a number format."""

    dtype: Annotated[str, Choice("fp64", "fp32", "fp16", "bf16", "int8")] = "fp32"

    unit = "B"
    instead: ClassVar[str] = ", or limit params"
    """What may be meant where a count is given, in words."""

    def _fault_of_unit(self, written: Amount | None) -> str:
        is_a_count = isinstance(written, str) and not written.endswith("B")
        return f"{written} is not in bytes; write {written}B" + self.instead if is_a_count else ""


class PeakLimit(ByteLimit):
    """The most bytes that a pass of a batch may need at once, and the least, of the whole network."""

    dtype: Annotated[str, Choice("fp32", "fp16", "bf16", "int8")] = "fp32"
    batch: MaybeCount = None

    instead = ""
    measure: ClassVar[str]
    """What is limited."""

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        words = f"of is not for {self.measure}: a peak is of the whole network"
        return [("of", words)] if self.of is not None else super().faults()


class MemoryLimit(PeakLimit):
    """The most bytes that may be alive at once as eager PyTorch runs the network, in inference or in training."""

    mode: Annotated[str, Choice("infer", "train")] = "infer"

    measure = "memory"


class ArenaLimit(PeakLimit):
    """The most bytes that one arena for all maps of an inference may have, as it is planned."""

    order: Annotated[str, Choice("spec", "best")] = "spec"
    align: MaybeCount = None
    fused: Flag = False

    measure = "arena"

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        align = self.align or 1
        odd = [("align", f"align must be a power of 2, got {align}")] if align & (align - 1) else []
        return odd or super().faults()


class TimeLimit(Limit):
    """The milliseconds that a batch may take at least, at the roof of a device."""

    max: Annotated[Amount | None, Maybe(Number("a number of milliseconds from 1e-9 to 1e9", 1e-9, 1e9))] = None
    device: Annotated[str, Text()]
    batch: MaybeCount = None
    precision: Annotated[str, Choice("fp32", "tf32", "fp16", "bf16", "int8", "torch")] = "fp32"

    unit = "ms"

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        if self.min is not None:
            return [("min", "min is not for ms: the time at the roof is the least there can be, and no proof of more")]
        return [("", "needs max")] if self.max is None else []


LIMITS: Final[dict[str, type[Limit]]] = {
    "params": Limit,
    "macs": Limit,
    "flops": Limit,
    "activations": Limit,
    "weights": ByteLimit,
    "memory": MemoryLimit,
    "arena": ArenaLimit,
    "receptive_field": FieldLimit,
    "ms": TimeLimit,
}
"""The numbers that a budget may limit, each measured by `analysis.budget.measures.MEASURES`."""

NEEDS_A_SIDE: Final = "says max or min: write {{min: {value}}} or {{max: {value}}}"


def written(limit: Limit) -> Any:
    """Return a limit as a file has it: a number alone where it is only the most that there may be."""
    values = ((name, getattr(limit, name), field) for name, field in limit.fields.items())
    given = {name: field.type.write(value) for name, value, field in values if value != field.default}
    return given["max"] if limit.is_bare and [*given] == ["max"] else given


def read_limits(limits: Mapping[str, Any]) -> dict[str, Limit]:
    """Read a budget as plain data, as `budget:` has it. Raises ArchError for a mistake in it."""
    for name in limits:
        if name not in LIMITS:
            raise ArchError(f"a budget has no '{name}'{did_you_mean(name, LIMITS)} (it has {', '.join(LIMITS)})")
    return {name: _read_limit(name, value) for name, value in limits.items()}


def _read_limit(name: str, value: Any) -> Limit:
    try:
        return limit_of(name, value)
    except ArchError as error:
        raise ArchError(f"budget of {name}: {error}") from None


def limit_of(name: str, value: Any) -> Limit:
    """Read the limit of one number: a mapping, or the most that there may be. Raises ArchError for what is none."""
    kind = LIMITS[name]
    if not isinstance(value, Mapping):
        if not kind.is_bare:
            raise ArchError(NEEDS_A_SIDE.format(value=value))
        value = {"max": value}
    unknown = [key for key in value if key not in kind.fields]
    if unknown:
        raise ArchError(f"has no '{unknown[0]}' (it has {', '.join(kind.fields)})")
    limit = kind(**value)
    faults = limit.faults()
    if faults:
        raise ArchError(faults[0][1])
    return limit
