"""Figures: nothing over another nor outside, sizes as in the table, and texts that stay texts."""

import contextlib
import importlib
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from math import dist, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import archcalc
from archcalc.analysis.draw.volumes import why_not
from archcalc.answers.draw import Drawing
from archcalc.errors import ArchError, MissingError
from archcalc.layers.sizes import dims
from archcalc.render.picture import files
from archcalc.render.picture.letters import width
from archcalc.render.picture.scene import Path as Line
from archcalc.render.picture.scene import Polygon, Rect, Scene, Words
from archcalc.render.picture.shapes import bends_in
from archcalc.render.picture.tikz import text as tex
from tests.commands import clean_environment, run, run_here
from tests.conftest import BUNDLED, ROOT
from tests.goldens import same_as_golden

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SVG = "{http://www.w3.org/2000/svg}"


def writable() -> dict[str, str]:
    """How pictures begin, of those formats whose libraries are here."""
    found = {".svg": "<svg"}
    for ending, start, module in ((".png", "\x89PNG", "resvg_py"), (".pdf", "%PDF", "cairosvg")):
        with contextlib.suppress(ImportError, OSError):  # the second where the library of the system is missing
            importlib.import_module(module)
            if ending != ".png" or files._has_font():
                found[ending] = start
    return found


PICTURES = writable()
HOSTILE = r"""</title><script>alert(1)</script> \input{x} \end{document} 50% $x$ #1 a_b ^^5c & ~ "quoted" {"""


def words_of(scene: Scene) -> list[Words]:
    return [part for item in scene.items for part in item.parts if isinstance(part, Words)]


def drawings(name: str) -> list[Drawing]:
    """Every figure that there is of a network."""
    network = archcalc.load(name)
    styles = ["flow", "bars", "receptive_field", *([] if why_not(network.graph) else ["volumes"])]
    return [network.draw(style) for style in styles]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "style"),
    [("alexnet_paper", "volumes"), ("resnet152", "flow"), ("unet", "flow"), ("lenet_d2l", "bars"),
     ("alexnet_torchvision", "receptive_field")],
)  # fmt: skip
def test_golden_svg(name: str, style: Any, update_golden: bool) -> None:
    same_as_golden(f"draw_{name}_{style}.svg", archcalc.load(name).draw(style).svg, update_golden)


def test_golden_tikz(update_golden: bool) -> None:
    same_as_golden("draw_lenet_d2l.tex", archcalc.load("lenet_d2l").draw().tikz, update_golden)


def test_golden_ladder(update_golden: bool) -> None:
    svg = archcalc.load("lenet_d2l").reconcile("macs", "torchinfo", "ptflops").plot().svg
    same_as_golden("reconcile_lenet_d2l.svg", svg, update_golden)


@pytest.mark.parametrize("name", BUNDLED)
def test_figures_of_every_network(name: str) -> None:
    """No text is outside or over another, and each layer with params is there, or in a fold that names it."""
    rows = archcalc.load(name).table().rows
    for drawing in drawings(name):
        nothing_is_over_another_nor_outside(drawing.scene)
        if drawing.style != "receptive_field":
            said = titles_by_layer(drawing.svg)
            for place, row in enumerate(rows):
                if row.params:
                    pattern = rf"(^|[^\w.]){re.escape(row.name)}($|[^\w.])"
                    assert re.search(pattern, said[place]), (drawing.style, row.name)


def nothing_is_over_another_nor_outside(scene: Scene) -> None:
    areas = sorted(((words.text, words.area) for words in words_of(scene)), key=lambda one: one[1][1])
    for number, (text, (left, top, right, low)) in enumerate(areas):
        assert min(left, top) >= 0, text
        assert right <= scene.width, text
        assert low <= scene.height, text
        for other_text, other in areas[number + 1 :]:
            if other[1] >= low:
                break
            assert right <= other[0] or other[2] <= left, (text, other_text)


def titles_by_layer(svg: str) -> dict[int, str]:
    """What is said of each row of the table, by its place, where a pointer rests on what is drawn of it."""
    said: dict[int, str] = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        for place in group.get("data-layer", "").split():
            said[int(place)] = f"{said.get(int(place), '')} {group.findtext(f'{SVG}title') or ''}"
    return said


