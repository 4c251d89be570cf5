"""README.md and the pages of docs/, as their tests read them."""

import re
from typing import Final

from tests.conftest import ROOT

PAGES: Final = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
TEXTS: Final = {name: path.read_text(encoding="utf-8") for name, path in PAGES.items()}

_GENERATED: Final = re.compile(r"\]\]\] -->\n.*?<!-- \[\[\[end\]\]\] -->", re.DOTALL)
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(name: str, *languages: str, generated: bool = True) -> list[str]:
    """Return the blocks of code of a page in these languages; without what cog puts there, unless it is `generated`."""
    text = TEXTS[name] if generated else _GENERATED.sub("", TEXTS[name])
    return [code for language, code in _BLOCK.findall(text) if language in languages]


def sections(name: str) -> dict[str, str]:
    """Return the text of each section of a page, by its heading without marks of code."""
    _, *parts = re.split(r"^## (.*)\n", TEXTS[name], flags=re.MULTILINE)
    return {heading.strip("`"): text for heading, text in zip(parts[::2], parts[1::2], strict=True)}
