"""archcalc validate"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, SpecDirOption, Specs, Writing

if TYPE_CHECKING:
    from archcalc.cli.networks import Networks
    from archcalc.render.list import Listed


def validate(specs: Specs, spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """Check spec files; every fault is listed with its place, and ends with 2.

    Example: archcalc validate specs/*.yaml
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import complain, write_answer
    from archcalc.errors import ArchError
    from archcalc.render.validate import answer

    read = listed(Networks(AS_SPECIFIED._replace(spec_dir=spec_dir)), specs)
    are_sound = [not spec.faults for spec in read]
    for spec in read:
        complain(ArchError(*spec.faults))
    if any(are_sound) or writing != AS_FITS:
        write_answer(answer(read), writing)
    if not all(are_sound):
        raise typer.Exit(2)


def listed(networks: "Networks", words: Iterable[str]) -> "list[Listed]":
    """Each spec with its table, or with what is wrong with it; cautions are said."""
    from archcalc.cli.networks import say_cautions
    from archcalc.render.list import Listed
    from archcalc.table import measure

    found = []
    for word, graph, fault in networks.each(words):
        if graph is None:
            found.append(Listed(word, (), "", word, None, fault.faults if fault else ()))
        else:
            spec = graph.spec
            say_cautions(graph, spec.file)
            found.append(Listed(spec.name, spec.aliases, spec.title, spec.file, measure(graph)))
    return found