@pytest.mark.parametrize("name", ["resnet152", "googlenet", "unet", "efficientnet_b0", "every_kind"])
def test_words_are_in_their_boxes_and_boxes_apart(name: str) -> None:
    file = ROOT / "tests" / "specs" / "valid" / f"{name}.yaml"
    scene = archcalc.load(file if file.exists() else name).draw("flow").scene
    boxes = []
    for item in scene.items:
        rects = [part for part in item.parts if isinstance(part, Rect)]
        if item.kind == "layer" and item.title and rects:
            boxes.append(rects[-1])
            for words in (part for part in item.parts if isinstance(part, Words)):
                left, top, right, low = words.area
                assert rects[-1].left <= left
                assert right <= rects[-1].right
                assert rects[-1].top <= top
                assert low <= rects[-1].bottom
    assert len(boxes) > 8
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            is_beside = one.right < other.left or other.right < one.left
            assert is_beside or one.bottom < other.top or other.bottom < one.top


@pytest.mark.parametrize("name", ["densenet121", "resnet50", "googlenet", "squeezenet1_1"])
def test_no_name_of_a_block_hides_how_a_line_bends(name: str) -> None:
    items = [item.parts for item in archcalc.load(name).draw("flow").scene.items]
    lines = [part for parts in items for part in parts if isinstance(part, Line) and part.is_curved]
    named = [
        (plate, words)
        for parts in items
        if len(parts) == 2
        for plate, words in [parts]
        if isinstance(plate, Rect) and isinstance(words, Words) and plate.look.fill == "pale4"
    ]
    assert named
    for plate, words in named:
        assert (plate.left, plate.top, plate.right, plate.bottom) == words.area
        assert not [line for line in lines if bends_in(line, words.area)], words.text


def test_what_a_pointer_is_told_is_what_the_table_says() -> None:
    for name in ("alexnet_paper", "resnet18"):
        network = archcalc.load(name)
        rows = {row.name: row for row in network.table().rows}
        lines = [line for item in network.draw().scene.items for line in item.title.splitlines()]
        found = {name: line for line in lines for name, colon, _ in [line.partition(": ")] if colon and name in rows}
        assert len(found) > 20
        for one, line in found.items():
            row = rows[one]
            if " to " in line:
                assert f" to {dims(row.output_shape)}" in line
                assert (f"{row.params:,} params" in line) == bool(row.params)
                assert (f"{row.macs:,} MACs" in line) == bool(row.macs)


@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_torchvision", "vgg16", "lenet5"])
def test_edges_of_volumes_are_the_square_roots_of_their_sizes(name: str) -> None:
    """The fronts and the sides, read back from the shapes, next to the sizes of the table, device by device."""
    network = archcalc.load(name)
    rows = network.table().rows
    nodes = {node.name: node for node in network.graph.nodes}
    heights, channels = set(), set()
    for item in network.draw("volumes").scene.items:
        faces = [part for part in item.parts if isinstance(part, Polygon)]
        if item.kind == "layer" and len(faces) == 3 and item.layers:
            shape = nodes[rows[item.layers[0]].name].device_output
            front, _, side = (face.corners for face in faces)
            channels.add(round(dist(front[0], front[1]) / sqrt(shape[0]), 3))
            heights.add(round(dist(front[0], front[3]) / sqrt(shape[1]), 3))
            # back, at 45 degrees and half its length
            heights.add(round(2 * dist(side[0], side[1]) / sqrt(shape[2]), 3))
            assert title_shape(item.title) == shape
    assert len(heights) == len(channels) == 1


def title_shape(title: str) -> tuple[int, ...]:
    found = re.match(r".*?: ([0-9x]+)", title)
    assert found
    return tuple(map(int, found[1].split("x")))


def test_sizes_are_written_beside_each_volume() -> None:
    network = archcalc.load("paper")
    rows = network.table().rows
    nodes = {node.name: node for node in network.graph.nodes}
    seen = 0
    for item in network.draw().scene.items:
        texts = [part.text for part in item.parts if isinstance(part, Words)]
        if item.layers and not item.title and item.kind == "layer":
            assert texts == list(map(str, nodes[rows[item.layers[0]].name].device_output))
            seen += 1
    assert seen == 15  # five convolutions and two linear layers on two devices, and fc8


