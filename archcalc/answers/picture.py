"""The picture of an answer, which a notebook shows, and which is saved to a file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from archcalc.errors import ArchError, reason
from archcalc.files import replacing


class Picture:
    """A picture: `svg` is its text; `png()` and `pdf()` need the extra `figures`."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def png(self, zoom: int = 2) -> bytes:
        """Return it as PNG, so many times as large as its SVG says. Raises MissingError without resvg, or a font."""
        from archcalc.render.picture.files import png

        return png(self.svg, zoom)

    def pdf(self) -> bytes:
        """Return it as PDF. Raises MissingError without CairoSVG, or without the library cairo."""
        from archcalc.render.picture.files import pdf

        return pdf(self.svg)

    def forms(self) -> Mapping[str, Callable[[], str | bytes]]:
        """Return what it can be saved as, by the endings of files."""
        return {".svg": lambda: self.svg, ".png": self.png, ".pdf": self.pdf}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all, as its ending says. Raises ArchError where that cannot be."""
        target, forms = Path(path), self.forms()
        ending = target.suffix.lower()
        if ending not in forms:
            raise ArchError(f"{target} has not the ending of a picture: {', '.join(forms)}")
        content = forms[ending]()
        try:
            with replacing(target) as temporary:
                temporary.write_bytes(content if isinstance(content, bytes) else content.encode())
        except OSError as error:
            raise ArchError(f"{target} cannot be written: {reason(error)}") from None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.svg):,} characters of SVG; save() writes it to a file>"

    def _repr_svg_(self) -> str:
        return self.svg
