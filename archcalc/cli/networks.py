"""From words on the command line to networks, and what becomes of those that cannot be read.

A command that needs all of its networks ends with the faults of all that are broken (`all_of`). One that can do with
some answers for these, and reports the faults of the others after that (`each`). A network that is looked at alone is
shown up to the layer that does not fit (`up_to_a_fault`).
"""

from collections.abc import Iterable, Iterator

from archcalc.cli.options import Reading
from archcalc.cli.output import say
from archcalc.errors import ArchError, Fault
from archcalc.network import Network, Origin
from archcalc.questions import Tried, tried
from archcalc.spec.catalogue import Catalogue


class Networks:
    """The networks that words mean, as a command's options have them."""

    def __init__(self, reading: Reading) -> None:
        self.origin = Origin("", False, reading.spec_dir, reading.settings, reading.shape)
        self.catalogue = Catalogue(reading.spec_dir)

    def words(self) -> list[str]:
        """Return the word for each network that can be named."""
        return [str(path) for path in self.catalogue.files().values()]

    def one(self, word: str) -> Network:
        """Return the network of a word. Raises ArchError with every fault of its file.

        Of a model, its code is run, which is said. Of what was no spec, it is said what its spec leaves out.
        """
        origin = self.origin._replace(word=word)
        if model := origin.model:
            say(f"{word} runs the code of {model.place}")
        network = origin.read()
        if network.became and network.spec.notes:
            say(f"{word}: {network.spec.notes}")
        return network

    def all_of(self, words: Iterable[str]) -> list[Network]:
        """Return the network of each word. Raises ArchError with the faults of all that are broken, each once."""
        found = list(self.each(words))
        faults: list[Fault] = [fault for one in found if one.fault for fault in one.fault.faults]
        if faults:
            raise ArchError(*dict.fromkeys(faults))
        return [one.network for one in found if one.network]

    def each(self, words: Iterable[str]) -> Iterator[Tried]:
        """Yield every network, the broken ones with their faults."""
        for word in words:
            yield tried(word, lambda word=word: self.one(word))  # type: ignore[misc]

    def up_to_a_fault(self, word: str) -> tuple[Network, ArchError | None]:
        """Return the network up to the layer that does not fit, and that fault; its cautions are said.

        Raises ArchError where there is nothing to show.
        """
        network, fault = self.one(word).up_to_a_fault()
        say_cautions(network, network.spec.name)
        return network, fault


def say_cautions(network: Network, name: str) -> None:
    """Say what is legal in a network but probably not meant."""
    for caution in network.graph.cautions:
        say(f"{name}: {caution}")
