"""The roofline as a chart: the roof of the device, and each layer at its place on it."""

from math import ceil, floor, log10
from typing import Final

from archcalc.analysis.roofline.roofline import LayerRoof, Roofline
from archcalc.analysis.roofline.roofs import Roof
from archcalc.render.chart import Axis, Chart, Line, Point
from archcalc.render.roofline.layers import peak

_ROOM: Final = 1.3
"""How much wider than its points a chart is at least."""
_SERIES: Final = ("compute-bound", "memory-bound")


def chart(found: Roofline) -> Chart | None:
    """Return the chart; None for a network without FLOPs."""
    layers = [layer for layer in found.layers if layer.intensity]
    if not layers:
        return None
    x, y = _axes(found, layers)
    bound = {name: sum(layer.bound == name for layer in layers) for name in ("compute", "memory")}
    ridges = " and ".join(f"{float(roof.ridge):.3g}" for roof in found.roofs.distinct)
    return Chart(
        title=f"{found.spec.label} on {found.roofs.name}, batch {found.batch}, {found.roofs.computing}",
        description=(
            f"The roofline of {found.roofs.name}, whose ridge is at {ridges} FLOP/B, with the layers that have FLOPs: "
            f"{bound['compute']} compute-bound, {bound['memory']} memory-bound. The larger, the longer."
        ),
        x=x,
        y=y,
        lines=tuple(_roof(roof, x, y.label) for roof in found.roofs.distinct),
        points=tuple(_point(layer, found) for layer in layers),
        series=_SERIES,
    )


def _axes(found: Roofline, layers: list[LayerRoof]) -> tuple[Axis, Axis]:
    """Return axes whose ends are powers of ten."""
    places = [layer.intensity or 0 for layer in layers] + [float(roof.ridge) for roof in found.roofs.distinct]
    low, high = _ten_below(min(places) / _ROOM), _ten_above(max(places) * _ROOM)
    peak = max(roof.tflops for roof in found.roofs.distinct)
    unit = "TOP/s" if found.roofs.computing == "int8" else "TFLOP/s"
    return (
        Axis("FLOP/B", low, high, is_log=True),
        Axis(unit, _ten_below(low * found.roofs.gbs / 1000), _ten_above(peak * _ROOM), is_log=True),
    )


def _ten_below(value: float) -> float:
    return float(f"1e{floor(log10(value))}")


def _ten_above(value: float) -> float:
    return float(f"1e{ceil(log10(value))}")


def _roof(roof: Roof, x: Axis, unit: str) -> Line:
    ridge = float(roof.ridge)
    points = ((x.low, x.low * roof.gbs / 1000), (ridge, roof.tflops), (x.high, roof.tflops))
    return Line(points, f"{peak(roof.tflops)} {unit} in {roof.number_format}")


def _point(layer: LayerRoof, found: Roofline) -> Point:
    assert layer.intensity
    return Point(
        layer.intensity,
        layer.flops / layer.seconds / 1e12,
        layer.name,
        series=0 if layer.bound == "compute" else 1,
        weight=layer.seconds / found.seconds,
    )
