"""The files of a report, by their names."""

import re
from collections.abc import Iterable
from typing import Final

from archcalc.analysis.report.gathering import Gathered
from archcalc.render.report.index import Paged, index
from archcalc.render.report.page import page

INDEX: Final = "index.html"


def pages(several: Iterable[Gathered], has_index: bool, title: str = "") -> dict[str, str]:
    """Return a page for each network, in the order in which they come, and before these one of all, if it is wanted."""
    written: dict[str, str] = {}
    paged: list[Paged] = []
    for found in several:
        file = _file(found, {INDEX, *(name.lower() for name in written)})
        written[file] = page(found, has_index=has_index)
        paged.append(Paged(found, file))
    return {INDEX: index(paged, title), **written} if has_index else written


def _file(found: Gathered, taken: set[str]) -> str:
    """Return a name for a page: that of the network in signs that every system takes, and none that is taken."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", found.graph.spec.label).strip("-.") or "network"
    names = (f"{word}{f'-{count}' if count > 1 else ''}.html" for count in range(1, len(taken) + 2))
    return next(name for name in names if name.lower() not in taken)
