"""One error type. Inner code says what is wrong, each caller adds where, once."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

_MOST_HINTS: Final = 20
_LONGEST_WORD: Final = 60
_LIKENESS: Final = 0.65


class Mark(NamedTuple):
    """A place in a text; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Fault(NamedTuple):
    """One thing that is wrong: what, inside what, and at which place of a file."""

    what: str
    within: str = ""
    mark: Mark | None = None

    def __str__(self) -> str:
        return printable(": ".join(str(part) for part in (self.mark, self.within, self.what) if part))


class ArchError(Exception):
    """A mistake of the user's, with every independent fault that was found.

    `partial` is what could still be made before the fault: the graph up to a layer that does not fit.
    """

    def __init__(self, *faults: Fault | str, partial: object = None) -> None:
        self.faults = tuple(f if isinstance(f, Fault) else Fault(f) for f in faults)
        self.partial = partial
        super().__init__(*self.faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))

    def at(self, mark: Mark | None, within: str = "") -> "ArchError":
        """Return the same error with its place: faults that know their own place keep it."""
        return ArchError(
            *(Fault(f.what, f.within or within, f.mark or mark) for f in self.faults),
            partial=self.partial,
        )


class MissingError(ArchError):
    """Something that must be installed or plugged in first; the text says how."""


class Faults:
    """Collects independent faults, so that a file is mended in one go."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.hints_left = _MOST_HINTS

    def add(self, what: str | ArchError, mark: Mark | None = None, within: str = "") -> None:
        error = what if isinstance(what, ArchError) else ArchError(what)
        self.found += error.at(mark, within).faults

    def hint(self, word: str, known: Iterable[str]) -> str:
        """Return `did_you_mean`, which takes its time, for the first faults of a file."""
        self.hints_left -= 1
        return did_you_mean(word, known) if self.hints_left >= 0 else ""

    def pointer(self, word: str, known: Collection[str], owner: str = "it", none: str = "it declares none") -> str:
        """Return the nearest of the known words, or else all of them."""
        return self.hint(word, known) or (f" ({owner} has {', '.join(known)})" if known else f" ({none})")

    def raise_any(self) -> None:
        """Raise everything found so far as one error, in file order, each fault once."""
        if self.found:
            raise ArchError(*sorted(dict.fromkeys(self.found), key=_place))


def _place(fault: Fault) -> tuple[str, int, int]:
    return fault.mark or ("", 0, 0)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'kernel_size'?` if one known word is close, else nothing."""
    from difflib import get_close_matches

    by_letters = {_letters(name): name for name in known}
    close = get_close_matches(_letters(word)[:_LONGEST_WORD], list(by_letters), n=1, cutoff=_LIKENESS)
    return f"; did you mean '{by_letters[close[0]]}'?" if close else ""


def _letters(word: str) -> str:
    """Return a word without what people spell differently: MaxPool2d is max_pool2d."""
    return word.lower().replace("_", "").replace("-", "")


def reason(error: OSError) -> str:
    """Return why the system refuses a file, in its own words."""
    return (error.strerror or str(error)).lower()


def first_line(error: BaseException) -> str:
    r"""Return the first line of a message that is not blank, or nothing.

    >>> first_line(ValueError("\nfirst\nlast")), first_line(MemoryError())
    ('first', '')
    """
    return next((line for line in str(error).splitlines() if line.strip()), "")


def printable(text: str) -> str:
    r"""Return the text on one line, without anything that a terminal would act on.

    >>> printable("a\nb")
    'a\\nb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listing(words: Sequence[str], last: str = "or") -> str:
    """
    >>> listing(["relu", "tanh", "elu"])
    'relu, tanh or elu'
    """
    if not words:
        return "nothing"
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail
