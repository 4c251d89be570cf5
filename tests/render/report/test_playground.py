"""The playground of a page: what a reader changes in it, and what it then says, held against archcalc itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import archcalc
from tests.exchange.javascript.test_javascript import SHARED
from tests.render.report.reading import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


SEQUENCE = """
archcalc: 1
name: sequence
input: [4, 100]
layers: [{name: conv, op: conv1d, out_channels: 8, kernel_size: 5, stride: 2, padding: same}]
"""
VOLUME = """
archcalc: 1
name: volume
input: [2, 8, 20, 22]
layers: [{name: conv, op: conv3d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    archcalc.report("torchvision", archcalc.load(SHARED), archcalc.load(SEQUENCE), archcalc.load(VOLUME)).write(place)
    return place


@pytest.fixture
def page(folder: Path, browser: "Browser") -> "Iterator[Page]":
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        yield page


def rows(page: "Page") -> list[list[str]]:
    """The table of the playground: name, output, params and MACs as they are now."""
    now = """[...document.querySelectorAll("#play-rows tbody tr")]
      .map((row) => [...row.cells].map((cell) => cell.firstChild.textContent))"""
    return page.evaluate(now)  # type: ignore[no-any-return]


def wanted(network: archcalc.Network) -> list[list[str]]:
    """The same of archcalc's own table."""
    sheet = network.table(columns=["layer", "output", "params", "macs"]).rendered().sheets[0]
    return sheet.texts(sheet.rows)


def choose(page: "Page", layer: str, **fields: Any) -> None:
    """Choose a layer, and fill its fields."""
    page.locator("#play-layer").select_option(layer)
    for name, value in fields.items():
        field = page.locator(f"#play-fields [name={name}]")
        if field.evaluate("(one) => one.localName") == "select":
            field.select_option(value)
        else:
            field.fill(str(value))


def test_another_input_and_other_fields_are_computed_at_once(page: "Page") -> None:
    assert rows(page) == wanted(archcalc.load("torchvision"))
    page.locator("[data-input=input]").fill("3x256x240")
    choose(page, "conv1", stride="2, 3", kernel_size="7", out_channels="96")
    choose(page, "conv2", groups="4", padding="same")
    changed = {
        "conv1.stride": [2, 3],
        "conv1.kernel_size": 7,
        "conv1.out_channels": 96,
        "conv2.groups": 4,
        "conv2.padding": "same",
    }
    other = archcalc.load("torchvision").with_(input_shape=(3, 256, 240), **changed)
    assert rows(page) == wanted(other)
    totals = other.table().totals
    assert page.locator("#play-said").inner_text() == (
        f"Fits: {totals.params:,} params (was 61,100,840), {totals.macs:,} MACs (was 714,188,480), output 1000"
    )
    page.get_by_role("button", name="Reset this layer").click()
    assert rows(page)[3][1] == wanted(other.with_(**{"conv2.groups": 1, "conv2.padding": 2}))[3][1]
    page.get_by_role("button", name="Reset all").click()
    assert rows(page) == wanted(archcalc.load("torchvision"))
    assert page.locator(".changed").count() == 0


def test_it_says_where_it_breaks_and_why(page: "Page") -> None:
    page.locator("[data-input=input]").fill("3x60x60")
    said = "layer pool5: a 3x3 window at stride 2 does not fit 2x2 (from conv5.relu: 256x2x2)"
    assert page.locator("#play-said b").inner_text() == said
    assert rows(page)[-1] == [said]
    assert len(rows(page)) == 13  # twelve layers fit
    page.get_by_role("button", name="Reset all").click()
    choose(page, "conv2", groups="5")
    assert page.locator("#play-said b").inner_text() == (
        "layer conv2: in_channels 64 cannot be divided into 5 groups: 64 = 12 * 5 + 4 (from pool1: 64x27x27)"
    )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("stride", "0", "layer conv1: stride must be an integer >= 1 or [height, width], got 0"),
        ("stride", "2, 0", "layer conv1: stride must be an integer >= 1 or [height, width], got [2, 0]"),
        ("stride", "2 2 2", "layer conv1: stride must be an integer >= 1 or [height, width], got text '2 2 2'"),
        ("groups", "two", "layer conv1: groups must be an integer >= 1, got text 'two'"),
        ("stride", "", "layer conv1: stride must be an integer >= 1 or [height, width], got empty text"),
    ],
)
def test_what_is_no_number_for_a_field_is_said(field: str, typed: str, said: str, page: "Page") -> None:
    choose(page, "conv1", **{field: typed})
    assert page.locator("#play-said b").inner_text() == said


def test_an_input_of_another_rank_is_said(page: "Page") -> None:
    page.locator("[data-input=input]").fill("224x224")
    assert page.locator("#play-said b").inner_text() == "input must have 3 sizes, as 3x224x224 has, got [224, 224]"


