"""Drawings: every layer in one box, every input a line, and text that is quoted."""

import re
from pathlib import Path

import pytest

import archcalc
from tests.commands import run
from tests.conftest import BUNDLED
from tests.sizes import by_size

BOX = re.compile(r'    n(\d+)(?:\["([^"]*)"\]|\(\["([^"]*)"\]\))')
LINE = re.compile(r"    n(\d+) --> n(\d+)")


def of_mermaid(text: str) -> tuple[dict[int, list[str]], set[tuple[int, int]]]:
    """The lines of text in each box, and which boxes have lines; every line of the file is one of both."""
    first, *lines = text.splitlines()
    assert first == "flowchart TD"
    boxes, drawn = {}, set()
    for line in lines:
        if box := BOX.fullmatch(line):
            boxes[int(box[1])] = (box[2] or box[3]).split("<br>")
        else:
            found = LINE.fullmatch(line)
            assert found, line
            drawn.add((int(found[1]), int(found[2])))
    return boxes, drawn


def of_dot(text: str) -> tuple[dict[int, list[str]], set[tuple[int, int]]]:
    boxes = re.findall(r'^    n(\d+) \[label="((?:[^"\\]|\\.)*)"(?:, shape="ellipse")?\]$', text, re.MULTILINE)
    lines = re.findall(r"^    n(\d+) -> n(\d+)$", text, re.MULTILINE)
    assert len(boxes) + len(lines) + 5 == len(text.splitlines())
    return (
        {int(number): [one.replace('\\"', '"') for one in label.split("\\n")] for number, label in boxes},
        {(int(one), int(other)) for one, other in lines},
    )


@pytest.mark.parametrize("spec", by_size(BUNDLED))
def test_a_drawing_has_the_lines_of_the_graph_and_no_others(spec: str) -> None:
    network = archcalc.load(spec)
    boxes, lines = of_mermaid(network.export("mermaid"))
    assert (boxes, lines) == of_dot(network.export("dot"))
    heads = {text[0]: number for number, text in boxes.items()}
    assert len(heads) == len(boxes)
    place, expected = dict(heads), set()
    for node in network.graph.nodes:
        if node.name not in heads:  # it stands in the box of what it reads
            place[node.name] = place[node.inputs[0]]
            assert node.layer.op in boxes[place[node.name]][1].split(", ")[1:]
        else:
            expected |= {(place[name], heads[node.name]) for name in node.inputs}
    assert lines == expected


def test_what_several_read_is_not_put_into_one_box() -> None:
    boxes, lines = of_mermaid(archcalc.load("resnet18_d2l").export("mermaid"))
    assert boxes[1] == ["conv1", "conv2d 7x7 /2, batch_norm2d, relu", "64x48x48"]
    assert boxes[5] == ["layer1.0.sum", "add, relu", "64x24x24"]
    assert {(2, 3), (2, 5), (4, 5)} <= lines


def test_transposed_windows_are_said_too() -> None:
    boxes, _ = of_mermaid(archcalc.load("fcn_alexnet").export("mermaid"))
    assert ["upscore", "conv_transpose2d 63x63 /32", "21x543x543"] in boxes.values()


def test_titles_are_quoted() -> None:
    text = 'archcalc: 1\ntitle: "a \\"b\\" \\\\ <c> &lt;"\ninput: [3]\nlayers: [{name: a, op: relu}]\n'
    assert 'label="a \\"b\\" \\\\ <c> &amp;lt;"' in archcalc.load(text).export("dot")


def test_endings_say_what_is_drawn(tmp_path: Path) -> None:
    starts = {".mmd": "flowchart TD\n", ".dot": 'digraph "lenet_d2l" {\n', ".gv": "digraph ", ".csv": "layer,op,N,"}
    for ending, start in starts.items():
        path = tmp_path / f"net{ending}"
        assert run("export", "lenet_d2l", "--output", str(path)).returncode == 0
        assert path.read_text(encoding="utf-8").startswith(start)
    done = run("export", "lenet_d2l", "--output", str(tmp_path / "net.yaml"))
    assert (done.returncode, list(tmp_path.glob("*.yaml"))) == (2, [])
    assert "--output: .yaml may be several things: add --to (archcalc show writes a spec)" in done.stderr
