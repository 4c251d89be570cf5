"""Networks as pages for a browser, and together on one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archcalc.errors import ArchError, reason
from archcalc.files import replacing, was_read
from archcalc.render.report.together.content import Content


@dataclass(frozen=True, repr=False)
class Report:
    """Pages that stand alone, `pages`, by the names of their files: one for each network, and one of all if several."""

    pages: Mapping[str, str]

    @property
    def first(self) -> str:
        """The file to open: that of all networks, or of the only one."""
        return "index.html" if "index.html" in self.pages else next(iter(self.pages))

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the pages to a folder, which is made if it is not there, and return their paths; each is then whole.

        Raises ArchError where that cannot be, and for a page that would stand in the place of a file that was read.
        """
        place = Path(folder)
        paths = [place / name for name in self.pages]
        try:
            place.mkdir(parents=True, exist_ok=True)
            for path in paths:
                if was_read(path):
                    raise ArchError(f"{path} is a file that the report was made from: name another folder")
            for path, text in zip(paths, self.pages.values(), strict=True):
                with replacing(path) as temporary:
                    temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ArchError(f"{place} cannot be written: {reason(error)}") from None
        return paths

    def __repr__(self) -> str:
        return f"<Report: {', '.join(self.pages)}>"


@dataclass(frozen=True, repr=False)
class OnePage:
    """Networks side by side on one page that stands alone."""

    content: Content

    def html(self) -> str:
        """Return the page for a browser: with figures, sorted by any column."""
        from archcalc.render.report.together.hypertext import hypertext

        return hypertext(self.content)

    def markdown(self) -> str:
        """Return the page as GitHub shows it: without figures."""
        from archcalc.render.report.together.written import markdown

        return markdown(self.content)

    def __str__(self) -> str:
        return self.markdown()

    def __repr__(self) -> str:
        return f"<OnePage: {len(self.content.entries)} networks; html() and markdown() write it>"
