"""A convention: what a tool counts of each layer kind, as a small re-weighting of the layer's facts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.analysis.conventions.facts import Facts
from archcalc.analysis.quoted import About
from archcalc.layers import KINDS
from archcalc.layers.sizes import AXES

Weights = Mapping[str, int]
"""How often each quantity of `Facts` is counted."""

OURS: Final = "archcalc"
"""The tool of our own conventions."""

EVERY_OTHER: Final = "*"
"""Stands among the ops about which a tool says nothing, where its rule is a list that says what it counts."""

_TERM: Final = re.compile(r"(?P<sign>[+-] )?(?:(?P<times>[0-9]+) )?(?P<quantity>[a-z_]+) ?")


class Convention(NamedTuple):
    """How one tool, in one version, counts; it calls the sum `word`, and `means` says what that is."""

    name: str
    tool: str
    version: str
    word: str
    means: str
    url: str
    """Where its rule is written."""
    counts: Mapping[str, Weights]
    """By op, as the tool knows torch's layers."""
    free: frozenset[str]
    """Ops that it knows, and says are nothing."""
    silent: frozenset[str]
    """Ops about which it is known to say nothing; how it counts ops of a later archcalc is not known."""
    note: str = ""
    """A note to read before its number is put next to another's."""
    printed_half: bool = False
    """Whether it is the half that is published."""
    about: About = About.COST
    """The subject of its number: cost, which grows with the batch, or params, which do not."""
    depends: str = ""
    """How its number depends on how the model is written; empty where it does not."""
    also: tuple[str, ...] = ()
    """Other words that people may mean it by, such as the framework that it counts for."""

    @property
    def label(self) -> str:
        """Return the name of its number next to others: `flops of fvcore`."""
        return self.word if self.tool == OURS else f"{self.word} of {self.name}"

    def published(self, number: int) -> int | Fraction:
        """Return the number that is printed for a sum: for some conventions, half of it."""
        if not self.printed_half:
            return number
        half, odd = divmod(number, 2)
        return Fraction(number, 2) if odd else half

    def weights(self, op: str) -> Weights | None:
        """Return what it counts of a layer kind; None where it says nothing about it, and where that is not known."""
        return self.counts.get(op, {} if op in self.free or (op in KINDS and KINDS[op].idle) else None)

    def is_known(self, op: str) -> bool:
        """Return whether it is known how the tool counts a layer kind, or that it says nothing about it."""
        says_nothing = op in self.silent or (EVERY_OTHER in self.silent and op in KINDS)
        return says_nothing or self.weights(op) is not None

    def cost(self, op: str, facts: Facts) -> int | None:
        """Return the cost of a layer; None where the tool says nothing about its kind."""
        weights = self.weights(op)
        return None if weights is None else sum(times * getattr(facts, name) for name, times in weights.items())


def convention(
    name: str,
    *,
    tool: str,
    version: str,
    word: str,
    means: str,
    url: str,
    counts: Mapping[str, str],
    free: str | Iterable[str] = (),
    silent: str | Iterable[str] = (),
    note: str = "",
    printed_half: bool = False,
    about: About = About.COST,
    depends: str = "",
    also: str = "",
) -> Convention:
    """Make a convention as its file writes it: ops separated by spaces, each counted as in `2 macs + bias`.

    `conv_d` is a convolution over one, two or three axes.
    """
    by_op = {op: read_weights(text) for ops, text in counts.items() for op in each(ops)}
    known, unsaid = (frozenset(each(ops) if isinstance(ops, str) else ops) for ops in (free, silent))
    return Convention(
        name,
        tool,
        version,
        word,
        means,
        url,
        by_op,
        known,
        unsaid,
        note,
        printed_half,
        about,
        depends,
        tuple(also.split()),
    )


def each(ops: str) -> Iterator[str]:
    """
    >>> list(each("conv_d linear"))
    ['conv1d', 'conv2d', 'conv3d', 'linear']
    """
    for op in ops.split():
        stem = op.removesuffix("_d")
        yield from [op] if stem == op else (f"{stem}{axes}d" for axes in AXES)


def read_weights(text: str) -> Weights:
    """
    >>> read_weights("2 macs + bias - outputs")
    {'macs': 2, 'bias': 1, 'outputs': -1}
    """
    weights: dict[str, int] = {}
    place = 0
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None or term["quantity"] not in Facts._fields or term["quantity"] in weights:
            raise ValueError(f"no weights: {text!r}")
        weights[term["quantity"]] = int(term["times"] or 1) * (-1 if term["sign"] == "- " else 1)
        place = term.end()
    return weights


def in_words(weights: Weights) -> str:
    """
    >>> in_words({"macs": 2, "bias": 1, "outputs": -1}), in_words({})
    ('2 macs + bias - outputs', '0')
    """
    text = ""
    for name, times in weights.items():
        sign = " - " if times < 0 else " + "
        text += f"{sign if text else sign.strip(' +')}{'' if abs(times) == 1 else f'{abs(times)} '}{name}"
    return text or "0"
