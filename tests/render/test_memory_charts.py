"""What is alive in each step as a chart, and the arena: read back from the pictures."""

import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise

import pytest

import archcalc
from archcalc.analysis.memory.pool import Sort
from archcalc.render.chart import Axis, Band, Chart, Rule, stacked, svg, text
from tests.commands import run_here
from tests.goldens import same_as_golden

SVG = "{http://www.w3.org/2000/svg}"
TRAINED = archcalc.load("lenet_d2l").memory("train", batch=256)
PLANNED = archcalc.load("lenet_d2l").memory_plan(dtype="int8")


def chart_of(answer: archcalc.answers.answer.Answer) -> Chart:
    (chart,) = answer.rendered().charts
    return chart


def corners(polygon: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (place.split(",") for place in polygon.attrib["points"].split())]


@pytest.mark.parametrize(("name", "answer"), [("training", TRAINED), ("arena", PLANNED)])
def test_golden_pictures(name: str, answer: archcalc.answers.answer.Answer, update_golden: bool) -> None:
    written = svg.render(chart_of(answer))
    same_as_golden(f"memory_{name}_lenet_d2l.svg", written, update_golden)
    assert written == svg.render(chart_of(answer))


@pytest.mark.parametrize("signs", [text.PLAIN, text.ON_TERMINAL], ids=["plain", "terminal"])
def test_golden_text(signs: text.Signs, update_golden: bool) -> None:
    drawn = "\n".join(
        text.render(chart_of(answer), width, signs) for answer in (TRAINED, PLANNED) for width in (60, 100)
    )
    same_as_golden(f"memory_charts_{'braille' if signs.is_braille else 'plain'}.txt", drawn, update_golden)


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_what_is_alive_adds_up_in_each_step(mode: str) -> None:
    found = archcalc.load("resnet18").memory(mode, batch=8).found  # type: ignore[arg-type]
    for phase in found.phases:
        assert sum(phase.at_highest.values()) == phase.highest
    highest = max(found.phases, key=lambda phase: phase.highest)
    assert highest.at_highest == found.peak.by_sort


def test_bands_are_where_the_numbers_say() -> None:
    """The top of the stack, read back from the picture, next to the grid's levels."""
    root = ElementTree.fromstring(svg.render(chart_of(TRAINED)))
    bands = {one.findtext(f"{SVG}title"): corners(one) for one in root.iter(f"{SVG}polygon")}
    assert list(bands) == ["weights", "inputs", "optimizer", "gradients", "activations", "temporaries"]
    grid = sorted(float(one.attrib["y1"]) for one in root.iter(f"{SVG}line")
                  if one.get("class") == "grid" and one.attrib["y1"] == one.attrib["y2"])  # fmt: skip
    bottom, five = grid[-1], grid[-2]  # 0 and 5 MB
    left, right = bands["weights"][0][0], max(x for x, _ in bands["weights"])
    steps = TRAINED.found.phases
    for number, phase in enumerate(steps):
        x = left + (number + 0.5) * (right - left) / len(steps)
        top = bottom - (bottom - five) * phase.highest / 5e6
        forth = bands["temporaries"]
        upper = next(y1 for (x1, y1), (x2, y2) in pairwise(forth) if x1 < x <= x2 and y1 == y2)
        assert upper == pytest.approx(top, abs=0.15)


def test_boxes_of_an_arena_are_where_the_numbers_say() -> None:
    root = ElementTree.fromstring(svg.render(chart_of(PLANNED)))
    boxes = [one.attrib for one in root.iter(f"{SVG}rect") if one.get("class") != "ground"]
    across, up = 718 / 12, 356 / (1.14 * 5_880)  # 12 layers on 718, and 1.14 times the arena on 356
    for one, block in zip(boxes, PLANNED.found.blocks, strict=True):
        assert float(one["x"]) == pytest.approx(66 + across * block.first, abs=0.06)
        assert float(one["width"]) == pytest.approx(across * (block.last + 1 - block.first), abs=0.11)
        assert float(one["y"]) == pytest.approx(408 - up * (block.offset + block.bytes), abs=0.06)
        assert float(one["height"]) == pytest.approx(up * block.bytes, abs=0.11)


