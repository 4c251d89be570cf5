"""Steps as JavaScript: whole numbers are BigInt, which is exact however large they are.

What is used once is written where it is used; what is used more often has a name.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from archcalc.exchange.javascript.numbers import TRUTHS, Notes, Open, Step, UnwrittenError
from archcalc.exchange.javascript.reading import Either, Said, Words

_SIGNS: Final = {"==": "===", "!=": "!==", "&": "&&", "|": "||"}
_CALLS: Final = {"//": "div", "%": "mod"}
"""Operations that round down, as JavaScript's own do not."""


def text(value: object) -> str:
    """Return plain data as JavaScript, which may stand in a page: nothing in it ends a script.

    >>> text("</script>")
    '"\\\\u003c/script>"'
    """
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


class Body:
    """The lines of a function that computes with the steps of some notes."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.named: dict[int, str] = {}
        self.lines: list[str] = []

    def inner(self) -> "Body":
        """Return the lines of a block inside, which knows the names that there are."""
        body = Body(self.notes)
        body.named = dict(self.named)
        return body

    def name(self, wanted: Iterable[Any]) -> None:
        """Give a name to what is used more than once to make some numbers."""
        roots = [number.step for number in wanted if isinstance(number, Open)]
        uses, order = Counter(roots), []
        waiting, seen = [*roots], set(self.named)
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            order.append(place)
            uses.update(self.notes.steps[place].parts)
            waiting += self.notes.steps[place].parts
        for place in sorted(order):
            if uses[place] > 1 and self.notes.steps[place].parts:
                self.lines.append(f"const v{place}={self._written(self.notes.steps[place])};")
                self.named[place] = f"v{place}"

    def number(self, value: Any) -> str:
        """Return a number, a boolean or nothing as JavaScript."""
        if value is None or isinstance(value, bool):
            return text(value)
        return f"{int(value)}n" if isinstance(value, int) else self._counted(value.step)

    def truth(self, value: Any) -> str:
        """Return what holds or does not."""
        return text(bool(value)) if isinstance(value, int) else self._at(value.step)

    def _at(self, place: int) -> str:
        if place in self.named:
            return self.named[place]
        step = self.notes.steps[place]
        written = self._written(step)
        return written if not step.parts or step.op in _CALLS else f"({written})"

    def _counted(self, place: int) -> str:
        """Return a number that is counted with; what holds or does not is 1 or 0."""
        written = self._at(place)
        return f"({written}?1n:0n)" if self.notes.steps[place].op in TRUTHS else written

    def _written(self, step: Step) -> str:
        if step.op == "name":
            return str(step.value)
        if step.op == "number":
            return f"{step.value}n" if step.value >= 0 else f"({step.value}n)"
        are_truths = step.op in ("&", "|")
        one, other = (self._at(part) if are_truths else self._counted(part) for part in step.parts)
        if step.op in _CALLS:
            return f"{_CALLS[step.op]}({one},{other})"
        if step.op == "-" and self.notes.steps[step.parts[0]] == Step("number", value=0):
            return f"-{other}"
        return f"{one}{_SIGNS.get(step.op, step.op)}{other}"

    def words(self, said: Words) -> str:
        """Return words as an expression. Raises UnwrittenError for a format of numbers that JavaScript has not."""
        parts = [*_joined(said)]
        if not parts or isinstance(parts[0], Said):
            parts.insert(0, "")
        return "+".join(text(part) if isinstance(part, str) else self._choice(part) for part in parts)

    def _choice(self, part: Said | Either) -> str:
        if isinstance(part, Said):
            if part.spec not in ("", ","):
                raise UnwrittenError(f"writes a number as {part.spec}")
            written = self._counted(part.step)
            return f"commas({written})" if part.spec else written
        return f"({self._at(part.step)}?{self.words(part.then)}:{self.words(part.otherwise)})"


def _joined(said: Words) -> Iterator[str | Said | Either]:
    """Yield words with those that follow each other in one text."""
    plain = ""
    for part in said:
        if isinstance(part, str):
            plain += part
            continue
        if plain:
            yield plain
        plain = ""
        yield part
    if plain:
        yield plain
