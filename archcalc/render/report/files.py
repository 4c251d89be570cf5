"""The files of a report, by their names."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.analysis.report.gathering import Gathered
from archcalc.render.report.index import Paged, index
from archcalc.render.report.page import page

INDEX: Final = "index.html"


def pages(several: Sequence[Gathered]) -> dict[str, str]:
    """Return a page for each network, and one of all if there are several."""
    paged = [Paged(found, file) for found, file in zip(several, _files(several), strict=True)]
    written = {file: page(found, has_index=len(paged) > 1) for found, file in paged}
    return {INDEX: index(paged), **written} if len(paged) > 1 else written


def _files(several: Sequence[Gathered]) -> Iterator[str]:
    """Yield a name for each page: that of the network in signs that every system takes, told apart where it must be."""
    taken = {INDEX}
    for found in several:
        word = re.sub(r"[^A-Za-z0-9._-]+", "-", found.graph.spec.label).strip("-.") or "network"
        names = (f"{word}{f'-{count}' if count > 1 else ''}.html" for count in range(1, len(several) + 2))
        name = next(name for name in names if name.lower() not in taken)
        taken.add(name.lower())
        yield name
