"""Numbers that are not known yet: a rule computes with them, and what it did is noted in steps.

Equal steps are one, so that two numbers which are made alike are the same number. Comparing gives a number too, which
holds or does not; who asks by `if` which of the two it is gets the answer that is supposed (`Notes.supposed`).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn


class UnwrittenError(Exception):
    """A rule asks for the value of a number, so that it cannot be written for all of them."""


class UndecidedError(Exception):
    """Words ask whether something holds, and nothing is supposed of it."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


class Step(NamedTuple):
    """What makes a number: `op` is `name` or `number`, of `value`, or an operation on two numbers by their steps."""

    op: str
    parts: tuple[int, ...] = ()
    value: Any = None


TRUTHS: Final = frozenset((">", ">=", "<", "<=", "==", "!=", "&", "|"))
"""The operations that make what holds or does not."""

_ALIKE: Final = {">": False, ">=": True, "<": False, "<=": True, "==": True, "!=": False}
"""What comparing a number with itself gives."""


class Notes:
    """The steps of one rule, in the order in which they are made."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._places: dict[Step, int] = {}
        self.supposed: Mapping[int, bool] | None = None
        """What is supposed to hold or not, by its step; None where no question may be asked."""

    def named(self, name: str) -> "Open":
        """Return a number that is given."""
        return self._made(Step("name", value=name))

    def _made(self, step: Step) -> "Open":
        if step not in self._places:
            self._places[step] = len(self.steps)
            self.steps.append(step)
        return Open(self, self._places[step])

    def place(self, number: "Open | int") -> int:
        """Return the step that makes a number."""
        if isinstance(number, Open):
            if number.notes is not self:
                raise ValueError("two rules are mixed up")
            return number.step
        return self._made(Step("number", value=int(number))).step

    def made(self, op: str, one: "Open | int", other: "Open | int") -> "Open | int | bool":
        """Return what an operation makes of two numbers, one of which is open; one that does nothing is no step."""
        known = self._in_short(op, one, other)
        return self._made(Step(op, (self.place(one), self.place(other)))) if known is None else known

    def _in_short(self, op: str, one: "Open | int", other: "Open | int") -> "Open | int | bool | None":
        """Return what an operation makes that takes no step; None for one that takes one."""
        if op in _ALIKE:
            are_alike = isinstance(one, Open) and isinstance(other, Open) and one.step == other.step
            return _ALIKE[op] if are_alike else None
        if op == "+" and not isinstance(other, Open):
            return self._plus(one, int(other))
        if op == "+" and not isinstance(one, Open):
            return self._plus(other, int(one))
        if op == "*" and 0 in (_value(one), _value(other)):
            return 0
        if op == "*" and _value(one) == 1:
            return other
        if op in ("*", "//") and _value(other) == 1:
            return one
        return 0 if op == "%" and _value(other) == 1 else None

    def _plus(self, one: "Open | int", constant: int) -> "Open | int | None":
        """Return a number plus a constant, those of several sums added up."""
        step = self.steps[one.step] if isinstance(one, Open) else Step("")
        if step.op == "+" and self.steps[step.parts[1]].op == "number":
            one, constant = Open(self, step.parts[0]), constant + self.steps[step.parts[1]].value
        return one if constant == 0 else self._made(Step("+", (self.place(one), self.place(constant))))

    def holds(self, step: int) -> bool:
        """Return whether what a step makes is supposed to hold. Raises UndecidedError where nothing is supposed."""
        if self.supposed is None:
            raise UnwrittenError("asks whether a number is something")
        if step not in self.supposed:
            raise UndecidedError(step)
        return self.supposed[step]


def _value(number: "Open | int") -> int | None:
    return None if isinstance(number, Open) else int(number)


def _computed(op: str, is_reflected: bool = False) -> Any:
    def compute(self: "Open", other: Any) -> Any:
        if not isinstance(other, Open | int):
            return NotImplemented
        return self.notes.made(op, other, self) if is_reflected else self.notes.made(op, self, other)

    return compute


class Open:
    """A number that is not known yet, made by a step of its notes."""

    __slots__ = ("notes", "step")

    def __init__(self, notes: Notes, step: int) -> None:
        self.notes = notes
        self.step = step

    __add__, __radd__ = _computed("+"), _computed("+", True)
    __sub__, __rsub__ = _computed("-"), _computed("-", True)
    __mul__, __rmul__ = _computed("*"), _computed("*", True)
    __floordiv__, __rfloordiv__ = _computed("//"), _computed("//", True)
    __mod__, __rmod__ = _computed("%"), _computed("%", True)
    __pow__ = _computed("**")
    __gt__, __ge__, __lt__, __le__ = map(_computed, (">", ">=", "<", "<="))
    __eq__, __ne__ = _computed("=="), _computed("!=")
    __and__, __rand__ = _computed("&"), _computed("&", True)
    __or__, __ror__ = _computed("|"), _computed("|", True)

    def __neg__(self) -> Any:
        return self.notes.made("-", 0, self)

    def __divmod__(self, other: int) -> tuple[Any, Any]:
        return self // other, self % other

    def __bool__(self) -> bool:
        step = self.notes.steps[self.step]
        return self.notes.holds(self.step if step.op in TRUTHS else self.notes.place(self != 0))

    def __format__(self, spec: str) -> str:
        return f"{OPENS}{self.step}:{spec}{CLOSES}"

    def __str__(self) -> str:
        return format(self, "")

    __repr__ = __str__

    def _unwritten(self, *_: object) -> NoReturn:
        raise UnwrittenError("asks for the value of a number")

    __hash__ = __int__ = __index__ = __float__ = _unwritten


OPENS: Final = "\ue000"
CLOSES: Final = "\ue001"
"""The signs around a number in words: no text of a layer has signs for private use."""
