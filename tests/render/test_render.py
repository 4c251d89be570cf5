"""Renderings: golden texts that are re-added, and what each format promises."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

import archcalc
from archcalc.errors import ArchError
from archcalc.render.envelope import results
from archcalc.render.formats import csv as csv_format
from archcalc.render.formats import html, jsonl, latex, markdown, plain
from archcalc.render.formats import json as json_format
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table.layers import data, sheet
from archcalc.render.terminal import drawing as terminal
from tests.commands import run
from tests.goldens import same_as_golden

WRITERS: dict[str, Any] = {
    "plain": plain.render,
    "markdown": markdown.render,
    "latex": latex.render,
    "html": html.render,
    "csv": csv_format.render,
    "jsonl": jsonl.render,
    "table": lambda sheets: terminal.render(sheets, None, colour=False)[0],
}
ENDINGS = {
    "plain": "txt",
    "markdown": "md",
    "latex": "tex",
    "html": "html",
    "csv": "csv",
    "jsonl": "jsonl",
    "table": "term",
}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_torchvision", "lenet_d2l"])
def test_golden(name: str, form: str, update_golden: bool) -> None:
    text = WRITERS[form]([sheet(archcalc.load(name).table())])
    same_as_golden(f"{name}.{ENDINGS[form]}", text, update_golden)


def test_golden_per_device(update_golden: bool) -> None:
    text = plain.render([sheet(archcalc.load("paper").table(per_device=True))])
    same_as_golden("alexnet_paper_per_device.txt", text, update_golden)


def test_golden_json(update_golden: bool) -> None:
    text = json_format.text(data(archcalc.load("torchvision").table()))
    same_as_golden("alexnet_torchvision.json", text, update_golden)


@pytest.mark.parametrize("name", ["alexnet_paper", "alexnet_torchvision", "alexnet_owt_bn", "lenet_d2l"])
def test_what_is_printed_adds_up(name: str) -> None:
    """Read the printed text as a person would, and add its columns again."""
    *_, header, rule, body, _, footer = _parts(plain.render([sheet(archcalc.load(name).table())]))
    assert set(rule) == {"-"}
    for column in ("params", "MACs"):
        end = re.search(rf" {column}(?= |$)", header)
        assert end
        printed = [_number_ending_at(line, end.end()) for line in body]
        *parts, total = [_number_ending_at(line, end.end()) for line in footer]
        assert sum(printed) == sum(parts) == total


def _parts(text: str) -> tuple[Any, ...]:
    *lines, in_short = [line for line in text.splitlines() if not line.startswith(("padding a/b", "devices: "))]
    assert re.fullmatch(r"[0-9.]+ [KM] params \([0-9.]+ [KM]B in fp32\), .* MACs = .*FLOPs, [0-9]+ layers", in_short)
    first = next(i for i, line in enumerate(lines) if line.startswith("---"))
    second = next(i for i, line in enumerate(lines) if line.startswith("---") and i > first)
    return lines[first - 1], lines[first], lines[first + 1 : second], lines[second], lines[second + 1 :]


def _number_ending_at(line: str, end: int) -> int:
    found = re.search(r"([0-9,]+)$", line[:end])
    assert found, line
    return int(found[1].replace(",", ""))


def test_csv_is_bare_numbers_that_a_reader_can_add() -> None:
    table = archcalc.load("paper").table()
    rows = list(csv.DictReader(io.StringIO(csv_format.render([sheet(table)]))))
    assert len(rows) == len(table.rows)
    assert sum(int(row["params"]) for row in rows) == table.totals.params
    assert sum(int(row["macs"]) for row in rows) == table.totals.macs
    assert rows[0]["input"] == "3x224x224"


def test_csv_of_several_specs_is_one_table_of_all_their_columns() -> None:
    tables = [archcalc.load(name).table() for name in ("torchvision", "paper")]
    frame = pd.read_csv(io.StringIO(csv_format.render([sheet(table) for table in tables])))
    for table in tables:
        rows = frame[frame["spec"] == table.name]
        assert (rows["params"].sum(), rows["macs"].sum()) == (table.totals.params, table.totals.macs)
    assert frame.loc[frame["spec"] == "alexnet_torchvision", "devices"].isna().all()
    assert (frame.loc[frame["layer"] == "conv1", "padding"] == ["2 2 2 2", "0 3 0 3"]).all()


def test_json_lines_are_the_rows_of_csv() -> None:
    sheets = [sheet(archcalc.load(name).table()) for name in ("torchvision", "paper")]
    rows = [json.loads(line) for line in jsonl.render(sheets).splitlines()]
    same = csv.DictReader(io.StringIO(csv_format.render(sheets)))
    for ours, theirs in zip(rows, same, strict=True):
        assert [str(ours[key]) for key in ("spec", "layer", "params")] == [
            theirs[key] for key in ("spec", "layer", "params")
        ]
        assert "x".join(map(str, ours["output"])) == theirs["output"]
    assert [*rows[0]][:3] == ["spec", "index", "layer"]


def test_json_is_the_documented_object() -> None:
    table = archcalc.load("torchvision").table()
    read = json.loads(json_format.text(data(table)))
    assert (read["archcalc"], read["schema"], read["batch"]) == (archcalc.__version__, 1, 1)
    assert (read["name"], read["input_shape"]) == ("alexnet_torchvision", [3, 224, 224])
    conv1 = read["layers"][0]
    documented = {
        "name": "conv1",
        "op": "conv2d",
        "inputs": ["input"],
        "input_shapes": [[3, 224, 224]],
        "output_shape": [64, 55, 55],
        "kernel_size": [11, 11],
        "stride": [4, 4],
        "padding": [2, 2, 2, 2],
        "dilation": [1, 1],
        "groups": 1,
        "params": 23296,
        "macs": 70276800,
        "flops": 140553600,
        "activations": 193600,
    }
    assert documented.items() <= conv1.items()
    assert read["layers"][1]["kernel_size"] is None
    totals = {"params": 61100840, "macs": 714188480, "flops": 1428376960, "units": 494184}
    assert totals.items() <= read["totals"].items()
    for key, total in read["totals"].items():
        assert total == sum(layer[key] for layer in read["layers"])


def test_json_of_several_is_wrapped() -> None:
    one = data(archcalc.load("paper").table())
    assert results([one]) is one
    assert results([one, one])["results"] == [one, one]


def test_latex_has_what_booktabs_wants() -> None:
    text = latex.render([sheet(archcalc.load("paper").table())])
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1
    assert text.count("{") == text.count("}")
    columns = re.search(r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}", text)
    assert columns
    for line in (line for line in text.splitlines() if line.endswith(r"\\")):
        assert len(re.split(r"(?<!\\)&", line)) == len(columns[1])
    assert not re.search(r"(?<!\\)_", text.replace(r"\label{tab:alexnet_paper}", ""))


def test_markdown_rows_have_all_their_cells() -> None:
    text = markdown.render([sheet(archcalc.load("paper").table())])
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


HOSTILE = Sheet(
    name="x",
    title='<b>&"bold"',
    columns=(Column("a", "a|b"), Column("c", "c_d")),
    rows=((r"<script>\_{}~^%$#", "|"),),
)


def test_no_rendering_lets_a_name_escape() -> None:
    page = html.render([HOSTILE])
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert "<script>" not in page
    assert r"\|" in markdown.render([HOSTILE])
    assert r"\textbackslash{}\_\{\}\textasciitilde{}\textasciicircum{}\%\$\#" in latex.render([HOSTILE])


def test_a_prompt_shows_one_line() -> None:
    network = archcalc.load("paper")
    assert repr(network) == "<Network alexnet_paper: 24 layers>"
    assert repr(network.table()) == "<Table alexnet_paper: 24 rows, 60,965,224 params, 724,406,816 MACs>"
    assert str(network.table()) + "\n" == plain.render([sheet(network.table())])


def test_a_notebook_shows_the_table() -> None:
    network = archcalc.load("paper")
    assert network._repr_html_() == network.table()._repr_html_()
    assert "<table" in network._repr_html_()
    assert "<html" not in network._repr_html_()


@pytest.mark.parametrize("width", [40, 46, 60, 80, 100, 140, 200])
def test_a_narrow_terminal_loses_columns_but_no_digit(width: int) -> None:
    whole = sheet(archcalc.load("paper").table())
    text, dropped = terminal.render([whole], width, colour=False)
    assert "…" not in text
    assert "60,965,224" in text
    assert "724,406,816" in text
    assert max(map(len, text.splitlines())) <= width
    if width < 46:  # a block for each layer
        assert "conv1\n  # 1, type conv2d" in text
        assert not dropped
        return
    assert bool(dropped) == (width < 144)
    headers = next(line for line in text.splitlines() if line.lstrip().startswith(("layer", "#")))
    assert all(f" {header} " not in f" {headers} " for header in dropped)


def test_labels_of_latex_are_each_once() -> None:
    paper = sheet(archcalc.load("paper").table())
    text = latex.render([paper, paper, sheet(archcalc.load("d2l").table())])
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert labels == ["tab:alexnet_paper", "tab:alexnet_paper_2", "tab:alexnet_d2l"]


def test_what_latex_needs_is_told() -> None:
    text = latex.render([Sheet("", "", (Column("a", "a"),), (("\u5377",),))])
    assert text.splitlines()[:2] == [
        r"% needs \usepackage{booktabs,graphicx} in the preamble",
        "% needs xelatex or lualatex, and fonts that have its letters",
    ]


def test_chinese_takes_two_places() -> None:
    wide = Sheet("", "", (Column("a", "a"), Column("b", "b")), (("\u5377\u79ef", "x"), ("conv", "y")))
    assert plain.render([wide]).splitlines()[2:] == ["\u5377\u79ef  x", "conv  y"]
    text, _ = terminal.render([wide], 80, colour=False)
    assert "\u5377\u79ef  x" in text


def test_nothing_of_a_text_is_lost_where_it_is_wrapped() -> None:
    said = "(AlexNet\u4e0eLeNet\u533a\u522b), it is so, in a_word_that_is_longer_than_its_column"
    columns = (Column("a", "a", prose=True), Column("b", "b", right=True))
    for width in range(27, 60):
        text, _ = terminal.render([Sheet("", "", columns, ((said, "1"),))], width, colour=False)
        shown = "".join(line.removesuffix("1").replace(" ", "") for line in text.splitlines()[2:])
        assert shown == said.replace(" ", "")


def test_csv_has_formulas_as_text() -> None:
    done = run("explain", "paper", "conv1", "--of", "output", "--format", "csv")
    assert "ceil((size + before + after - kernel_size) / stride) + 1" in done.stdout
    assert "Step(" not in done.stdout


def test_colour_is_only_there_when_asked_for() -> None:
    whole = sheet(archcalc.load("paper").table())
    assert "\x1b[" not in terminal.render([whole], 200, colour=False)[0]


def test_bars_are_as_long_as_their_share() -> None:
    assert [terminal.bar(share).rstrip() for share in (0, 1 / 64, 0.5, 1)] == ["", "▏", "████", "████████"]


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ArchError, match="there is no column 'outpt'; did you mean 'output'"):
        sheet(archcalc.load("paper").table(), ["outpt"])


def test_branching_networks_show_what_they_read() -> None:
    rows = {row.name: row for row in archcalc.load("googlenet").table().rows}
    from archcalc.render.words import inputs

    assert inputs(rows["inception3a.joined"].input_shapes) == "(64+128+32+32)x28x28"


def test_only_sizes_get_a_multiplication_sign() -> None:
    text = latex.render([Sheet("", "", (Column("a", "a"), Column("b", "b", sizes=True)), (("branch3x3", "3x3"),))])
    assert r"branch3x3 & 3$\times$3 \\" in text


def test_csv_joins_words_by_spaces_and_sizes_by_x() -> None:
    columns = (Column("words", "words"), Column("shape", "shape"))
    assert csv_format.render([Sheet("", "", columns, ((("foo", "bar"), (3, 4)),))]) == "words,shape\nfoo bar,3x4\n"


def test_cells_in_a_notebook_are_aligned_as_on_a_page() -> None:
    """JupyterLab aligns cells to the right by a rule of two classes and an element: ours must have more of them."""
    rules = dict(re.findall(r"([^{}]+)\{([^}]*)\}", html._STYLE))
    aligning = [one for selector, rule in rules.items() if "text-align" in rule for one in selector.split(",")]
    assert len(aligning) == 4
    for selector in aligning:
        classes, elements = selector.count("."), len(re.findall(r"(?:^| )[a-z]", selector))
        assert (classes, elements) > (2, 1), selector