def test_what_fits_in_a_box_is_said_there_and_the_peak_in_the_legend() -> None:
    drawn = chart_of(archcalc.load("mobilenet_v2:input=3x96x96").memory_plan(dtype="int8"))
    at_peak = ["at the peak: stage2.first.expand 221 KB", "at the peak: stage2.first.depthwise 55.3 KB"]
    assert [*drawn.series] == at_peak
    assert [box.label for box in drawn.boxes if box.series < 2] == ["stage2.first.expand", "stage2.first.depthwise"]
    root = ElementTree.fromstring(svg.render(drawn))
    turned = [one.text for one in root.iter(f"{SVG}text") if "rotate" in one.get("transform", "")]
    assert turned == ["address, KB", "conv0", "depthwise1", "stage2.first.expand"]  # the others are too flat
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert {*at_peak, "arena 276 KB, bound 276 KB at stage2.first.depthwise"} <= {*words}
    lines = text.render(drawn, 60, text.PLAIN).splitlines()
    assert lines[:3] == [f"o {at_peak[0]}", f"x {at_peak[1]}", "address, KB"]


def test_a_legend_ends_where_the_picture_does() -> None:
    names = tuple(f"{letter}: a long name of many words that goes on" for letter in "abcde")
    chart = Chart("t", "d", Axis("x", 0, 3), Axis("y", 0, 2), series=names)
    words = [one.text for one in ElementTree.fromstring(svg.render(chart)).iter(f"{SVG}text")]
    assert [name for name in names if name in words] == [*names[:2]]
    assert [line for line in text.render(chart, 100, text.PLAIN).splitlines() if "a long name" in line] == [
        f"o {names[0]}   x {names[1]}",
        f"# {names[2]}   * {names[3]}",
        f"% {names[4]}",
    ]


@pytest.mark.parametrize("name", ["lenet_d2l", "mobilenet_v2", "densenet121", "unet"])
def test_pieces_that_touch_have_other_colours(name: str) -> None:
    boxes = chart_of(archcalc.load(name).memory_plan()).boxes
    for one, other in combinations(boxes, 2):
        if one.left <= other.right and other.left <= one.right and one.low <= other.high and other.low <= one.high:
            assert one.series != other.series


def test_a_sort_has_one_colour_in_all_pictures() -> None:
    names = [str(sort) for sort in Sort]
    for mode in ("infer", "train"):
        drawn = chart_of(archcalc.load("resnet18").memory(mode))  # type: ignore[arg-type]
        assert all(drawn.series[band.series] == band.label for band in drawn.bands)
        assert [band.series for band in drawn.bands if band.label == "activations"] == [5]
        assert {name for name in drawn.series if name} == {band.label for band in drawn.bands} <= {*names}


def test_the_passes_and_the_peak_are_said() -> None:
    drawn = chart_of(TRAINED)
    assert [rule.label for rule in drawn.rules] == [
        *("forward", "backward", "step"),
        "peak: 16.0 MB at conv1.sigmoid, backward",
    ]
    assert drawn.description == (
        "The most bytes that are alive as each of 27 steps runs, for weights, inputs, optimizer, gradients, "
        "activations and temporaries. The peak is 15,995,408 bytes, at conv1.sigmoid, backward."
    )
    (peak,) = chart_of(archcalc.load("lenet_d2l").memory()).rules
    assert (peak.label, peak.is_level) == ("peak: 288 KB at conv1.sigmoid", True)
    at_step = chart_of(archcalc.load("lenet_d2l").memory("train")).rules[-1]
    assert at_step.label == "peak: 936 KB at step"


def test_stairs_turn_where_levels_change() -> None:
    bands = stacked((0, 1, 2, 3), [(1, 1, 2)], ["a"])
    assert bands == (Band((0, 1, 2, 3), (0, 0, 0), (1, 1, 2), "a", 0),)
    chart = Chart(
        "t", "d", Axis("x", 0, 3), Axis("y", 0, 2), bands=bands, rules=(Rule(1, "early"), Rule(1.1, "no room"))
    )
    root = ElementTree.fromstring(svg.render(chart))
    (polygon,) = root.iter(f"{SVG}polygon")
    assert [y for _, y in corners(polygon)] == [230.0, 230.0, 52.0, 52.0, 408.0, 408.0]
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert "early" in words
    assert "no room" not in words


def test_a_column_of_text_shows_the_highest_of_its_steps() -> None:
    levels = [1.0] * 500
    levels[333] = 10.0
    chart = Chart("t", "d", Axis("x", 0, 500), Axis("y", 0, 10), bands=stacked(range(501), [levels], ["a"]))
    lines = text.render(chart, 60, text.PLAIN).splitlines()
    assert lines[1].count("o") == 1


@pytest.mark.parametrize(
    "words", [["memory", "lenet_d2l"], ["memory", "resnet18", "--mode", "train"], ["memory", "resnet18", "--plan"]]
)
def test_pictures_are_written_by_the_command(words: list[str]) -> None:
    done = run_here(*words, "--format", "svg")
    root = ElementTree.fromstring(done.stdout)
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root.get("role") == "img"
