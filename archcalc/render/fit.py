"""The widest network under a budget: its totals beside those of the one that was given, and how wide each layer is."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from archcalc.analysis.budget.judgement import Verdict
from archcalc.analysis.budget.measures import Number
from archcalc.analysis.fit.fitting import Fit, Made
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.table import measure

_TOTALS: Final = ("params", "macs", "flops", "activations")


def _number(value: Number) -> str:
    return f"{int(value):,}" if Fraction(value).denominator == 1 else f"{float(value):,.4g}"


_OF_TOTALS: Final = (
    Column("what", "what", heads=True),
    Column("given", "given", _number, right=True),
    Column("widest", "widest", _number, right=True),
    Column("limit", "limit", _number, right=True),
    Column("next", "next wider", _number, right=True, leaves=1),
)
_OF_WIDTHS: Final = (
    Column("layer", "layer", heads=True),
    Column("given", "given", lambda width: f"{width:,}", right=True),
    Column("widest", "widest", lambda width: f"{width:,}", right=True),
    Column("stays", "stays"),
)


def answer(found: Fit) -> Answer:
    """Show the totals of the given network and of the widest, and how wide each layer is."""
    widths = tuple((one.layer, one.given, one.widest, one.stays and str(one.stays)) for one in found.layers)
    sheets = [
        Sheet("totals", found.given.graph.spec.label, _OF_TOTALS, tuple(_rows(found))),
        Sheet("widths", "", _OF_WIDTHS, widths, notes=tuple(_notes(found))),
    ]
    return Answer(sheets, lambda: data(found))


def _rows(found: Fit) -> Iterator[tuple[Any, ...]]:
    totals = [measure(one.graph).totals for one in (found.given, found.widest, found.next)]
    limits = {one.what: one.bound for one in found.widest.verdicts if one.limit.of is None}
    for name in _TOTALS:
        given, widest, after = (getattr(one, name) for one in totals)
        yield name, given, widest, limits.get(name), after
    for place, one in enumerate(found.widest.verdicts):
        if one.what not in _TOTALS or one.limit.of is not None:
            given, after = (made.verdicts[place].number for made in (found.given, found.next))
            yield _limited(one), given, one.number, one.bound, after


def _limited(verdict: Verdict) -> str:
    of = f" of {', '.join(verdict.limit.of)}" if verdict.limit.of else ""
    unit = f" ({verdict.limit.unit})" if verdict.limit.unit not in ("", verdict.what) else ""
    return f"{verdict.what}{of}{unit}"


def _notes(found: Fit) -> Iterator[str]:
    factor, after = (float(one.factor) for one in (found.widest, found.next))
    if found.widest.factor:
        yield f"all that may change is {factor:.4g} times as wide, rounded down to what is divisible as it must be"
    else:
        yield "all that may change is as narrow as it can be"
    over = " and ".join(f"{one.what} {_number(one.number)}" for one in found.next.over)
    yield f"the next wider network, at {after:.4g} times, is over: {over}"


def data(found: Fit) -> dict[str, Any]:
    """Return the widest network under a budget as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: of the network that was given.
    - `factor`: how many times as wide all is that may change, before widths are rounded.
    - `divisor`: what all widths that change can be divided by.
    - `layers`: each layer that has a width

      - `layer`: its name.
      - `given`, `widest`: its width in both.
      - `stays`: why it is not changed: `kept`, since it was asked for, `handed on`, since the network's output has its
        channels, or `tied`, to what stays, by a merge or a field; or null.

    - `given`, `widest`, `next`: the network that was given, the widest, and the next wider one, which is over

      - `totals`: `params`, `macs`, `flops` and `activations`.
      - `limits`: each with `what` it is of, the `layers` if it is of some, the `most`, the `number`, and whether it
        `holds`.
    """
    made = {"given": found.given, "widest": found.widest, "next": found.next}
    return stamped(
        {
            **identity(found.given.graph.spec),
            "factor": float(found.widest.factor),
            "divisor": found.divisor,
            "layers": [
                {"layer": one.layer, "given": one.given, "widest": one.widest, "stays": one.stays and str(one.stays)}
                for one in found.layers
            ],
            **{name: _of_made(one) for name, one in made.items()},
        }
    )


def _of_made(made: Made) -> dict[str, Any]:
    totals = measure(made.graph).totals
    return {
        "totals": {name: getattr(totals, name) for name in _TOTALS},
        "limits": [
            {
                "what": one.what,
                "layers": list(one.limit.of or ()),
                "most": _plain(one.bound),
                "number": _plain(one.number),
                "holds": one.holds,
            }
            for one in made.verdicts
        ],
    }


def _plain(value: Number) -> int | float:
    return int(value) if Fraction(value).denominator == 1 else float(value)
