"""The FLOPs of a training by each way of counting, as a sheet, and what they come to, as notes."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

from archcalc.analysis.training.training import EXACT, SIX_N_D, THREE_FORWARD, Count, Span, Training
from archcalc.errors import listing
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.training.memory import memory_notes
from archcalc.render.words import number, percent, several, short, three_digits
from archcalc.spec.inputs import inputs_in_words

_TERA: Final = 10**12
_UNITS: Final = (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_MOST_NAMED: Final = 3


def powers(value: int) -> str:
    """Return a count in four digits and a power of ten, and a small one in full.

    >>> powers(469_415_616_768_000_000), powers(123_456)
    ('4.694e17', '123,456')
    """
    return f"{value:.3e}".replace("e+", "e") if value >= 10**6 else number(value)


def spanned(span: Span, text: Callable[[Fraction], str]) -> str:
    """
    >>> spanned(Span(Fraction(5), Fraction(6)), three_digits), spanned(Span(Fraction(5), Fraction(5)), three_digits)
    ('5.00 to 6.00', '5.00')
    """
    least, most = map(text, span)
    return least if least == most else f"{least} to {most}"


def duration(span: Span) -> str:
    """Return a time in the largest unit of which there are two at least, in three digits.

    >>> duration(Span(Fraction(432_000), Fraction(518_400))), duration(Span(Fraction(649), Fraction(649)))
    ('5.00 to 6.00 days', '10.8 min')
    """
    unit, size = next((one for one in _UNITS if span.most >= 2 * one[1]), _UNITS[-1])
    return f"{spanned(span.times(Fraction(1, size)), three_digits)} {unit}"


_COLUMNS: Final = (
    Column("counted_as", "counted as", heads=True),
    Column("flops_per_image", "FLOPs an image", number, right=True, leaves=1),
    Column("flops", "FLOPs", powers, right=True),
    Column("petaflops_days", "PFLOP/s-days", right=True),
    Column("tflops", "TFLOP/s", right=True),
    Column("utilisation", "of the peak", right=True),
)


def sheet(found: Training) -> Sheet:
    """Return a line for each way of counting, without columns that nothing is known for."""
    whole = _whole(found)
    known = {column.key for place, column in enumerate(_COLUMNS) if any(row[place] is not None for row in whole.rows)}
    return whole.pick([column.key for column in _COLUMNS if column.key in known])


def bare_sheet(found: Training) -> Sheet:
    """Return bare numbers, the least and the most apart."""
    keys = (
        *("counted_as", "flops_per_image", "flops", "petaflops_days"),
        *("tflops_least", "tflops_most", "utilisation_least", "utilisation_most"),
    )
    rows = tuple(
        (
            *(count.counted_as, count.each, count.flops, float(count.pflops_days)),
            *_ends(found.flops_per_second(count), Fraction(1, _TERA)),
            *_ends(found.utilisation(count), Fraction(1)),
        )
        for count in found.counts
    )
    return Sheet(found.spec.name, "", tuple(Column(key, key) for key in keys), rows)


def _ends(span: Span | None, scale: Fraction) -> tuple[float | None, float | None]:
    return (None, None) if span is None else (float(span.least * scale), float(span.most * scale))


def _whole(found: Training) -> Sheet:
    plan, name = found.plan, found.plan.device.name if found.plan.device else ""
    on = f"{number(plan.devices)} x {name}" if name else several(plan.devices, "device")
    said = [
        f"input {inputs_in_words(found.spec.input_shape)}",
        f"{several(plan.epochs, 'epoch')} of {several(plan.images, 'image')}",
        f"batch {number(plan.batch)}",
        on,
        str(plan.precision),
    ]
    title = f"training of {found.spec.label} ({', '.join(said)})"
    return Sheet(found.spec.name, title, _COLUMNS, tuple(_row(found, one) for one in found.counts), notes=notes(found))


def _row(found: Training, count: Count) -> tuple[Any, ...]:
    speed, share = found.flops_per_second(count), found.utilisation(count)
    return (
        count.counted_as,
        count.each,
        count.flops,
        Told(float(count.pflops_days), three_digits(count.pflops_days)),
        None if speed is None else spanned(speed.times(Fraction(1, _TERA)), three_digits),
        None if share is None else spanned(share, lambda one: percent(float(one))),
    )


def notes(found: Training) -> tuple[str, ...]:
    """Return what the numbers stand on, and what they come to."""
    return (_iterations(found), *_time(found), *_peak(found), *_counting(found), *_spent(found), *memory_notes(found))


def _iterations(found: Training) -> str:
    plan = found.plan
    words = f"{several(plan.iterations, 'iteration')}, {number(plan.iterations_per_epoch)} an epoch"
    return words if plan.last_batch == plan.batch else f"{words}, the last of {several(plan.last_batch, 'image')}"


def _time(found: Training) -> Iterator[str]:
    if found.seconds and found.images_per_second and found.seconds_per_batch:
        speed = spanned(found.images_per_second, three_digits)
        step = spanned(found.seconds_per_batch.times(1000), three_digits)
        yield f"time: {duration(found.seconds)} ({found.time_words}): {speed} images/s, {step} ms an iteration"
    elif found.plan.left_out:
        yield f"time: not known: the spec has {found.plan.left_out}; give --time, --utilisation or --from-profile"
    else:
        yield "time: not known: give --time, --utilisation or --from-profile"


def _peak(found: Training) -> Iterator[str]:
    plan = found.plan
    if plan.peak is None or plan.peak_tflops is None:
        if found.seconds:
            yield "of the peak: not known: give --device-model or --peak-tflops"
        return
    of = f" of {plan.device.name}" if plan.device else ""
    together = f", {float(plan.peak / _TERA):,g} of {number(plan.devices)} together" if plan.devices > 1 else ""
    yield f"peak{of}: {plan.peak_tflops:,g} TFLOP/s in {plan.precision}{together}"
    shares = [share for count in found.counts if (share := found.utilisation(count))]
    if any(share.most > 1 for share in shares):
        yield "over 100 % of the peak, fewer multiplications were done than are counted, as by FFT or Winograd"


def _counting(found: Training) -> Iterator[str]:
    """Yield why the ways of counting differ."""
    work = found.work
    none = f", of which {_first(found.first)} needs none" if found.first else ""
    yield (
        f"{EXACT}: {short(work.forward, 'FLOPs')} forward, {short(work.weight_gradients, 'FLOPs')} for gradients of "
        f"weights, {short(work.input_gradients, 'FLOPs')} for those of inputs{none}"
    )
    if found.exact.each:
        more = Fraction(3 * work.forward, found.exact.each) - 1
        yield f"{THREE_FORWARD}: as published estimates count, with all gradients of inputs: {_more(more)}"
    if work.params and work.forward:
        uses = Fraction(work.forward, 2 * work.params)
        yield f"{SIX_N_D}: 6 FLOPs for each parameter and image, as if used once; here it is {_used(uses, found)}"


def _first(names: tuple[str, ...]) -> str:
    shown = [*names[:_MOST_NAMED], *(["others"] if len(names) > _MOST_NAMED else [])]
    return listing(shown, "and")


def _more(share: Fraction) -> str:
    return f"{percent(float(share))} more" if share else "the same"


def _used(uses: Fraction, found: Training) -> str:
    words = f"used {three_digits(uses)} times on average"
    if found.convolutions is None or not found.convolutions.flops:
        return words
    shares = found.convolutions
    return (
        f"{words}: convolutions use theirs at every place, and do {percent(float(shares.flops))} of the FLOPs with "
        f"{percent(float(shares.params))} of the parameters"
    )


def _spent(found: Training) -> Iterator[str]:
    if found.kwh and found.device_hours:
        yield (
            f"energy: {spanned(found.kwh, three_digits)} kWh, at {found.watts:,g} W for each device, "
            f"{spanned(found.device_hours, three_digits)} device-hours"
        )
    if found.cost and found.device_hours:
        yield (
            f"cost: {spanned(found.cost, three_digits)}, at {found.price:,g} for a device-hour, "
            f"{spanned(found.device_hours, three_digits)} device-hours"
        )
