"""`archcalc explain`: its numbers, read back from the text and worked out anew, are the table's."""

import ast
import json
import re
import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from pathlib import Path

import pytest
from hypothesis import given, settings

import archcalc
from archcalc.analysis.explain.explanation import QUANTITIES, explain
from archcalc.analysis.explain.steps import Section
from archcalc.analysis.receptive_field import Field, Sight, receptive_fields
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.layers.sizes import AXES
from archcalc.render.explain.chain import chain_sheet
from archcalc.render.explain.formula import with_names
from archcalc.render.explain.layers import equation, layer_sheets
from archcalc.render.formats import latex, markdown
from archcalc.render.formats.plain import render
from archcalc.spec.model import Spec
from archcalc.table import Row, measure
from tests.commands import on_terminal, run
from tests.conftest import BUNDLED, ROOT
from tests.goldens import same_as_golden
from tests.random_networks import branching
from tests.sizes import by_size
from tests.spec.test_towers import SPEC as TOWERS

VALID = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
SPECS = [*BUNDLED, *map(str, VALID)]


def worked_out(text: str) -> Fraction:
    """Return the value of a formula in plain text, by fractions; nothing of archcalc is used."""
    return _value(ast.parse(text.replace(",", "") if "(" not in text else text, mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left), _value(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
        case ast.Call(func=ast.Name(id=name), args=arguments):
            numbers = [_value(argument) for argument in arguments]
            match name:
                case "floor":
                    return Fraction(floor(numbers[0]))
                case "ceil":
                    return Fraction(ceil(numbers[0]))
                case "max":
                    return max(numbers)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = _value(left), _value(right)
            return Fraction(a > b if isinstance(op, ast.Gt) else a >= b)
    raise AssertionError(f"{ast.dump(node)} is no formula")


def printed(text: str) -> Fraction:
    """`54.25`, `34,944` and `3 1/3` as fractions."""
    whole, _, part = text.replace(",", "").partition(" ")
    return Fraction(whole) + (Fraction(part) if part else 0)


def read_back(text: str) -> int:
    """Return what `left = middle -> result` says, after each of its parts was compared with the others."""
    sides, _, rounded = text.partition(" -> ")
    left, sign, right = sides.rpartition(" = ")
    made = worked_out(left) if sign else printed(right)
    assert made == printed(right), text
    if not rounded:
        assert made.denominator == 1, text
        return int(made)
    result = printed(rounded)
    assert made.denominator > 1, text
    assert result in (floor(made), ceil(made)), text
    return int(result)


def results(section: Section) -> dict[str, int]:
    return {step.part: read_back(equation(step.how)) for step in section.steps if not step.called}


def expected(row: Row, sights: tuple[Sight, ...]) -> dict[str, object]:
    return {"output": row.output_shape, "params": row.params, "macs": row.macs, "receptive_field": sights}


def value_of(section: Section) -> object:
    return section.sights if section.of == "receptive_field" else section.value


def holds(graph: Graph) -> int:
    """Hold every explanation of a graph against its table; how many numbers were read back."""
    fields, rows, count = receptive_fields(graph), measure(graph).rows, 0
    explained = (explain(graph, row.name).layers[0] for row in rows)
    for one, row in zip(explained, rows, strict=True):
        true = expected(row, fields[row.name])
        assert [section.of for section in one.sections] == list(QUANTITIES)
        for section in one.sections:
            assert value_of(section) == true[section.of], (row.name, section.of)
            found = results(section)
            for step in section.steps:
                assert read_back(equation(step.how)) == step.how.value
                assert with_names(step.how)
            count += len(found)
            if found:
                said = section.sights[0].field if section.sights else section.value
                made = made_of(section, found, len(one.node.input_shapes[0]) - 1 or 2)
                assert made == said, (row.name, section.of, found)
            else:
                assert section.note
    return count


def made_of(section: Section, found: dict[str, int], axes: int) -> object:
    """Return the number that the numbers of its parts make, for a layer that reads so many axes."""
    if section.of in ("params", "macs"):
        return next(reversed(found.values()))
    if section.of == "receptive_field":
        numbers = (
            tuple(found.get(f"{name}, {axis}", found.get(name)) for axis in AXES[axes])
            for name in ("field", "jump", "start")
        )
        return Field(*numbers)  # type: ignore[arg-type]
    names = list(found)
    for axes_named in ("height and width", "depth, height and width"):
        if axes_named in found:
            return (found["channels"], *[found[axes_named]] * axes)
    return tuple(found[name] for name in names)


@pytest.mark.parametrize("name", by_size(SPECS))
def test_every_number_of_every_layer_is_the_tables(name: str) -> None:
    assert holds(archcalc.load(name).graph) > 15


@settings(max_examples=150, deadline=None)
@given(spec=branching())
def test_random_networks(spec: Spec) -> None:
    holds(as_far_as_it_fits(spec))


def as_far_as_it_fits(spec: Spec) -> Graph:
    try:
        return link(spec)
    except ArchError as error:
        made = error.partial
    assert isinstance(made, Graph)
    return made


def test_towers(tmp_path: Path) -> None:
    (tmp_path / "towers.yaml").write_text(TOWERS)
    assert holds(archcalc.load(tmp_path / "towers.yaml").graph) > 10


def test_a_wrong_number_would_be_found() -> None:
    assert read_back("(224 + 0 + 0 - 11) / 4 + 1 = 54.25 -> 55") == 55
    for wrong in (
        "2 * 3 = 7",
        "(224 - 11) / 4 + 1 = 54.25 -> 56",
        "7 / 2 = 3.4 -> 3",
        "10 / 3 = 3 1/2 -> 3",
        "7 / 2 = 3",
    ):
        with pytest.raises(AssertionError):
            read_back(wrong)


def explained(*arguments: str) -> str:
    done = run("explain", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


# The sentence, and the arithmetic behind it.
FACTS = [
    (
        ["paper", "conv1"],
        "(224 + 0 + 0 - 11) / 4 + 1 = 54.25 -> 55 ceil_mode is unclipped (cuda-convnet rounds up); floor would give 54",
    ),
    # 54 windows of 11, 4 apart, end at 53 * 4 + 11 = 223
    (["alexnet_d2l_pad0", "conv1"], "no window reads the last 1 of 224 rows and columns"),
    # (55 - 3) / 2 + 1 = 27 exactly, so nothing is said of what is not read
    (["caffenet", "pool1", "--of", "output"], "(55 + 0 + 0 - 3) / 2 + 1 = 27"),
    # one group: 256 * 96 * 25 + 256 = 614,656; two: 256 * 48 * 25 + 256 = 307,456
    (["caffenet", "conv2"], "as one group 614,656 and 447,897,600, so that the split saves 307,200 and 223,948,800"),
    (["paper", "norm1"], "alpha 0.0001 per sum (the 2012 paper, TensorFlow) is 0.0005 per mean (Caffe, PyTorch)"),
    (["caffenet", "norm1"], "alpha 0.0001 per mean (Caffe, PyTorch) is 0.00002 per sum"),
    (["paper", "norm1"], "each device normalizes over its own 48 channels, not over all 96"),
    # ceil(224 / 4) = 56; (56 - 1) * 4 + 11 - 224 = 7 of padding, 3 before and 4 after
    (["alexnet_tf_benchmark", "conv1"], "7 / 2 = 3.5 -> 3"),
    (["torchvision", "fc6", "--of", "params"], "4096 * 9216 + 4096 = 37,752,832"),
    (["paper", "pool5", "--of", "receptive-field"], "163 + (3 - 1) * 16 = 195"),
]


@pytest.mark.parametrize(("arguments", "words"), FACTS, ids=lambda value: " ".join(value)[:40])
def test_what_it_says(arguments: list[str], words: str) -> None:
    text = re.sub(r" {2,}", " ", explained(*arguments))
    if "--of" in arguments and arguments[-1] == "params":
        text = text.replace("37748736", "4096 * 9216")
    assert re.sub(r" {2,}", " ", words) in text


@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_tf_benchmark", "lenet_d2l"])
def test_golden(name: str, update_golden: bool) -> None:
    graph = archcalc.load(name).graph
    chain = chain_sheet(explain(graph))
    sheets = [chain, *layer_sheets(explain(graph, graph.nodes[0].name))]
    same_as_golden(f"explain_{name}.txt", render(sheets), update_golden)
    same_as_golden(f"explain_{name}.md", markdown.render(sheets), update_golden)
    same_as_golden(f"explain_{name}.tex", latex.render(sheets), update_golden)


def test_formulas_are_tex_that_compiles(tmp_path: Path) -> None:
    text = explained("alexnet_tf_benchmark", "conv1", "--format", "latex")
    assert r"\left\lceil \frac{\text{size}}{\text{stride}} \right\rceil" in text
    assert text.count("$") % 2 == 0
    assert text.count("{") == text.count("}")
    if shutil.which("pdflatex"):
        head = "\\documentclass{article}\\usepackage{amsmath,booktabs,graphicx}\\begin{document}\n"
        (tmp_path / "a.tex").write_text(head + text + "\\end{document}\n")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0


def test_json_has_rules_numbers_and_reasons() -> None:
    answer = json.loads(explained("paper", "conv1", "--format", "json"))
    (layer,) = answer["layers"]
    output = layer["figures"][0]
    assert (layer["name"], output["of"], output["value"]) == ("conv1", "output", [96, 55, 55])
    assert output["steps"][1]["numbers"] == "(224 + 0 + 0 - 11) / 4 + 1 = 54.25 -> 55"
    assert output["steps"][1]["value"] == 55
    assert any("past the input" in fact for fact in layer["hidden"])
    assert any("253,440 is 55 x 48 x 96" in words for words in layer["claims"])
    assert all(rule["url"].startswith("https://") for rule in layer["rules"])


def test_a_structure_is_all_its_layers_and_a_misspelt_name_is_met() -> None:
    text = explained("resnet18", "layer1.0", "--of", "output")
    assert text.count(" of resnet18: ") == 7  # two convolutions, two norms, two activations and the sum
    wrong = run("explain", "paper", "cnov1")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean 'conv1'?" in wrong.stderr


def test_up_to_a_layer_that_does_not_fit() -> None:
    done = run("explain", "alexnet_owt", "--input", "3x32x32")
    assert done.returncode == 2
    assert "conv1" in done.stdout
    assert "does not fit" in done.stderr
    assert "pool5" not in done.stdout


def test_a_narrow_terminal_stacks_and_keeps_the_rule() -> None:
    text, code = on_terminal(60, "explain", "paper", "conv1", NO_COLOR="1")
    assert code == 0
    assert fits(text, 60)
    assert "…" not in text
    assert "left out" not in text
    assert "output: height and width\n  rule     ceil((size + before + after - kernel_size) /\n" in text
    assert "  numbers  (224 + 0 + 0 - 11) / 4 + 1 = 54.25 -> 55\n" in text
    assert "  because  ceil_mode is unclipped" in text
    assert "params: total\n" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("arguments", [["paper"], ["resnet18"], ["d2l", "conv1"]])
def test_no_line_is_wider_than_the_terminal(arguments: list[str], width: int) -> None:
    text, code = on_terminal(width, "explain", *arguments, NO_COLOR="1")
    assert code == 0
    assert fits(text, width)


def fits(text: str, width: int) -> bool:
    """Whether no line is wider, but for an address that can only be used whole."""
    return all(len(line) <= width or line.startswith("https://") for line in text.splitlines())


def test_sources_speak_of_the_figures_asked_for_only() -> None:
    whole = explained("paper", "conv1")
    assert "paper says units 253,440 (caption of Figure 2): it is 290,400; 253,440 is 55 x 48 x 96" in whole
    assert "paper says output 96x55x55: this is true (Figure 2, 48 maps in each tower)" in whole
    assert "cuda-convnet rounds up: https://" in whole
    for quantity in ("params", "macs", "receptive-field"):
        text = explained("paper", "conv1", "--of", quantity)
        assert "says" not in text
        assert "rounds up" not in text
    assert "torch.nn.Conv2d" in explained("paper", "conv1", "--of", "params")
    params = explained("torchvision", "fc6", "--of", "params")
    assert "elefans says params 37,752,832: this is true (torchsummary, Linear-16)" in params
    assert "says output" not in params


# What a line of the chain reads where that is not the line before, by the file.
READS = {
    "layer1.0.sum.conv1": "",
    "layer1.0.sum": "layer1.0.sum.conv2 and maxpool",
    "layer1.1.sum.conv1": "",
    "layer1.1.sum": "layer1.1.sum.conv2 and layer1.0.sum",
    "layer2.first.sum.downsample.0": "layer1.1.sum",
    "layer2.first.sum": "layer2.first.sum.conv2 and layer2.first.sum.downsample.0",
}


def test_a_layer_that_only_orders_its_axes_changes_the_shape() -> None:
    rows = chain_sheet(explain(archcalc.load(ROOT / "tests/specs/valid/modern.yaml").graph)).rows
    assert [row[:2] for row in rows if "permute" in row] == [
        ("channels_last", "permute"),
        ("channels_first", "permute"),
    ]


def test_a_chain_says_what_branches_read() -> None:
    graph = archcalc.load("resnet18").graph
    sheet = chain_sheet(explain(graph))
    reads = {row[0]: row[2] or "" for row in sheet.pick(["layer", "type", "reads"]).rows}
    assert {name: reads[name] for name in READS} == READS
    assert [name for name in reads if "sum" in name.split(".")[-1:]] == [
        node.name for node in graph.nodes if node.layer.merges
    ]
    params = chain_sheet(explain(graph, of="params"))
    assert "reads" not in [column.key for column in params.columns]


@pytest.mark.parametrize("name", by_size(SPECS))
def test_a_chain_can_be_followed_from_line_to_line(name: str) -> None:
    graph = archcalc.load(name).graph
    sheet = chain_sheet(explain(graph))
    rows = [dict(zip((column.key for column in sheet.columns), row, strict=True)) for row in sheet.rows]
    made = {row["layer"]: row["value"] for row in rows}
    nodes = {node.name: node for node in graph.nodes}
    for before, row in pairwise(rows):
        if row["layer"] in graph.spec.inputs:
            continue
        said = row.get("reads")
        sources = re.split(r", | and ", said) if said else [before["layer"]]
        if re.fullmatch(r"\d+ layers", sources[0]):
            continue
        shapes = nodes[row["layer"]].input_shapes
        assert [made[source] for source in sources] == ["x".join(map(str, shape)) for shape in shapes]


def test_an_unknown_layer_is_met_with_one_and_with_where_all_are() -> None:
    done = run("explain", "paper", "conv9")
    assert (done.returncode, done.stdout) == (2, "")
    said = "alexnet_paper has no layer 'conv9'; did you mean 'conv5'? (archcalc table lists its layers)"
    assert done.stderr == f"archcalc: {said}\n"