_SAME = "x2 and more: so many of the same, each after the one before"
_GROWS = "x2 and more: so many blocks of the same layers, each after the one before, with sizes that change"


@pytest.mark.parametrize(
    ("name", "style", "said"),
    [
        ("paper", "bars", None),
        ("paper", "flow", None),
        ("resnet18", "bars", f"{_SAME}; a row is of all of them."),
        ("densenet121", "bars", f"{_GROWS}; a row is of all of them."),
        ("densenet121", "flow", f"{_GROWS}."),
        ("resnet152", "flow", f"{_SAME}; the params of a closed box are those of all."),
        ("nin", "flow", f"{_SAME}; the params of a box are those of all."),
    ],
)
def test_what_repeats_is_said_as_it_is(name: str, style: Any, said: str | None) -> None:
    texts = " ".join(words.text for words in words_of(archcalc.load(name).draw(style).scene) if words.style == "soft")
    found = re.search(r"x2 and more.*?[.](?= )", texts)
    assert (found[0] if found else None) == said


@pytest.mark.parametrize(
    ("name", "head", "lines"),
    [
        ("vgg16", "stage1.0.conv x2", ["conv2d 3x3", "relu", "then max_pool2d 2x2 /2", "38.7 k params"]),
        ("vgg16", "fc6 x2", ["linear", "relu", "dropout", "120 M params"]),
        ("nin", "conv3 x3", ["conv2d 3x3", "conv2d 1x1 x2", "relu", "then max_pool2d 3x3 /2,", "dropout",
                             "1.18 M params"]),
        ("paper", "conv1", ["conv2d 11x11 /4", "relu", "local_response_norm", "max_pool2d 3x3 /2", "34.9 k params"]),
    ],
)  # fmt: skip
def test_what_follows_the_last_alone_is_said_so(name: str, head: str, lines: list[str]) -> None:
    said = [
        [one.text for one in words]
        for item in archcalc.load(name).draw("volumes").scene.items
        for words in [[part for part in item.parts if isinstance(part, Words)]]
        if words and words[0].text == head
    ]
    assert said == [[head, *lines]]


@pytest.mark.parametrize("style", ["volumes", "flow", "bars", "receptive_field"])
def test_a_slide_has_its_own_title_and_caption(style: Any) -> None:
    network = archcalc.load("alexnet_paper")
    usual, other, bare = (
        network.draw(style, **more)
        for more in ({}, {"title": "Krizhevsky's network"}, {"title": "", "caption": False})  # type: ignore[arg-type]
    )
    own, (first, *_), nothing = ([one.text for one in words_of(each.scene)] for each in (usual, other, bare))
    caption = own[own.index(next(text for text in own if re.match("In all|x2|Channels|The input", text))) :]
    assert first == other.scene.title == "Krizhevsky's network"
    titles = [one.text for one in words_of(usual.scene) if one.size > 12]
    assert " ".join(titles).startswith("alexnet_paper: AlexNet as the 2012 paper has it, on two GPUs")
    assert own == [*titles, *nothing, *caption]
    assert bare.scene.title == usual.scene.title
    assert bare.scene.height < usual.scene.height
    nothing_is_over_another_nor_outside(bare.scene)


def test_names_stand_once_and_one_layer_is_one() -> None:
    document = {"archcalc": 1, "name": "My_Net", "title": "My Net, from a file of Caffe", "input": [3],
                "layers": [{"name": "fc", "op": "linear", "out_features": 500}]}  # fmt: skip
    texts = [one.text for one in words_of(archcalc.load(document).draw().scene)]
    assert texts[0] == "My Net, from a file of Caffe"
    assert texts[-1] == "In all 1 layer, 2.00 k params, 1.50 kMACs."  # 500 * (3 + 1), and 500 * 3


