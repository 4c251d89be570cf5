"""From words on the command line to networks, and what becomes of those that cannot be read.

A command that needs all of its networks ends with the faults of all that are broken (`graphs`). One that can do with
some answers for these, and reports the faults of the others after that (`each`). A network that is looked at alone is
shown up to the layer that does not fit (`up_to_a_fault`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from archcalc.cli.options import Reading
from archcalc.cli.output import say
from archcalc.errors import ArchError, Fault
from archcalc.graph import Graph, link
from archcalc.spec.catalogue import Catalogue
from archcalc.spec.model import Spec


class Tried(NamedTuple):
    """A network that was asked for: its graph, or why there is none."""

    word: str
    graph: Graph | None
    fault: ArchError | None


class Networks:
    """The networks that words mean, as a command's options have them."""

    def __init__(self, reading: Reading) -> None:
        self.shape, self.settings = reading.shape, reading.settings
        self.catalogue = Catalogue(reading.spec_dir)

    def all(self) -> list[str]:
        """The word for each network that can be named."""
        return [str(path) for path in self.catalogue.files().values()]

    def spec(self, word: str) -> Spec:
        """Raises ArchError with every fault of its file."""
        return self.catalogue.load(word, self.settings, self.shape)

    def graph(self, word: str) -> Graph:
        """Raises ArchError with every fault of its file, or the layer that does not fit."""
        return link(self.spec(word))

    def graphs(self, words: Iterable[str]) -> list[Graph]:
        """Raises ArchError with the faults of all that are broken, each once."""
        tried = list(self.each(words))
        faults: list[Fault] = [fault for one in tried if one.fault for fault in one.fault.faults]
        if faults:
            raise ArchError(*dict.fromkeys(faults))
        return [one.graph for one in tried if one.graph]

    def each(self, words: Iterable[str]) -> Iterator[Tried]:
        """Every network, the broken ones with their faults."""
        for word in words:
            try:
                yield Tried(word, self.graph(word), None)
            except ArchError as error:
                yield Tried(word, None, error)

    def up_to_a_fault(self, word: str) -> tuple[Graph, ArchError | None]:
        """The graph up to the layer that does not fit, and that fault; cautions are said.

        Raises ArchError where there is nothing to show.
        """
        spec, fault = self.spec(word), None
        try:
            graph = link(spec)
        except ArchError as error:
            if not isinstance(error.partial, Graph):
                raise
            graph, fault = error.partial, error
        say_cautions(graph, spec.name)
        return graph, fault


def say_cautions(graph: Graph, name: str) -> None:
    """Say what is legal in a network but probably not meant."""
    for caution in graph.cautions:
        say(f"{name}: {caution}")


def expect_several(words: Sequence[str], command: str) -> None:
    """Raise ArchError unless there are two networks or more."""
    if len(words) < 2:
        raise ArchError(f"{command} needs two specs or more, as in archcalc {command} paper torchvision")
