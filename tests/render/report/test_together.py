"""One page of several networks: what it says, how it is read in a browser, and those that are kept in reports/."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import archcalc
from archcalc.analysis.report.several import Several, gather_several
from archcalc.render.report.together import hypertext as html
from archcalc.render.report.together.content import content
from archcalc.render.report.together.hypertext import hypertext
from archcalc.render.report.together.sheets import changes_sheet, kinds_sheet, layers_sheet, own_changes, stage_sheets
from archcalc.render.report.together.written import markdown
from archcalc.render.sheet import Other, Sheet
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT
from tests.render.report.reading import CONTRAST, opened
from tests.render.report.test_pages import AXE, HOSTILE, hostile, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

README = (ROOT / "reports/README.md").read_text(encoding="utf-8").replace("\\\n", "")
KEPT = [shlex.split(line)[1:] for line in re.findall(r"^archcalc report .*", README, re.MULTILINE)]
"""The commands that made the pages in reports/, as their README has them."""


def gathered(*names: str) -> Several:
    return gather_several([archcalc.load(name).graph for name in names])


def cells(sheet: Sheet | None) -> dict[str, dict[str, Any]]:
    """The cells of a sheet by the name of their row and the key of their column."""
    assert sheet is not None
    keys = [column.key for column in sheet.columns]
    return {row[0]: dict(zip(keys, row, strict=True)) for row in sheet.rows}


@pytest.mark.parametrize("command", KEPT, ids=lambda command: Path(command[-1]).name)
def test_the_kept_pages_are_those_that_are_made_today(command: list[str], tmp_path: Path) -> None:
    kept = ROOT / command[-1]
    made = tmp_path / kept.name
    done = run_here(*command[:-1], str(made))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{made}\n", "")
    assert made.read_bytes() == kept.read_bytes(), f"write {kept.name} again: reports/README.md has the command"


def test_the_kept_pages_have_every_alexnet_and_the_paper_first() -> None:
    assert [Path(command[-1]).name for command in KEPT] == ["alexnet.html", "alexnet.md", "line.html"]
    family = {name for name in BUNDLED if archcalc.load(name).spec.family == "alexnet"}
    for command in KEPT[:2]:
        names = command[1 : command.index("--title")]
        assert (names[0], {*names}, len(names)) == ("alexnet_paper", family, len(family))


def test_layers_say_what_each_network_has_in_the_place_of_the_first() -> None:
    found = cells(layers_sheet(gathered("paper", "torchvision", "alexnet_caffe", "alexnet_torch7", "zfnet")))
    assert found["alexnet_paper"]["conv2"] == "256 5x5 p2 on 2 devices"
    assert found["alexnet_torchvision"]["conv1"] == Other("64 11x11 /4 p2")
    # two towers of 128 maps that read 48 each are the two groups of Caffe; conv1 alone is padded: 224 is not 227
    assert [found["alexnet_caffe"][key] for key in ("conv1", "conv2", "conv3", "fc8")] == [
        Other("96 11x11 /4"),
        "256 5x5 p2 g2",
        "384 3x3 p1",
        "1,000",
    ]
    # where the paper's conv3 reads both towers, Torch7's reads its own: as many parts as outputs, but other work
    assert found["alexnet_torch7"]["conv3"] == Other("384 3x3 p1 on 2 devices")
    assert found["zfnet"]["conv2"] == Other("256 5x5 /2")


def test_a_change_is_there_once_with_all_networks_that_have_it() -> None:
    several = gathered("paper", "torchvision", "alexnet_caffe", "alexnet_owt")
    sheet = changes_sheet(several)
    assert sheet is not None
    said = {(row[0], row[1]): row[2:] for row in sheet.rows}
    assert len(said) == len(sheet.rows)
    assert said["conv1", "96 -> 64 channels"] == (2, "alexnet_torchvision, alexnet_owt")
    assert said["norm1", "local_response_norm removed"] == (2, "alexnet_torchvision, alexnet_owt")
    assert said["norm1", "k 2 -> 1"] == (1, "alexnet_caffe")
    assert said["after pool5", "adaptive_avg_pool2d added"] == (1, "alexnet_torchvision")
    order = list(dict.fromkeys(row[0].removeprefix("after ") for row in sheet.rows))
    names = [node.name for node in archcalc.load("paper").graph.nodes]
    assert order == sorted(order, key=names.index)
    # under each network stand the same changes, as compare has them
    compared = archcalc.compare("paper", "torchvision").rendered().sheets[1]
    own = own_changes(several.members[1])
    assert own is not None
    assert [*own.rows] == [(row[0], row[-1]) for row in compared.rows]


LINE = ("lenet_d2l", "paper", "zfnet", "resnet50", "mobilenet_v2")


def test_networks_that_are_too_different_are_held_against_the_nearest_before_them() -> None:
    several = gathered(*LINE)
    assert not several.first_is_shared
    assert [one.against and one.against.place for one in several.members] == [None, 0, 1, None, None]
    assert (layers_sheet(several), changes_sheet(several)) == (None, None)


def test_kinds_and_stages_add_up_to_the_network() -> None:
    several = gathered(*LINE)
    kinds, (macs, maps) = cells(kinds_sheet(several)), map(cells, stage_sheets(several))
    for one in several.members:
        name = one.graph.spec.label
        counts = [count for key, count in kinds[name].items() if key != "network" and count is not None]
        assert sum(counts) == len(one.graph.nodes)
        assert sum(share for share in [*macs[name].values()][1:] if share is not None) == pytest.approx(1)
    # MobileNet v2 has 17 blocks, of which each has one depthwise convolution; ResNet-50 none
    assert kinds["mobilenet_v2"]["conv2d, depthwise"] == 17
    assert kinds["resnet50"]["conv2d, depthwise"] is None
    assert kinds["resnet50"]["add"] == 16
    assert maps["resnet50"]["1/32"] == (2048, 7, 7)
    # LeNet's conv2: 16 maps of 10x10 read 6 of 5x5: 16*100*150 = 240,000 of 416,520 MACs
    assert macs["lenet_d2l"]["1/2"] == 240_000 / 416_520


def test_both_ways_of_writing_have_every_wrong_claim_with_its_reason() -> None:
    page = archcalc.one_page("paper", "torchvision", title="Two")
    written, hypertext = page.markdown(), page.html()
    assert written.startswith("# Two\n\n72 claims about 2 networks")
    verdicts = [v for audit in archcalc.audit("paper", "torchvision").networks for v in audit.verdicts]
    wrong = [verdict for verdict in verdicts if not verdict.holds]
    assert (len(verdicts), str(page)) == (72, written)
    assert f"**{len(wrong)} are known to be wrong**" in written
    assert f"<b>{len(wrong)} are known to be wrong</b>" in hypertext
    section = hypertext[hypertext.index('<section id="wrong">') : hypertext.index('<section id="each">')]
    assert section.count("<li>") == len(wrong)
    part = written[written.index("## What is wrong, and why") : written.index("## Network by network")]
    assert part.count("\n- ") == len(wrong)
    assert all(html.markup((verdict.claim.why or "").removesuffix(".")) in section for verdict in wrong)


def test_figures_that_would_make_a_page_too_large_are_left_out_the_largest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = content(gathered("lenet_d2l", "paper"))
    whole = hypertext(page)
    monkeypatch.setattr(html, "MOST_BYTES", len(whole.encode()) - 1)
    less = hypertext(page)
    assert (whole.count("<svg"), less.count("<svg")) == (2, 1)
    assert "left out, as the page would be too large: run archcalc draw alexnet_paper -o FILE.svg to draw it" in less


def test_one_network_is_a_page_without_differences() -> None:
    written = archcalc.one_page("lenet_d2l").markdown()
    assert written.startswith("# 1 network side by side\n")
    assert "held against" not in written


def test_the_file_says_what_is_written(tmp_path: Path) -> None:
    for name, start in (("a.html", "<!doctype html>"), ("b.HTM", "<!doctype html>"), ("c.md", "# Ones\n")):
        done = run_here("report", "lenet_d2l", "paper", "-o", name, "--title", "Ones", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}\n", "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    (tmp_path / "folder.md").mkdir()
    done = run_here("report", "lenet_d2l", "lenet5", "-o", "folder.md", "--title", "Ones", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "folder.md/index.html\n")
    assert "<title>Ones</title>" in (tmp_path / "folder.md/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["-o", "a.pdf"],
            "--output: .pdf is the ending of another kind of file than this command writes "
            "(.html, .htm, .md, .markdown)",
        ),
        (["-o", "no/a.html"], "--output: no/a.html cannot be written: there is no folder no"),
        (
            ["-o", "a.md", "--device-model", "t4"],
            "--device-model is for the page of each network: name a folder with --output",
        ),
        (
            ["-o", "a.md", "--from-profile", "r.json"],
            "--from-profile is for the page of each network: name a folder with --output",
        ),
        (
            ["-o", "pages", "--title", "Mine"],
            "--title: a page of one network has the title of its spec: name several networks, or a file",
        ),
    ],
)
def test_what_cannot_be_one_page_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = run_here("report", "paper", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"archcalc: {said}\n")
    assert [*tmp_path.iterdir()] == []


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("together")
    few = place / "few.html"
    few.write_text(archcalc.one_page("paper", "torchvision", "zfnet", "lenet_d2l").html(), encoding="utf-8")
    return {"few": few, "alexnet": ROOT / "reports/alexnet.html", "line": ROOT / "reports/line.html"}


@pytest.mark.parametrize(
    "name",
    ["few", pytest.param("alexnet", marks=pytest.mark.slow), pytest.param("line", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_whole_and_fits_its_window(
    name: str, width: int, paths: dict[str, Path], browser: "Browser"
) -> None:
    assert paths[name].stat().st_size <= html.MOST_BYTES
    for scheme in ("light", "dark"):
        with opened(browser, paths[name], width, color_scheme=scheme) as page:
            page.locator("button.all").click()
            assert page.locator("details:not([open])").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CONTRAST) == []


def test_names_lead_to_networks_tables_are_sorted_and_layers_light_up_in_their_own(
    paths: dict[str, Path], browser: "Browser"
) -> None:
    with opened(browser, paths["few"]) as page:
        assert page.locator("a:not([href^='#']):not([href^='http'])").count() == 0
        names = page.locator("#networks tbody a")
        assert names.first.get_attribute("href") == "#n0"
        page.locator("#networks th[data-key=params] button").click()
        assert names.all_inner_texts() == ["lenet_d2l", "alexnet_paper", "alexnet_torchvision", "zfnet"]
        names.first.click()
        page.wait_for_function("location.hash === '#n3'")
        assert page.locator("#n3 h3").inner_text() == "LeNet in Dive into Deep Learning lenet_d2l"
        page.locator("button.all").click()
        page.locator("#n1 svg g[data-layer]").nth(1).hover()
        assert page.locator("#n1 svg g.on").count() > 0
        assert page.locator(".on").count() == page.locator("#n1 .on").count()
        page.locator("h1").hover()
        assert page.locator(".on").count() == 0


def test_claims_that_hold_are_sorted_by_their_number(paths: dict[str, Path], browser: "Browser") -> None:
    with opened(browser, paths["few"]) as page:
        page.locator("#networks th[data-key=claims] button").click()
        texts = page.locator("#networks tbody td:last-child").all_inner_texts()
        numbers = [int(text.split()[0]) for text in texts]
        assert numbers == sorted(numbers)
        assert numbers[0] < 10 <= numbers[1]  # or the order of words would be the same


@pytest.mark.slow
def test_axe_finds_nothing_in_the_page_of_all(paths: dict[str, Path], browser: "Browser") -> None:
    if AXE is None or AXE.origin is None:
        missing("axe-playwright-python is not installed: pip install -e '.[dev]'")
    axe = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    with opened(browser, paths["few"], 390, bypass_csp=True) as page:
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes[0].html]))")
        assert found == []


def test_nothing_that_is_said_is_markup(tmp_path: Path, browser: "Browser") -> None:
    path = tmp_path / "page.html"
    one, other = hostile(HOSTILE), archcalc.load("lenet_d2l").graph
    said = content(gather_several([one, other, hostile(HOSTILE)]), HOSTILE)
    path.write_text(hypertext(said), encoding="utf-8")
    with opened(browser, path) as page:
        assert (page.title(), page.locator("h1").inner_text()) == (HOSTILE, HOSTILE)
        assert page.locator("img, a[href^='javascript']").count() == 0
        assert page.locator("script").count() == 1
        assert page.locator("#networks tbody a").first.inner_text() == HOSTILE
        assert page.locator("#n0 h3").inner_text() == f"{HOSTILE} {HOSTILE}"
    bare = re.sub(r"`[^`\n]*`", "", markdown(said))  # names of networks and of layers are code
    assert "script" in bare
    assert re.search(r"(?<!\\)<(/?script|img)|\]\((?!https?:)", bare) is None