@pytest.mark.parametrize("style", ["volumes", "flow", "bars", "receptive_field"])
def test_a_thousand_is_a_small_k(style: Any) -> None:
    texts = "\n".join(one.text for one in words_of(archcalc.load("lenet5").draw(style).scene))
    assert not re.search(r"[0-9] K", texts)
    assert bool(re.search(r"[0-9] k", texts)) == (style != "receptive_field")


def test_logarithms_are_said_and_drawn() -> None:
    network = archcalc.load("lenet_d2l")
    one, other = network.draw(scale="sqrt"), network.draw(scale="log")
    assert any("square roots of sizes" in words.text for words in words_of(one.scene))
    assert any("logarithms of sizes" in words.text for words in words_of(other.scene))
    assert one.svg != other.svg


def test_a_figure_is_the_same_bytes_in_every_process() -> None:
    code = "import archcalc; print(hash(archcalc.load('inception_v3').draw().svg + archcalc.load('paper').draw().tikz))"
    code = code.replace("hash(", "__import__('zlib').crc32((").replace(".tikz))", ".tikz).encode()))")
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=clean_environment(PYTHONHASHSEED=seed),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_a_figure_says_what_it_is_and_asks_for_nothing() -> None:
    for drawing in drawings("alexnet_paper"):
        root = ElementTree.fromstring(drawing.svg)
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root.get("role") == "img"
        assert "prefers-color-scheme:dark" in drawing.svg
        assert not re.search(r"var\(|url\(|href|<script|@import", drawing.svg)


def hostile() -> archcalc.Network:
    layers: list[dict[str, Any]] = [
        {"op": "towers", "devices": ["a", "b"],
         "layers": [{"name": "c", "op": "conv2d", "out_channels": 4, "kernel_size": 3}]},
        {"name": "fc", "op": "linear", "out_features": 2},
    ]  # fmt: skip
    layers.insert(1, {"name": "flat", "op": "flatten"})
    return archcalc.load({"archcalc": 1, "name": "net", "title": HOSTILE, "input": [3, 9, 9], "layers": layers})


