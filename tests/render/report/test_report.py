"""Reports without a browser: their files, what is folded, and what is text in them."""

import json
import os
import re
from itertools import permutations
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.compare.changes import Part
from archcalc.analysis.compare.pairing import have_enough_in_common, may_have_enough_in_common, put_together
from archcalc.analysis.report.folding import lines
from archcalc.analysis.report.gathering import gather
from archcalc.errors import ArchError
from archcalc.files import remember
from archcalc.render.report.markup import link, markup
from archcalc.table import measure
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT
from tests.sizes import VARIED, by_size


def test_one_network_is_one_page_and_several_have_an_index(tmp_path: Path) -> None:
    assert [*archcalc.report("lenet_d2l").pages] == ["lenet_d2l.html"]
    again = archcalc.load("lenet_d2l").with_(num_classes=7)
    made = archcalc.report("lenet_d2l", again, "lenet_d2l")
    names = ["index.html", "lenet_d2l.html", "lenet_d2l-num_classes-7.html", "lenet_d2l-2.html"]
    assert [path.name for path in made.write(tmp_path / "new" / "folder")] == names
    assert sorted(os.listdir(tmp_path / "new" / "folder")) == sorted(names)  # and nothing else is left there
    assert (made.first, repr(made)) == ("index.html", f"<Report: {', '.join(names)}>")


def test_it_is_said_which_network_it_is_the_turn_of() -> None:
    said: list[str] = []
    archcalc.report("lenet_d2l", "paper", progress=said.append)
    assert said == ["page 1 of 2: lenet_d2l", "page 2 of 2: alexnet_paper"]


def test_the_same_network_makes_the_same_page() -> None:
    assert archcalc.report("lenet_d2l").pages == archcalc.report("lenet_d2l").pages


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonet"], "archcalc: there is no spec 'nonet'"),
        (["paper", "--device-model", "h1000"], "archcalc: there is no data sheet of 'h1000'"),
        (["paper", "--from-profile", "none.json"], "archcalc: --from-profile: none.json cannot be read: no such file"),
        (
            ["paper", "-o", "/proc/pages"],
            "archcalc: --output: /proc/pages cannot be written: no such file or directory",
        ),
        (["paper", "-o", f"{ROOT}/LICENSE"], f"archcalc: --output: {ROOT}/LICENSE cannot be written: file exists"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = run_here("report", *(["-o", "pages"] if "-o" not in arguments else []), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ArchError) as caught:
        archcalc.report("lenet_d2l").write(tmp_path)
    assert str(caught.value) == f"{tmp_path} cannot be written: no space left on device"
    assert os.listdir(tmp_path) == []  # no part of a page is left


def test_no_page_takes_the_place_of_a_file_that_was_read(tmp_path: Path) -> None:
    made = archcalc.report("lenet_d2l")
    page = tmp_path / made.first
    page.write_text("kept", encoding="utf-8")
    remember(page)
    with pytest.raises(ArchError) as caught:
        made.write(tmp_path)
    assert str(caught.value) == f"{page} is a file that the report was made from: name another folder"
    assert page.read_text(encoding="utf-8") == "kept"


def test_the_page_to_open_is_said_and_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    done = run_here("report", "lenet_d2l", "--output", str(tmp_path), "--open")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'lenet_d2l.html'}\n")
    assert opened == [(tmp_path / "lenet_d2l.html").as_uri()]


def test_a_report_needs_a_network() -> None:
    with pytest.raises(ArchError) as caught:
        archcalc.report()
    assert str(caught.value) == "a report needs a network"


@pytest.mark.parametrize("name", ["resnet152", "densenet169", "inception_v3", "lenet_d2l"])
def test_lines_hold_every_layer_once_in_order(name: str) -> None:
    nodes = archcalc.load(name).graph.nodes
    for most in (100, 40, 1):
        found = lines(nodes, most)
        assert tuple(node for line in found for node in line.nodes) == nodes
        if most > 20:
            assert len(found) <= most
        for line in found:
            assert all(node.name == line.name or node.name.startswith(f"{line.name}.") for node in line.nodes)


def test_a_small_network_has_a_line_for_each_layer() -> None:
    nodes = archcalc.load("paper").graph.nodes
    assert [line.name for line in lines(nodes)] == [node.name for node in nodes]


@pytest.mark.parametrize("name", by_size(BUNDLED, ["lenet_d2l"], slow=(*VARIED, "densenet169", "resnet152")))
def test_every_page_is_small_enough_and_says_its_totals(name: str) -> None:
    network = archcalc.load(name)
    (text,) = archcalc.report(network).pages.values()
    assert len(text.encode()) < 400_000
    totals = network.table().totals
    for count in (totals.params, totals.macs):
        assert f"<span>{count:,}" in text
    has_figure = "The figure would make this page too large: archcalc draw" not in text
    assert has_figure == (name != "densenet169")
    for address in re.findall(r'(?:src|href)="([^"]*)"', text):
        assert address.startswith(("#", "https://", "http://", "data:,", "index.html"))


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.b/?c=1&d", '<a href="https://a.b/?c=1&amp;d" rel="noreferrer">&lt;x&gt;</a>'),
        ("javascript:alert(1)", "&lt;x&gt;"),
        ("data:text/html,x", "&lt;x&gt;"),
        (None, "&lt;x&gt;"),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str | None, written: str) -> None:
    assert link("<x>", url) == written
    assert markup(markup("<x>")) == "&lt;x&gt;"


def test_networks_that_are_not_put_together_have_too_little_in_common() -> None:
    small = [archcalc.load(name).graph for name in ("paper", "torchvision", "lenet_d2l", "resnet18", "unet", "vgg11")]
    parts = [list(map(Part, graph.nodes, measure(graph).rows)) for graph in small]
    surely_apart = [[*pair] for pair in permutations(parts, 2) if not may_have_enough_in_common([*pair])]
    assert len(surely_apart) >= 8
    assert not any(have_enough_in_common(put_together(pair)) for pair in surely_apart)


UNKNOWN_TO_TORCH = """
archcalc: 1
name: apart
input: [3, 16, 16]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: pool, op: avg_pool2d, kernel_size: 3, stride: 2, padding: {bottom: 1}, count_include_pad: false}
"""


def test_what_has_no_answer_says_why() -> None:
    (text,) = archcalc.report(archcalc.load(UNKNOWN_TO_TORCH)).pages.values()
    no_twin = "torch&#x27;s AvgPool2d has no padding like this: it would divide by other counts"
    for part in ("memory", "roofline"):
        assert no_twin in text.partition(f'<section id="{part}">')[2].partition("</section>")[0]
    assert 'data-key="params"' in text
    assert 'data-key="weight_bytes"' not in text


def test_what_is_gathered_is_what_each_question_answers() -> None:
    network = archcalc.load("torchvision")
    found = gather(network.graph, batch=2)
    assert found.inference.peak.total == network.memory(batch=2).peak
    assert found.training.peak.total == network.memory("train", batch=2).peak
    assert [one.cost for one in found.totals] == [one.cost for one in network.table(convention="all").by_all]
    assert found.roofline.seconds == network.roofline("h100-sxm", batch=2).seconds
    assert json.dumps([one.node.name for one in found.explained]) == json.dumps(
        [one.name for one in network.graph.nodes]
    )
