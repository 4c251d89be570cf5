"""Conventions side by side, or one with all that it counts, as sheets and as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.conventions import Convention
from archcalc.analysis.conventions.convention import in_words
from archcalc.analysis.conventions.facts import QUANTITIES
from archcalc.analysis.conventions.tools import COMMON
from archcalc.errors import listing
from archcalc.layers import KINDS
from archcalc.render.answer import Answer
from archcalc.render.envelope import stamped
from archcalc.render.sheet import Column, Sheet

NOT_COUNTED: Final = "not counted"
NOT_KNOWN: Final = "not known"


def _counted(convention: Convention, op: str) -> str:
    """Return the count in words; a kind of which nothing is said is not the same as one that is free."""
    weights = convention.weights(op)
    return "-" if weights is None else in_words(weights)


def silence(convention: Convention, op: str) -> str:
    """Return why there is no count of a kind: the tool says nothing about it, or what it says is not known here."""
    return NOT_COUNTED if convention.is_known(op) else NOT_KNOWN


_HERE: Final = "here layers are modules and a sum is a + b, as archcalc export writes them"


def dependence(convention: Convention) -> str:
    """Return how its number depends on how the model is written, and how that is here; empty where it does not."""
    if not convention.depends:
        return ""
    return f"{convention.name} depends on how the model is written: {convention.depends}; {_HERE}"


def dependences(conventions: Sequence[Convention]) -> tuple[str, ...]:
    """Return which of these depend on how the model is written, in one note."""
    names = [one.name for one in conventions if one.depends]
    if not names:
        return ()
    verb = "depends" if len(names) == 1 else "depend"
    return (f"{listing(names, 'and')} {verb} on how the model is written: {_HERE}",)


_ALL: Final = (
    Column("name", "convention"),
    Column("version", "version", leaves=1),
    Column("word", "calls it"),
    *(Column(op, op) for op in COMMON),
)

_SIGNS: Final = "0: counted as nothing; -: not counted, since the tool says nothing about this kind"

_NARROW: Final = (
    Column("name", "convention"),
    Column("counted", "what it counts", prose=True),
)

_ONE: Final = (
    Column("op", "op"),
    Column("counted", "what is counted of it", prose=True),
)


def all_sheet(conventions: Sequence[Convention]) -> Sheet:
    """Return a line for each convention, a column for each layer kind in which they differ most."""
    rows = tuple((one.name, one.version, one.word, *(_counted(one, op) for op in COMMON)) for one in conventions)
    return Sheet("", "", _ALL, rows, notes=(_SIGNS, *_notes(conventions)))


def narrow_sheet(conventions: Sequence[Convention]) -> Sheet:
    """Return the same, with what a convention counts as a sentence."""
    rows = tuple((one.name, _sentence(one)) for one in conventions)
    return Sheet("", "", _NARROW, rows, notes=_notes(conventions))


def _sentence(convention: Convention) -> str:
    """Return one sentence: the kinds that are counted, those that are free, and those that are not counted."""
    counted = [f"{op}: {in_words(weights)}" for op in COMMON if (weights := convention.weights(op))]
    free = [op for op in COMMON if convention.weights(op) == {}]
    silent = [op for op in COMMON if convention.weights(op) is None]
    parts = [f"{convention.word} of {convention.version}", *counted]
    parts += [f"free: {', '.join(free)}"] if free else []
    parts += [f"{NOT_COUNTED}: {', '.join(silent)}"] if silent else []
    return "; ".join(parts)


def _notes(conventions: Sequence[Convention]) -> tuple[str, ...]:
    """Return notes on how to read the counts, and on where the rest is."""
    used = {name for one in conventions for op in COMMON for name in one.weights(op) or ()}
    return (
        *(f"{name}: {words.full}" for name, words in QUANTITIES.items() if name in used),
        *dependences(conventions),
        "run archcalc conventions NAME to see all kinds and the source, "
        "archcalc table SPEC --convention NAME to count so",
    )


def one_sheet(convention: Convention) -> Sheet:
    """Return a line for each kind with its count, and the source."""
    rows = tuple((op, _in_full(convention, op)) for op in KINDS)
    notes = (
        f"{convention.word}: {convention.means}",
        *([convention.note] if convention.note else []),
        *([dependence(convention)] if convention.depends else []),
        convention.url,
    )
    return Sheet(convention.name, f"{convention.name}: {convention.tool} {convention.version}", _ONE, rows, notes=notes)


def _in_full(convention: Convention, op: str) -> str:
    weights = convention.weights(op)
    if weights is None:
        return silence(convention, op)
    used = "; ".join(f"{name}: {QUANTITIES[name].full}" for name in weights)
    return f"{in_words(weights)} ({used})" if used else "0"


def data(conventions: Sequence[Convention]) -> dict[str, Any]:
    """Return conventions as JSON.

    - `conventions`: each with

      - `name`, `tool`, `version`: the convention, and whose it is.
      - `word`, `means`: the tool's word for the sum, and what that means.
      - `source`: where the rule is written.
      - `note`: a remark, or null.
      - `about`: cost, or params.
      - `depends`: how the number depends on how the model is written, or null where it does not.
      - `also`: other words that mean it, such as the framework that it counts for.
      - `printed_half`: whether the tool publishes half of the sum.
      - `counts`: for each op, how often each quantity is counted; null where the tool says nothing about the op, or
        where it is not known how the tool counts it.

    - `quantities`: what each quantity is, in words.
    """
    return stamped(
        {
            "conventions": [
                {
                    "name": one.name,
                    "tool": one.tool,
                    "version": one.version,
                    "word": one.word,
                    "means": one.means,
                    "source": one.url,
                    "note": one.note or None,
                    "about": one.about,
                    "depends": one.depends or None,
                    "also": list(one.also),
                    "printed_half": one.printed_half,
                    "counts": {op: one.weights(op) for op in KINDS},
                }
                for one in conventions
            ],
            "quantities": {name: words.full for name, words in QUANTITIES.items()},
        }
    )


def all_of_them(conventions: Sequence[Convention]) -> Answer:
    """Show every convention, side by side."""
    return Answer([all_sheet(conventions)], lambda: data(conventions), narrower=[[narrow_sheet(conventions)]])


def some_of_them(conventions: Sequence[Convention]) -> Answer:
    """Show those that a word means, each with all that it counts and its source."""
    return Answer([one_sheet(one) for one in conventions], lambda: data(conventions))
