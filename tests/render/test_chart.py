"""Charts: what is drawn, where labels go, and what a picture promises."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from math import log10

import pytest

import archcalc
from archcalc.errors import ArchError
from archcalc.render.answer import Answer, together
from archcalc.render.chart import Axis, Box, Chart, Line, Point, svg, text, tick_text
from archcalc.render.chart.labels import Area, Room, Wanted, placed
from archcalc.render.formats import Screen
from archcalc.render.formats import svg as svg_format
from archcalc.render.picture import palette
from tests.goldens import same_as_golden

SVG = "{http://www.w3.org/2000/svg}"
ALEXNET = archcalc.load("torchvision").roofline("h100-sxm", precision="torch")


def chart_of(answer: Answer) -> Chart:
    (chart,) = answer.charts
    return chart


LINEAR = Chart(
    "bars",
    "two bars and a line",
    Axis("ms", 0, 10),
    Axis("MB", 0, 4),
    lines=(Line(((0, 1), (10, 3)), "mean", is_dashed=True),),
    points=(Point(5, 2, "middle"),),
    boxes=(Box(0, 4, 0, 2, "first"), Box(4, 10, 0, 1, "then", series=1)),
    series=("one", "other"),
)


@pytest.mark.parametrize("name", ["alexnet_torchvision", "resnet50"])
def test_golden_svg(name: str, update_golden: bool) -> None:
    found = archcalc.load(name).roofline("h100-sxm", precision="torch")
    same_as_golden(f"roofline_{name}.svg", svg.render(chart_of(found.rendered())), update_golden)


@pytest.mark.parametrize("signs", [text.PLAIN, text.ON_TERMINAL], ids=["plain", "terminal"])
def test_golden_text(signs: text.Signs, update_golden: bool) -> None:
    drawn = "\n".join(text.render(chart, width, signs) for chart in (chart_of(ALEXNET.rendered()), LINEAR)
                      for width in (60, 100))  # fmt: skip
    same_as_golden(f"charts_{'braille' if signs.is_braille else 'plain'}.txt", drawn, update_golden)


def test_a_picture_is_the_same_bytes_again_and_says_what_it_is() -> None:
    chart = chart_of(ALEXNET.rendered())
    written = svg.render(chart)
    assert written == svg.render(
        chart_of(archcalc.load("torchvision").roofline("h100-sxm", precision="torch").rendered())
    )
    root = ElementTree.fromstring(written)
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.get("role") == "img"
    assert "width" not in root.attrib
    words = [one.text for one in root.iter(f"{SVG}text")]
    for name in ("conv1", "conv2", "fc6 fc7 fc8", "494.7 TFLOP/s in tf32", "66.9 TFLOP/s in fp32", "FLOP/B", "TFLOP/s"):
        assert name in words
    assert "prefers-color-scheme:dark" in written
    assert "script" not in written
    assert "url(" not in written
    assert "href" not in written


def test_every_point_is_on_a_roof_and_where_its_numbers_say() -> None:
    """The circles, read back from the picture, next to the axes that its grid shows."""
    root = ElementTree.fromstring(svg.render(chart_of(ALEXNET.rendered())))
    circles = {
        one.findtext(f"{SVG}title"): (float(one.attrib["cx"]), float(one.attrib["cy"]))
        for one in root.iter(f"{SVG}circle")
        if one.find(f"{SVG}title") is not None
    }
    shown = [layer for layer in ALEXNET.layers if layer.flops]
    assert set(circles) == {layer.name for layer in shown}
    grid = [one.attrib for one in root.iter(f"{SVG}line") if one.get("class") == "grid"]
    across = sorted(float(line["x1"]) for line in grid if line["x1"] == line["x2"])  # 0.1, 1, 10, 100, 1000 FLOP/B
    down = sorted(float(line["y1"]) for line in grid if line["y1"] == line["y2"])  # 1000, 100, 10, 1, 0.1 TFLOP/s
    assert (len(across), len(down)) == (5, 5)
    for layer in shown:
        assert layer.intensity
        x = across[1] + (across[2] - across[1]) * log10(layer.intensity)
        y = down[3] - (down[1] - down[0]) * log10(layer.flops / layer.seconds / 1e12)
        assert circles[layer.name] == (pytest.approx(x, abs=0.15), pytest.approx(y, abs=0.15))


def test_names_and_titles_cannot_leave_the_text() -> None:
    hostile = LINEAR._replace(title='</title><script>"&\x07', points=(Point(5, 2, "<b>&'\""),))
    root = ElementTree.fromstring(svg.render(hostile))
    assert root.findtext(f"{SVG}title") == '</title><script>"& '
    assert "<b>&'\"" in [one.text for one in root.iter(f"{SVG}text")]


def test_dark_colours_stand_out_from_a_dark_ground() -> None:
    """Contrast by WCAG 2: 4.5 for text, 3 for marks."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(one: str, other: str) -> float:
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for theme, marks in enumerate((palette.LIGHT, palette.DARK)):
        assert all(contrast(mark, palette.GROUND[theme]) >= 4.5 for mark in marks)
        assert all(contrast(palette.INK[ink][theme], palette.GROUND[theme]) >= 4.5 for ink in ("ink", "soft"))