@pytest.mark.parametrize("style", ["volumes", "flow", "bars", "receptive_field"])
def test_a_title_cannot_leave_the_text_of_svg(style: Any) -> None:
    root = ElementTree.fromstring(hostile().draw(style).svg)
    assert (root.findtext(f"{SVG}title") or "").startswith(f"net: {HOSTILE}")
    assert not [one for one in root.iter() if "script" in one.tag]
    drawn = " ".join(one.text or "" for one in root.iter(f"{SVG}text"))
    assert "<script>" in drawn or "..." in drawn


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("50% $x$ a_b #1 & ~ ^^5c", r"50\% \$x\$ a\_b \#1 \& \textasciitilde{} \textasciicircum{}\textasciicircum{}5c"),
        ("<script>", r"\textless{}script\textgreater{}"),
        ("96x55x55, conv2d 3x3, max", r"96$\times$55$\times$55, conv2d 3$\times$3, max"),
        ("layer3.rest.0 x35, 0x5", r"layer3.rest.0 $\times$35, 0$\times$5"),
        ("one\ntwo", r"one\textbackslash{}ntwo"),
    ],
)
def test_texts_of_tex_are_texts(text: str, written: str) -> None:
    assert tex(text) == written


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex here")
def test_tex_sets_every_figure(tmp_path: Path) -> None:
    drawn = [archcalc.load("alexnet_paper").draw(), archcalc.load("unet").draw(),
             *(hostile().draw(style) for style in ("volumes", "flow", "bars", "receptive_field"))]  # type: ignore[arg-type]  # fmt: skip
    lines = [r"\documentclass{article}", r"\usepackage[textwidth=345pt,paperheight=60cm,textheight=50cm]{geometry}",
             r"\usepackage{graphicx,tikz}", r"\begin{document}"]  # fmt: skip
    for number, drawing in enumerate(drawn):
        assert drawing.tikz.startswith("% needs \\usepackage{graphicx,tikz} in the preamble\n\\resizebox")
        (tmp_path / f"f{number}.tex").write_text(drawing.tikz, encoding="utf-8")
        lines.append(rf"\noindent\input{{f{number}}}\clearpage")
    (tmp_path / "all.tex").write_text("\n".join([*lines, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"({len(drawn)} pages" in done.stdout
    assert "Overfull" not in done.stdout
    assert "Missing character" not in (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")


def test_other_letters_than_those_of_ascii_are_said_to_need_another_tex() -> None:
    document = {"archcalc": 1, "name": "net", "title": "\u5377\u79ef", "input": [3],
                "layers": [{"name": "fc", "op": "linear", "out_features": 2}]}  # fmt: skip
    assert "needs xelatex or lualatex" in archcalc.load(document).draw().tikz.splitlines()[1]


def test_png_has_the_size_of_the_picture_and_its_letters() -> None:
    if ".png" not in PICTURES:
        pytest.skip("there is no resvg_py here, or no font that it knows")
    drawing = archcalc.load("lenet_d2l").draw()
    for zoom in (1, 2):
        written = drawing.png(zoom)
        assert written[:8] == b"\x89PNG\r\n\x1a\n"
        size = struct.unpack(">II", written[16:24])
        wanted = (zoom * drawing.scene.width, zoom * drawing.scene.height)
        assert all(abs(one - other) <= zoom for one, other in zip(size, wanted, strict=True))
    without = files.png(re.sub(r"<text.*?</text>", "", drawing.svg))
    assert len(drawing.png()) > 1.5 * len(without)


def test_a_missing_font_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """resvg leaves texts out where it knows no font, and says nothing."""
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(files, "_FAMILIES", ("No Such Font",))
    files._has_font.cache_clear()
    try:
        with pytest.raises(MissingError, match="PNG needs a font, and there is none that is known here: install"):
            archcalc.load("lenet_d2l").draw().png()
    finally:
        files._has_font.cache_clear()


def test_pdf_is_one() -> None:
    if ".pdf" not in PICTURES:
        pytest.skip("there is no cairosvg here, or no cairo")
    written = archcalc.load("lenet_d2l").draw().pdf()
    assert written.startswith(b"%PDF")
    assert len(written) > 4000


@pytest.mark.parametrize(
    ("command", "module", "said"),
    [
        (["draw", "lenet_d2l"], "resvg_py", "PNG needs resvg_py"),
        (["draw", "lenet_d2l", "-f", "pdf"], "cairosvg", "PDF needs cairosvg"),
        (["table", "lenet_d2l"], "resvg_py", "PNG needs resvg_py"),
        (["memory", "lenet_d2l"], "resvg_py", "PNG needs resvg_py"),
    ],
)
def test_what_is_missing_is_named_with_what_mends_it(
    command: list[str], module: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    file = tmp_path / ("x.pdf" if "pdf" in command else "x.png")
    done = run_here(*command, "-o", str(file))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"archcalc: {said} (")
    assert done.stderr.endswith("): pip install 'archcalc[figures]'\n")
    assert not file.exists()


@pytest.mark.parametrize(
    ("command", "starts"),
    [
        (["draw", "paper"], {**PICTURES, ".tex": "% needs", ".mmd": "flowchart TD"}),
        (["table", "lenet_d2l"], PICTURES),
        (["compare", "lenet_d2l", "lenet5"], {".svg": "<svg"}),
        (["memory", "lenet_d2l"], PICTURES),
        (["roofline", "lenet_d2l", "--device-model", "t4"], PICTURES),
        (["reconcile", "lenet_d2l"], {".svg": "<svg"}),
        (["reconcile", "lenet_d2l", "--of", "memory"], {".svg": "<svg"}),
        (["sweep", "lenet_d2l", "--vary", "fc1.out_features=80..120:20", "--pareto=-params,macs"], {".svg": "<svg"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_file_gets_what_its_ending_says(command: list[str], starts: dict[str, str], tmp_path: Path) -> None:
    for ending, start in starts.items():
        file = tmp_path / f"x{ending}"
        done = run_here(*command, "-o", str(file))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert file.read_bytes().decode("latin-1").startswith(start)
        if ending == ".svg":
            ElementTree.fromstring(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["unet", "--style", "volumes"],
            "unet is no chain that volumes show: cut4 reads 2 layers, and not just the layer before it "
            "(the style flow shows it)",
        ),
        (
            ["paper", "--style", "flow", "--layer", "conv1"],
            "layer goes with the style receptive_field, and this is flow",
        ),
        (
            ["paper", "--layer", "conv1", "--scale", "log"],
            "scale goes with the style volumes, and this is receptive_field",
        ),
        (
            ["paper", "--title", "x", "--no-title"],
            "--title and --no-title contradict each other: leave one out",
        ),
        (
            ["paper", "--no-caption", "-f", "mermaid"],
            "--no-caption does not go with mermaid, which has no place for it: leave out --no-caption",
        ),
        (["paper", "--layer", "conv"], "there is no layer conv; did you mean 'conv5'?"),
        (
            ["paper", "-o", "x.gif"],
            "--output: .gif is the ending of another kind of file than this command writes "
            "(.svg, .png, .pdf, .tex, .mmd)",
        ),
        (
            ["paper", "--from-profile", "none.json"],
            "--from-profile: none.json cannot be read: no such file or directory",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said(words: list[str], message: str) -> None:
    done = run_here("draw", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"archcalc: {message}\n")


def test_without_a_file_it_is_svg_and_a_terminal_gets_no_bytes() -> None:
    assert run("draw", "lenet_d2l").stdout.startswith("<svg")
    assert run("draw", "lenet_d2l", "-f", "tikz").stdout.startswith("% needs")


def test_an_option_stands_for_its_style() -> None:
    network = archcalc.load("paper")
    (record,) = (ROOT / "reports" / "profiles").glob("alexnet_paper-cuda0-infer-fp32-*T114656.json")
    assert [network.draw(layer="conv1").style, network.draw(from_profile=record).style] == ["receptive_field", "bars"]


def test_answers_have_pictures_for_notebooks(tmp_path: Path) -> None:
    network = archcalc.load("lenet_d2l")
    for answer in (network.table(), network.memory(), network.roofline("t4"), network.reconcile(),
                   archcalc.compare("lenet_d2l", "lenet5")):  # fmt: skip
        bundle = answer._repr_mimebundle_()
        assert list(bundle) == ["text/plain", "text/html", "image/svg+xml"]
        assert bundle["image/svg+xml"] == answer.plot().svg == answer.plot()._repr_svg_()
        assert list(answer._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
        assert list(answer._repr_mimebundle_(exclude=["text/html"])) == ["text/plain", "image/svg+xml"]
    explained = network.explain()
    assert list(explained._repr_mimebundle_()) == ["text/plain", "text/html"]
    with pytest.raises(ArchError, match=r"plot\(\) is a picture of one chart, and this answer has no chart"):
        explained.plot()
    network.table().plot().save(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == network.table().plot().svg
    with pytest.raises(ArchError, match=r"x.gif has not the ending of a picture: .svg, .png, .pdf"):
        network.table().plot().save(tmp_path / "x.gif")
    with pytest.raises(ArchError, match="cannot be written: no such file or directory"):
        network.draw().save(tmp_path / "nowhere" / "x.svg")


def test_a_browser_draws_no_text_wider_than_it_was_taken_to_be(browser: "Browser") -> None:
    letters = "\u00e9\u00fc\u00f1\u00d7\u2192\u2026\u03a9\u0416\u042f"
    document = {"archcalc": 1, "name": "net", "title": letters, "input": [3],
                "layers": [{"name": "fc", "op": "linear", "out_features": 2}]}  # fmt: skip
    drawn = [archcalc.load(one).draw() for one in ("alexnet_paper", "googlenet", document)]  # type: ignore[arg-type]
    context = browser.new_context(offline=True)
    page = context.new_page()
    for drawing in drawn:
        page.set_content(f"<body style='margin:0;width:{drawing.scene.width}px'>{drawing.svg}")
        found = page.evaluate(
            "[...document.querySelectorAll('svg text')].map(one => [one.textContent, one.getComputedTextLength()])"
        )
        words = words_of(drawing.scene)
        assert [text for text, _ in found] == [one.text for one in words]
        for (_, long), one in zip(found, words, strict=True):
            assert long <= width(one.text, one.size, one.is_bold) + 0.5, one.text
    context.close()
