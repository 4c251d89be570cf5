"""The pages of a report in a browser: as a reader opens, sorts, chooses, plays and prints them."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import archcalc
from archcalc.analysis.report.gathering import gather
from archcalc.graph import link
from archcalc.render.report.page import page as page_of
from archcalc.spec.model import Claim, Source
from tests.browser import missing
from tests.conftest import ROOT
from tests.render.report.reading import CONTRAST, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROFILE = ROOT / "reports/profiles/alexnet_torchvision-cpu-both-fp32-nchw-torch2.14.1-2026-11-25T004748.json"
PAGES = ["index", "alexnet_torchvision", "alexnet_paper", "resnet152"]
AXE = importlib.util.find_spec("axe_playwright_python")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    archcalc.report("torchvision", "paper", "resnet152", profiles=[PROFILE]).write(place)
    return place


@pytest.mark.parametrize("name", [*PAGES[:3], pytest.param(PAGES[3], marks=pytest.mark.slow)])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_whole_and_fits_its_window(name: str, width: int, folder: Path, browser: "Browser") -> None:
    path = folder / f"{name}.html"
    assert path.stat().st_size < 400_000
    for scheme in ("light", "dark"):
        with opened(browser, path, width, color_scheme=scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CONTRAST) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES[:2])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(name: str, scheme: str, folder: Path, browser: "Browser") -> None:
    if AXE is None or AXE.origin is None:
        missing("axe-playwright-python is not installed: pip install -e '.[dev]'")
    axe = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    with opened(browser, folder / f"{name}.html", 390, color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes[0].html]))")
        assert found == []


def cells(page: "Page", key: str) -> list[str]:
    """The texts of a column of the table of layers, without its sums."""
    of_column = """(key) => {
      const table = document.getElementById("layers"), heads = [...table.tHead.rows[0].cells];
      const place = heads.findIndex((head) => head.dataset.key === key);
      const there = [...table.tBodies[0].rows].map((row) => row.cells[place]);
      return there.filter((cell) => !cell.hidden).map((cell) => cell.textContent);
    }"""
    return page.evaluate(of_column, key)  # type: ignore[no-any-return]


def test_the_table_is_sorted_by_any_column_and_back(folder: Path, browser: "Browser") -> None:
    rows = archcalc.load("torchvision").table().rows
    params = [row.params for row in rows]
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        head = page.locator("#layers th[data-key=params]")
        for order, wanted in (("ascending", sorted(params)), ("descending", sorted(params, reverse=True))):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == order
            assert [int(text.replace(",", "")) for text in cells(page, "params")] == wanted
        head.locator("button").click()
        assert head.get_attribute("aria-sort") is None
        assert cells(page, "layer") == [row.name for row in rows]
        page.locator("#layers th[data-key=output] button").click()  # by how many elements there are
        assert (cells(page, "output")[0], cells(page, "output")[-1]) == ("1000", "64x55x55")
        page.locator("#layers th[data-key=kernel] button").click()  # what has none comes last
        assert cells(page, "kernel")[:9] == ["3x3"] * 6 + ["5x5", "11x11", ""]


def test_every_column_that_says_something_can_be_chosen(folder: Path, browser: "Browser") -> None:
    keys = ["buffers", "flops", "activations", "units", "rf", "rf_stride", "weight_bytes", "intensity", "dilation"]
    table = archcalc.load("torchvision").table(columns=keys)
    sheet = table.rendered().sheets[0]
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        page.locator(".columns summary").click()
        for key, texts in zip(keys, zip(*sheet.texts(sheet.rows), strict=True), strict=True):
            assert cells(page, key) == []
            page.locator(f".choice input[value={key}]").check()
            assert cells(page, key) == list(texts)
        page.locator(".choice input[value=rf]").uncheck()
        assert cells(page, "rf") == []


def test_a_layer_lights_up_everywhere(folder: Path, browser: "Browser") -> None:
    """conv2 is the fourth row of the table, place 3; its volume and its window are those of the layers up to pool2."""
    lit = "[...document.querySelectorAll('.on')].map((one) => [one.localName, Object.keys(one.dataset)[0]])"
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        page.locator("#layers tr[data-layer='3'] td").nth(3).hover()
        found = {tuple(one) for one in page.evaluate(lit)}
        assert {("tr", "layer"), ("details", "layer"), ("g", "layer"), ("g", "window"), ("g", "field")} == found
        shown = page.locator("#figure g.on > title").all_text_contents()
        assert {"conv2: conv2d 5x5" in text or "of conv2" in text for text in shown} == {True}, shown
        page.locator("h1").hover()
        assert page.evaluate(lit) == []
        page.locator("#layers tr[data-layer='6'] a").focus()
        assert page.locator("#layers tr.on a").inner_text() == "conv3"
        page.locator("#figure g[data-layer~='0']").first.hover()
        assert page.locator("#layers tr.on a").all_inner_texts() == ["conv1", "conv1.relu", "pool1"]


def test_the_keyboard_is_enough(folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        page.locator("#layers th[data-key=macs] button").focus()
        page.keyboard.press("Enter")
        assert page.locator("#layers th[data-key=macs]").get_attribute("aria-sort") == "ascending"
        page.keyboard.press("Enter")
        page.locator("#layers tbody a").first.focus()
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.textContent") == "conv4"  # conv2 has most MACs, then conv4
        page.keyboard.press("Enter")
        page.locator("#e8[open]").wait_for()
        page.locator("#play-out-svg").focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
        # conv1 has 55 x 55 places, of which 27, 27 is the one in the middle: 26 * 4 - 2 = 102, and 10 more
        assert page.locator("#play-window").text_content() == (
            "conv1: output 26, 26 reads rows 102 to 112 and columns 102 to 112: 121 elements of each channel"
        )
        assert page.evaluate("document.activeElement.id") == "play-out-svg"


def test_the_reason_of_each_number_is_there(folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        page.locator("#layers tr[data-layer='0'] a").click()
        said = page.locator("details[data-layer='0']")
        assert said.get_attribute("open") is not None
        text = said.inner_text()
        for part in ("floor((size + before + after - kernel_size) / stride) + 1", "(224 + 2 + 2 - 11) / 4 + 1 = 55.25"):
            assert part in text
        assert said.locator("a").first.get_attribute("href") == (
            "https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html"
        )
        page.get_by_role("button", name="Open all").click()
        assert page.locator(".why > details:not([open])").count() == 0


def test_it_prints_with_all_reasons_open(folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / "alexnet_paper.html") as page:
        closed = page.locator(".why > details:not([open])")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert closed.count() == 0
        page.emulate_media(media="print")
        assert not page.locator("#play").is_visible()
        assert page.locator("details[data-layer='0'] table").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert closed.count() == len(archcalc.load("paper").graph.nodes)


def test_what_is_folded_is_said(folder: Path, browser: "Browser") -> None:
    totals = archcalc.load("resnet152").table().totals
    with opened(browser, folder / "resnet152.html") as page:
        assert "515 layers are folded to" in page.locator(".note").first.inner_text()
        params = [int(text.replace(",", "")) for text in cells(page, "params")]
        assert sum(params) == totals.params
        assert len(params) <= 100
        inside = page.locator(".why > details", has=page.get_by_text("layer1.first", exact=True))
        inside.locator("summary").click()
        assert "sum.conv2 conv2d 3x3 /1 p1 → 64x56x56 · 36,864 params" in inside.inner_text()
        assert page.locator("#play-layer option").count() == 515


def test_measurements_and_claims_are_there_with_their_links(folder: Path, browser: "Browser") -> None:
    audit = archcalc.load("torchvision").audit().networks[0]
    with opened(browser, folder / "alexnet_torchvision.html") as page:
        rows = page.locator("#claims tbody tr")
        assert rows.count() == len(audit.verdicts)
        first = audit.spec.sources[audit.verdicts[0].claim.source]
        assert rows.first.locator("a").get_attribute("href") == first.url
        assert page.locator("#profile h3").first.inner_text() == "inference"
    with opened(browser, folder / "alexnet_paper.html") as page:
        assert page.locator("#profile").count() == 0


def test_the_index_leads_to_each_page_and_compares(folder: Path, browser: "Browser") -> None:
    with opened(browser, folder / "index.html") as page:
        links = page.locator("#networks tbody a")
        assert links.all_inner_texts() == ["alexnet_torchvision", "alexnet_paper", "resnet152"]
        assert "stages and totals are compared" in page.locator("#differs").inner_text()
        links.nth(1).click()
        page.wait_for_function("document.title === 'AlexNet as the 2012 paper has it, on two GPUs'")
        page.get_by_text("All networks").click()
        page.wait_for_function("document.title === '3 networks side by side'")


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;"


def hostile(text: str) -> Any:
    """A graph in which all that can be text is this one."""
    spec = archcalc.load("lenet_d2l").spec
    names = {entry.name: f"{entry.name}{text}" for entry in spec.layers} | {"input": f"input{text}"}
    layers = tuple(
        entry._replace(name=names[entry.name], inputs=tuple(names[name] for name in entry.inputs))
        for entry in spec.layers
    )
    source = Source(title=text, author=text, url=f"javascript:alert(3)//{text}")
    claim = Claim(what="statement", quote=text, source=text, expect="fails", why=text, where=text)
    told = {"name": text, "title": text, "notes": text, "sources": {text: source}, "claims": (claim,)}
    return link(replace(spec, layers=layers, input_shape={names["input"]: spec.inputs["input"]}, **told))


def test_no_name_and_no_note_is_markup(tmp_path: Path, browser: "Browser") -> None:
    path = tmp_path / "page.html"
    path.write_text(page_of(gather(hostile(HOSTILE))), encoding="utf-8")
    with opened(browser, path) as page:
        assert page.locator("h1").inner_text() == HOSTILE
        assert page.title() == HOSTILE
        assert page.locator("img, a[href^='javascript']").count() == 0
        assert page.locator("script").count() == 2
        assert page.locator("#play-layer option").first.inner_text() == f"conv1{HOSTILE}"
        page.locator("#play-fields input[name=stride]").fill("0")
        assert page.locator("#play-said b").inner_text().startswith(f"layer conv1{HOSTILE}: stride must be")