def test_no_label_covers_another_or_a_mark() -> None:
    wanted = [Wanted(100 + 7 * number, 50, f"layer{number}", 60, 4, 4) for number in range(12)]
    bounds = Area(0, 0, 300, 120)
    found = placed(wanted, Room(bounds, [], 12, 4, 20))
    areas = [area for area in found if area]
    assert len(areas) >= 8
    for number, area in enumerate(areas):
        assert not any(area.meets(other) for other in areas[number + 1 :])
        assert not any(area.holds(one.x, one.y) for one in wanted)
        assert bounds.left <= area.left
        assert area.right <= bounds.right


def test_a_label_that_has_no_room_is_left_out() -> None:
    assert placed([Wanted(10, 10, "long", 500, 1, 1)], Room(Area(0, 0, 100, 100), [], 10, 4, 20)) == [None]


@pytest.mark.parametrize("width", [10, 40, 60, 80, 119, 160])
@pytest.mark.parametrize("signs", [text.PLAIN, text.ON_TERMINAL], ids=["plain", "terminal"])
def test_a_chart_fits_its_place(width: int, signs: text.Signs) -> None:
    for chart in (chart_of(ALEXNET.rendered()), LINEAR):
        lines = text.render(chart, width, signs).splitlines()
        assert max(map(len, lines[1:])) <= max(width, 40)
        assert not any(line.endswith(" ") for line in lines)
        if not signs.is_braille:
            assert "".join(lines).isascii()


def test_names_in_chinese_take_two_places() -> None:
    chart = LINEAR._replace(points=(Point(2, 3.5, "\u5377\u79ef"),), boxes=(), lines=())
    line = next(line for line in text.render(chart, 60, text.PLAIN).splitlines() if "\u5377" in line)
    assert line.strip().endswith("o \u5377\u79ef")


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis("", 0.1, 1000, is_log=True), ["0.1", "1", "10", "100", "1000"]),
        (Axis("", 1, 10, is_log=True), ["1", "2", "5", "10"]),
        (Axis("", 1e-6, 1e6, is_log=True), ["1e-06", "0.0001", "0.01", "1", "100", "10k", "1M"]),
        (Axis("", 0, 10), ["0", "2", "4", "6", "8", "10"]),
        (Axis("", -3, 3), ["-3", "-2", "-1", "0", "1", "2", "3"]),
        (Axis("", 0, 1234), ["0", "200", "400", "600", "800", "1000", "1200"]),
    ],
)
def test_ticks_are_round(axis: Axis, ticks: list[str]) -> None:
    assert [tick_text(value) for value in axis.ticks()] == ticks


def test_an_answer_without_a_chart_is_no_picture() -> None:
    with pytest.raises(ArchError) as caught:
        svg_format.write(archcalc.load("lenet_d2l").explain().rendered(), Screen())
    assert (
        str(caught.value) == "svg is a picture of one chart, and this answer has no chart: write it in another format"
    )
    with pytest.raises(ArchError) as caught:
        svg_format.write(together([ALEXNET.rendered(), ALEXNET.rendered()]), Screen())
    assert "this answer has 2 charts" in str(caught.value)


def test_a_network_without_flops_has_no_chart() -> None:
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": [{"name": "x", "op": "relu"}]})
    found = network.roofline("t4")
    assert found.rendered().charts == []
    assert "svg" not in found._repr_html_()
    nothing = replace(found, layers=(), turning_batch=None)
    assert "nothing is computed or moved" in str(nothing)


def test_pages_have_the_picture_in_them() -> None:
    page = re.sub(r"\s+", " ", ALEXNET._repr_html_())
    assert page.count("<svg ") == page.count("</svg>") == 1
    assert re.search(r"<p class=\"archcalc\">[^<]*</p> <div class=\"archcalc\"[^>]*> <svg ", page)
