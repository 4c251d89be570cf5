"""Calls to a spec as plain data, as far as they can be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from archcalc.calls import UNSEEN, Seen
from archcalc.errors import ArchError, listing
from archcalc.exchange.lines import document
from archcalc.exchange.torch_models.reading import Reader
from archcalc.spec.inputs import Inputs, by_name


@dataclass(frozen=True)
class Imported:
    """A spec as plain data, as far as a model can be said, and where it cannot, why."""

    document: Mapping[str, Any]
    fault: str = ""
    """Why the model goes on where the spec ends; empty for a whole one."""
    classes: Mapping[str, str] = field(default_factory=dict)
    """The names of the classes of its modules, by their paths."""

    def to_json(self) -> Any:
        """Return it as JSON, for another process."""
        return {"document": self.document, "fault": self.fault, "classes": self.classes}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        return cls(data["document"], data["fault"], data["classes"])


def imported(seen: Seen, given: Inputs, head: Mapping[str, Any]) -> Imported:
    """Return the spec of a model that was seen to run on `given` inputs. `head` is what stands before its layers."""
    reader = Reader(by_name(given), seen)
    fault = ""
    try:
        reader.read()
    except ArchError as error:
        fault = str(error)
    if not fault and UNSEEN in seen.outputs:
        fault = "it hands on a tensor that is neither an input nor made by one call"
    outputs = () if fault else tuple(reader.names[number] for number in seen.outputs)
    return Imported(document(head, given, reader.lines, outputs), fault)


_MOST_NAMED: Final = 4


def about_idle(idle: Mapping[str, int]) -> str:
    """Return a note of the parameters that nothing reads, by the modules that have them; empty for none."""
    if not idle:
        return ""
    names = [name or "the model itself" for name in idle]
    shown = [*names[:_MOST_NAMED], *(["others"] if len(names) > _MOST_NAMED else [])]
    total = sum(idle.values())
    are, them = (
        ("param", "is left out, since nothing reads it")
        if total == 1
        else ("params", "are left out, since nothing reads them")
    )
    return f"{total:,} {are} of {listing(shown, 'and')} {them} in evaluation."
