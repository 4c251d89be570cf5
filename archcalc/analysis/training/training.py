"""A training of a network: what it computes, how long it takes, and what share of the devices' peak that is."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.analysis.training.measured import Measured
from archcalc.analysis.training.memory import Need, need
from archcalc.analysis.training.request import Plan
from archcalc.analysis.work import Work, work
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.spec.model import Spec
from archcalc.table import row_of

PFLOPS_DAY: Final = 10**15 * 86_400
"""The FLOPs of a petaflop/s-day."""

_SECONDS_OF_HOUR: Final = 3600
_JOULES_OF_KWH: Final = 3_600_000
_MOST: Final = 10**9
"""Of watts, and of a price."""


class Span(NamedTuple):
    """A number that is known to lie between two, which may be one."""

    least: Fraction
    most: Fraction

    def under(self, number: int | Fraction) -> "Span":
        """Return a number divided by this one."""
        return Span(number / self.most, number / self.least)

    def times(self, number: int | Fraction) -> "Span":
        return Span(self.least * number, self.most * number)


class Count(NamedTuple):
    """The FLOPs of a training, by one way of counting."""

    counted_as: str
    each: int
    """Of one image."""
    flops: int

    @property
    def pflops_days(self) -> Fraction:
        return Fraction(self.flops, PFLOPS_DAY)


class Convolutions(NamedTuple):
    """How much of the parameters, and of the FLOPs, layers have that use each parameter at many places."""

    params: Fraction
    flops: Fraction


EXACT: Final = "exact"
THREE_FORWARD: Final = "3 x forward"
SIX_N_D: Final = "6ND"


@dataclass(frozen=True, repr=False)
class Training:
    """A training: its figures, the FLOPs by each way of counting, and its time, where that is known."""

    spec: Spec
    plan: Plan
    work: Work
    """The FLOPs of one image."""
    counts: tuple[Count, ...]
    seconds: Span | None
    time_words: str
    """Where the time is from."""
    first: tuple[str, ...]
    """The layers that compute no gradient of their input."""
    convolutions: Convolutions | None
    """None for a network without parameters or FLOPs."""
    memory: Need | None
    """What a step has in memory on each device; None where that is not known."""
    memory_not_known: str
    """Why it is not known; empty where it is."""
    watts: float | None = None
    price: float | None = None

    @property
    def exact(self) -> Count:
        """What is really computed."""
        return self.counts[0]

    @property
    def images_per_second(self) -> Span | None:
        return self.seconds.under(self.plan.images * self.plan.epochs) if self.seconds else None

    @property
    def seconds_per_batch(self) -> Span | None:
        """The seconds of an iteration."""
        return self.seconds.times(Fraction(1, self.plan.iterations)) if self.seconds else None

    def flops_per_second(self, count: Count) -> Span | None:
        """Return how fast the devices compute together, by a way of counting."""
        return self.seconds.under(count.flops) if self.seconds else None

    def utilisation(self, count: Count) -> Span | None:
        """Return that as a share of the peak of all devices; None where that is not known."""
        speed, peak = self.flops_per_second(count), self.plan.peak
        return speed.times(1 / peak) if speed and peak else None

    @property
    def device_hours(self) -> Span | None:
        return self.seconds.times(Fraction(self.plan.devices, _SECONDS_OF_HOUR)) if self.seconds else None

    @property
    def kwh(self) -> Span | None:
        """The energy of all devices, of which each takes `watts`."""
        if self.seconds is None or self.watts is None:
            return None
        return self.seconds.times(self.plan.devices * Fraction(str(self.watts)) / _JOULES_OF_KWH)

    @property
    def cost(self) -> Span | None:
        """The price of all device-hours."""
        return self.device_hours.times(Fraction(str(self.price))) if self.device_hours and self.price else None


def training(
    graph: Graph,
    plan: Plan,
    measured: Measured | None = None,
    watts: float | None = None,
    price: float | None = None,
) -> Training:
    """Return a training, at the speed that was `measured`, if it was.

    Raises ArchError where energy or cost are asked for and no time is known.
    """
    for option, value in (("--watts", watts), ("--price", price)):
        if value is not None and not 0 < value <= _MOST:
            raise ArchError(f"{option} must be a number over 0, and at most {_MOST:g}, got {value:g}")
    found = work(graph)
    images = plan.images * plan.epochs
    counts = tuple(
        Count(words, each, each * images)
        for words, each in (
            (EXACT, found.training),
            (THREE_FORWARD, 3 * found.forward),
            (SIX_N_D, 6 * found.params),
        )
    )
    seconds, words = _time(plan, counts[0], measured)
    if seconds is None and (watts is not None or price is not None):
        option = "--watts" if watts is not None else "--price"
        raise ArchError(f"{option} needs a time: give --time, --utilisation or --from-profile")
    return Training(
        graph.spec,
        plan,
        found,
        counts,
        seconds,
        words,
        _first_layers(graph),
        _convolutions(graph, found),
        *_memory(graph, plan),
        watts,
        price,
    )


def _memory(graph: Graph, plan: Plan) -> tuple[Need | None, str]:
    """Return what a step has in memory, or why that is not known, as of what torch does not run."""
    try:
        return need(graph, plan), ""
    except ArchError as error:
        return None, str(error)


def _time(plan: Plan, exact: Count, measured: Measured | None) -> tuple[Span | None, str]:
    """Return the seconds of the whole training, and where they are from."""
    if measured is not None:
        seconds = plan.images * plan.epochs / measured.images_per_second
        return Span(seconds, seconds), measured.words
    if plan.utilisation is not None and plan.peak is not None:
        seconds = exact.flops / (plan.utilisation * plan.peak)
        return Span(seconds, seconds), f"at {float(100 * plan.utilisation):g}% of the peak"
    if plan.time is None:
        return None, ""
    often = {None: 1, "epoch": plan.epochs, "batch": plan.iterations}[plan.time.per]
    return Span(plan.time.least, plan.time.most).times(often), plan.time_words


def _first_layers(graph: Graph) -> tuple[str, ...]:
    """Return the layers with FLOPs before which no layer learns."""
    learns: dict[str, bool] = {}
    found = []
    for node in graph.nodes:
        before = any(learns.get(name, False) for name in node.inputs)
        learns[node.name] = before or bool(node.layer.param_shapes(*node.device_inputs))
        if not before and row_of(node).macs:
            found.append(node.name)
    return tuple(found)


def _convolutions(graph: Graph, found: Work) -> Convolutions | None:
    if not found.params or not found.forward:
        return None
    rows = [row_of(node) for node in graph.nodes if node.layer.convolves]
    return Convolutions(
        Fraction(sum(row.params for row in rows), found.params),
        Fraction(sum(row.flops for row in rows), found.forward),
    )
