"""The names that `from` can use, in the scopes that lists of layers are, and where a list stands."""

from dataclasses import dataclass, field
from typing import NamedTuple

from archcalc.errors import Mark
from archcalc.spec.expressions import Scope
from archcalc.spec.model import Entry, Tower


class LaidOut(NamedTuple):
    """The layers that a statement has become, what it reads, and the layer whose output it hands on."""

    name: str
    """With what it stands in: `layer1.0.conv1`."""
    entries: tuple[Entry, ...]
    sources: tuple[str, ...]
    output: str


@dataclass
class Names:
    """The names that `from` can use in one scope, each with the layer whose output it stands for."""

    outer: "Names | None" = None
    known: dict[str, str] = field(default_factory=dict)
    given_at: dict[str, Mark] = field(default_factory=dict)
    coming: dict[str, Mark] = field(default_factory=dict)
    left_out: dict[str, Mark] = field(default_factory=dict)
    laid_out: dict[str, "LaidOut"] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        return self.known.get(name) or (self.outer.find(name) if self.outer else None)

    def all(self) -> list[str]:
        return [*self.known, *(self.outer.all() if self.outer else ())]

    def layers(self) -> list[str]:
        """Return the names of statements before this place."""
        return [*self.laid_out, *(self.outer.layers() if self.outer else ())]

    def layers_of(self, name: str) -> "LaidOut | None":
        """Return what the statement of a name has become."""
        return self.laid_out.get(name) or (self.outer.layers_of(name) if self.outer else None)

    def without(self, name: str) -> Mark | None:
        """Return where a layer of this name, or one around it, is left out by its `when`."""
        here = self.left_out.get(name) or (self.without(name.rpartition(".")[0]) if "." in name else None)
        return here or (self.outer.without(name) if self.outer else None)

    def later(self, name: str) -> Mark | None:
        """Return where a name is given that cannot be read yet."""
        return self.coming.get(name) or (self.outer.later(name) if self.outer else None)


class Place(NamedTuple):
    """Where a list of layers stands: its scope of names, the params it sees, and what is around it."""

    names: Names
    params: Scope
    prefix: str = ""
    tower: Tower | None = None
    blocks: tuple[str, ...] = ()