@pytest.mark.parametrize(
    ("mode", "size", "read", "places"),
    [
        # a window of 3 at stride 5, padded by 1: on 55, (55 + 2 - 3) / 5 + 1 = 11.8; the last starts in the input
        (False, 223, 55, 11),
        (True, 223, 55, 12),
        # on 52, 11.2: the last would start at 54, past the input and the padding before it
        (True, 211, 52, 11),
        ("caffe", 211, 52, 11),
        ("unclipped", 211, 52, 12),
    ],
)
def test_the_picture_shows_both_ways_what_is_read(mode: Any, size: int, read: int, places: int, page: "Page") -> None:
    page.locator("[data-input=input]").fill(f"3x{size}x{size}")
    choose(page, "pool1", kernel_size=3, stride=5, ceil_mode=str(mode).lower(), padding_by=1)
    last = (places - 1) * 5 - 1
    page.locator("#play-out-svg").focus()
    for _ in range(places):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
    inside = sum(last + tap < read for tap in range(3))
    padding = f", of which {9 - inside**2} are padding" if inside < 3 else ""
    assert page.locator("#play-window").text_content() == (
        f"pool1: output {places - 1}, {places - 1} reads rows {last} to {last + 2} and columns {last} to {last + 2}: "
        f"9 elements of each channel{padding}"
    )
    page.locator("#play-in-svg").focus()
    page.keyboard.press("ArrowLeft")  # from the middle, one to the left
    row, column = (
        [place for place in range(places) if 0 <= element - (place * 5 - 1) < 3]
        for element in (read // 2, read // 2 - 1)
    )
    said = [str(found[0]) if found else "none" for found in (row, column)]
    assert page.locator("#play-window").text_content() == (
        f"pool1: input {read // 2}, {read // 2 - 1} is read by {len(row) * len(column)} outputs: "
        f"rows {said[0]} and columns {said[1]}"
    )


def test_a_pointer_chooses_in_the_picture_and_dilation_leaves_gaps(page: "Page") -> None:
    choose(page, "conv3", dilation=2, padding="same")
    picture = page.locator("#play-out-svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box
    side = min(box["width"], box["height"])  # 13 x 13 places, in the middle of the picture
    left, top = box["x"] + (box["width"] - side) / 2, box["y"] + (box["height"] - side) / 2
    page.mouse.move(left + side * 5.5 / 13, top + side * 2.5 / 13)
    # same: (3 - 1) * 2 + 1 = 5 elements at stride 1 need 4 of padding, 2 before: 2 reads 0, 2, 4, and 5 reads 3, 5, 7
    assert page.locator("#play-window").text_content() == (
        "conv3: output 2, 5 reads rows 0 to 4 and columns 3 to 7: 9 elements of each channel"
    )
    path = page.locator("#play-in-svg .lit:not(.off)").get_attribute("d")
    assert path == "".join(f"M{column} {row}h1v1h-1z" for row in (0, 2, 4) for column in (3, 5, 7))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        # same: 50 places of 100 at stride 2 need (50 - 1) * 2 + 5 - 100 = 3, one before: place 25 reads from 49 on
        ("sequence", "conv: output 25 reads elements 49 to 53: 5 elements of each"),
        # 10 x 11 places, of which 5, 5 is the one in the middle: from 5 * 2 - 1 on, along both
        (
            "volume",
            "conv: of the last two axes, output 5, 5 reads rows 9 to 11 and columns 9 to 11: 9 elements of each",
        ),
    ],
)
def test_sequences_and_volumes_have_a_picture_too(name: str, said: str, folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / f"{name}.html", 390) as page:
        assert page.locator("#play-window").text_content() == f"{said} channel"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_layer_without_a_window_has_no_picture(page: "Page") -> None:
    assert page.locator("#play-none").is_hidden()
    choose(page, "fc6", out_features=10)
    assert page.locator("#play-none").is_visible()
    assert page.locator("#play-picture").is_hidden()
    assert rows(page)[16][1:] == ["10", "92,170", "92,160"]  # 9216 * 10, and 10 biases


def test_a_layer_that_is_another_once_more_changes_with_it(folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / "siamese.html") as page:
        choose(page, "again", out_channels=6)
        names = {row[0]: row for row in rows(page)}
        assert (names["conv"][1], names["again"][1]) == ("6x21x21", "6x21x21")
        assert names["again"][2] == "0"  # its weights are those of conv
        page.locator("[data-input=right]").fill("1x44x40")
        assert page.locator("#play-said b").inner_text() == (
            "layer again: has the weights of conv, whose weight is 6x441x9; here it would be 6x483x9 "
            "(from right: 1x44x40)"
        )
