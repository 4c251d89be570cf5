"""Text in sections, `[kind]` and then a `key=value` on each line, as Darknet and cuda-convnet write networks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from archcalc.errors import ArchError, Mark, did_you_mean
from archcalc.layers.fields import LARGEST, spell

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_COMMENTS: Final = ("#", ";")


class Option(NamedTuple):
    """What stands after a key."""

    text: str
    mark: Mark


class Section(NamedTuple):
    """What stands in brackets, and the options below it."""

    head: str
    options: Mapping[str, Option]
    mark: Mark
    asked: set[str]
    """The options that were asked for, whether or not they are given."""

    def has(self, key: str) -> bool:
        self.asked.add(key)
        return key in self.options

    def misspelt(self) -> Iterator[str]:
        """Yield in words the options that nobody has asked for and that are nearly called as one that somebody has."""
        for key, option in self.options.items():
            if key not in self.asked and (hint := did_you_mean(key, self.asked - self.options.keys())):
                yield f"[{self.head}] has {key} at line {option.mark.line}, which means nothing to it{hint}"

    def at(self, key: str) -> Mark:
        """Return where an option stands; where the section does, if it is not given."""
        return self.options[key].mark if key in self.options else self.mark

    def word(self, key: str, default: str | None = None) -> str:
        """Return the text of an option. Raises ArchError where it is not given and has no default."""
        if self.has(key):
            return self.options[key].text
        if default is None:
            hint = did_you_mean(key, self.options)
            raise ArchError(f"[{self.head}] needs {key}={hint}").at(self.mark)
        return default

    def integer(self, key: str, default: int | None = None, least: int = 0) -> int:
        """Return the integer of an option. Raises ArchError for what is none, and for one that is less than `least`."""
        if not self.has(key) and default is not None:
            return default
        return self.integers(key, least, most=1)[0]

    def integers(self, key: str, least: int = 0, most: int = 1000) -> list[int]:
        """Return the integers of an option, which commas part. Raises ArchError as `integer` does."""
        words = [word.strip() for word in self.word(key).rstrip(",").split(",")]
        if len(words) <= most and all(_INTEGER.fullmatch(word) and len(word) <= 16 for word in words):
            numbers = [int(word) for word in words]
            if all(least <= number <= LARGEST for number in numbers):
                return numbers
        what = f"an integer >= {least}" if most == 1 else f"integers >= {least}, with commas"
        raise ArchError(f"{key} must be {what}, got {spell(self.word(key))}").at(self.at(key))

    def number(self, key: str, default: float) -> float:
        """Return the number of an option. Raises ArchError for what is none."""
        if not self.has(key):
            return default
        try:
            return float(self.word(key))
        except ValueError:
            raise ArchError(f"{key} must be a number, got {spell(self.word(key))}").at(self.at(key)) from None


def read_sections(text: str, file: str) -> Sequence[Section]:
    """Return the sections of a text in order; of a key that is given twice, the first counts.

    Raises ArchError for a line that is neither a section nor an option.
    """
    sections: list[Section] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        mark = Mark(file, number, len(raw) - len(raw.lstrip()) + 1)
        if not line or line.startswith(_COMMENTS):
            continue
        if line.startswith("[") and line.endswith("]"):
            sections.append(Section(line[1:-1].strip(), {}, mark, set()))
            continue
        key, sign, value = line.partition("=")
        if not sections or not sign or not key.strip():
            raise ArchError(f"here is neither a [section] nor key=value: {spell(line)}").at(mark)
        sections[-1].options.setdefault(key.strip(), Option(value.strip(), mark))  # type: ignore[attr-defined]
    return sections
