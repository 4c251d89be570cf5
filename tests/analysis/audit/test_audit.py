"""`archcalc audit`: what sources say, held against what is so, in four words."""

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.audit.claims import Audit, Standing, audit, judge
from archcalc.render.audit.claims import claims_sheets
from archcalc.render.audit.page import page
from archcalc.render.formats import markdown
from archcalc.render.formats.plain import render
from archcalc.spec.model import Claim
from archcalc.table import measure
from tests.commands import on_terminal, run
from tests.conftest import BUNDLED
from tests.goldens import same_as_golden

AUDITS = [audit(archcalc.load(name).graph) for name in BUNDLED]

SPEC = """
archcalc: 1
name: claimed
sources: {me: {title: Mine, url: "https://example.org/mine"}, you: {cite: You}}
input: [3, 8, 8]
layers: [{name: conv, op: conv2d, out_channels: 2, kernel_size: 3}]
claims:
  - {what: params, value: 56, source: me}
"""
BROKEN = "  - {what: params, of: conv, value: 57, source: you, where: page 2, quote: 57 of them}\n"
HOLDS = "  - {what: output, of: conv, value: [2, 6, 6], source: me, expect: fails, why: it was thought to}\n"
WRONG = "  - {what: macs, value: 2k, source: me, expect: fails, why: 3 * 9 * 2 * 36 is 1944 | no more}\n"
IMPOSSIBLE = "  - {what: receptive_field, of: conv, value: 3, source: me}\n"


def written(path: Path, *claims: str) -> str:
    path.write_text(SPEC + "".join(claims))
    return str(path)


def test_nothing_bundled_is_otherwise_than_expected() -> None:
    assert [one.surprises for one in AUDITS] == [[] for _ in AUDITS]
    assert sum(one.count(Standing.OK) for one in AUDITS) > 300
    assert sum(one.count(Standing.KNOWN_WRONG) for one in AUDITS) >= 59
    assert all(one.verdicts for one in AUDITS)


KNOWN = [
    ("alexnet_paper", "units", ("conv1",), 253_440, 290_400),  # 55 * 48 * 96 where 55 * 55 * 96 is meant
    ("alexnet_paper", "units", None, "650k", 659_272),
    ("alexnet_paper", "params", None, "60M", 60_965_224),
    ("alexnet_d2l", "output", ("pool5",), (256, 6, 6), (256, 5, 5)),
    ("alexnet_d2l", "memory", ("fc6", "fc7"), "1GB", 4 * (6401 * 4096 + 4097 * 4096)),
    ("alexnet_d2l", "memory", ("fc6", "fc7"), "164MB", 4 * (6401 * 4096 + 4097 * 4096)),  # MiB
    ("alexnet_d2l", "flops", ("fc6", "fc7"), "81M", 2 * (6400 * 4096 + 4096 * 4096)),
    ("alexnet_caffe", "memory", None, "240MB", 4 * 60_965_224),
    ("alexnet_single_tower", "memory", None, "238MB", 4 * 62_378_344),  # MiB
    ("alexnet_torchvision", "memory", None, "233.08MB", 4 * 61_100_840),
]


@pytest.mark.parametrize(("name", "what", "of", "value", "true"), KNOWN)
def test_known_errors_of_the_world(
    name: str, what: str, of: tuple[str, ...] | None, value: object, true: object
) -> None:
    (one,) = (one for one in AUDITS if one.spec.name == name)
    found = [v for v in one.verdicts if (v.claim.what, v.claim.of, v.claim.value) == (what, of, value)]
    assert found
    assert {(v.true, v.standing) for v in found} == {(true, Standing.KNOWN_WRONG)}


@pytest.mark.parametrize(
    ("dtype", "value", "true"),
    [
        # 61,100,840 parameters of 4, 2 and 1 bytes
        (None, "244.4MB", 244_403_360),
        ("fp32", "244.4MB", 244_403_360),
        ("fp16", "122MB", 122_201_680),
        ("bf16", "122.2MB", 122_201_680),
        ("int8", "61MB", 61_100_840),
    ],
)
def test_bytes_of_weights_of_other_numbers(dtype: str | None, value: str, true: int) -> None:
    network = archcalc.load("torchvision")
    claim = Claim(what="memory", value=value, source="me", dtype=dtype)
    (verdict,) = judge(network.graph, measure(network.graph), [claim])
    assert (verdict.true, verdict.holds) == (true, True)


ELEFANS, TOUTIAO, WALKTHROUGH, SHUAI06 = "elefans", "toutiao", "walkthrough", "shuai06"

# What the articles that present these networks say and is refuted: the spec, the source, and a piece of the claim.
REFUTED = [
    ("alexnet_single_tower", ELEFANS, "MaxPool-1 | 96 | 2"),  # a padding of 2 gives 29, not 27
    ("alexnet_single_tower", ELEFANS, "25%的准确率"),  # an error rate
    ("alexnet_torchvision", ELEFANS, "model.eval"),  # switches dropout off
    ("alexnet_owt", TOUTIAO, "padding=int((size-1)/2)"),  # pads all three axes
    ("alexnet_owt", TOUTIAO, "乘以0.5"),  # beside code that rescales in training
    ("alexnet_owt", TOUTIAO, "偏差初始化为1"),  # not those of conv1, conv3 and fc8
    ("alexnet_single_tower", WALKTHROUGH, "池化是向上取整"),  # in Caffe
    ("alexnet_single_tower", WALKTHROUGH, "预处理调整为227*227*3"),  # in Caffe
    ("alexnet_single_tower", WALKTHROUGH, "尺度为5*5"),  # 5 channels at one place
    ("alexnet_single_tower", WALKTHROUGH, "然后跟ReLu"),  # softmax
    ("alexnet_d2l", SHUAI06, "将近1GB"),  # 172.0 MB
    ("alexnet_d2l", SHUAI06, "LeNet的10倍"),  # 16
    ("alexnet_d2l", SHUAI06, "多10倍以上"),  # 8
    ("alexnet_d2l", SHUAI06, "369*387"),  # no one size
    ("alexnet_d2l", SHUAI06, "(384-3+2)/1 + 1 = 384"),  # 12
]

# Where they contradict themselves, or their own code.
INCONSISTENT = [
    ("alexnet_single_tower", ELEFANS, "6000万"),  # beside a table of 62,378,344
    ("alexnet_owt", TOUTIAO, "赢得了ILSVRC 2012"),  # over the code of another net
    ("alexnet_owt", TOUTIAO, "alpha=1e-4, beta=0.75, k=1"),  # under the paper's formula
    ("alexnet_owt", TOUTIAO, "CIFAR-10"),  # too small for the code
    ("alexnet_single_tower", WALKTHROUGH, "6千万"),  # for a merged net
    ("alexnet_tf_benchmark", WALKTHROUGH, (96, 55, 55)),  # over code that makes 64x56x56
    ("alexnet_half", SHUAI06, "imagenet的彩色图片"),  # over a net of half the width
]


@pytest.mark.parametrize(("name", "source", "piece"), [*REFUTED, *INCONSISTENT])
def test_what_articles_get_wrong_is_claimed_and_known_to_be_wrong(name: str, source: str, piece: object) -> None:
    claimed = [v for v in of_network(name).verdicts if v.claim.source == source]
    found = [v for v in claimed if piece == v.claim.value or str(piece) in (v.claim.quote or "")]
    assert found
    assert {v.standing for v in found} == {Standing.KNOWN_WRONG}
    assert all(v.claim.why for v in found)


def test_no_claim_is_lost() -> None:
    assert len(set(REFUTED)) == 15
    assert len(set(INCONSISTENT)) == 7
    claims = [verdict.claim for one in AUDITS for verdict in one.verdicts]
    assert len(claims) >= 373
    by_what = Counter(claim.what for claim in claims)
    assert by_what["statement"] >= 20
    assert by_what["cost"] >= 31
    assert by_what["weights"] >= 16


@pytest.mark.parametrize(
    ("claims", "code", "said"),
    [
        ([], 0, ""),
        ([WRONG], 1, "macs: me says 2k, archcalc says 1,944: UNEXPECTEDLY HOLDS"),
        ([BROKEN], 1, "params of conv: you says 57, archcalc says 56: BROKEN"),
        ([HOLDS], 1, "output of conv: me says 2x6x6, archcalc says 2x6x6: UNEXPECTEDLY HOLDS"),
        ([IMPOSSIBLE], 0, ""),
    ],
)
def test_what_nobody_expects_ends_with_1(claims: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = run("audit", written(tmp_path / "claimed.yaml", *claims))
    assert done.returncode == code
    assert done.stderr == (f"archcalc: claimed: {said}\n" if said else "")
    assert said.rpartition(": ")[2] in done.stdout


def test_a_broken_spec_does_not_hide_the_others(tmp_path: Path) -> None:
    sound = written(tmp_path / "claimed.yaml")
    (tmp_path / "broken.yaml").write_text("archcalc: 1\nname: broken\ninput: [3, 2, 2]\nlayers: [{name: a, op: nix}]\n")
    done = run("audit", str(tmp_path / "broken.yaml"), sound)
    assert done.returncode == 2
    assert "unknown op 'nix'" in done.stderr
    assert "params" in done.stdout
    bare = "archcalc: 1\nname: bare\ninput: [3, 8, 8]\nlayers: [{name: a, op: relu}]\n"
    (tmp_path / "bare.yaml").write_text(bare)
    assert "bare has no claims" in run("audit", str(tmp_path / "bare.yaml")).stdout


def test_json_and_csv_have_every_claim() -> None:
    answers = json.loads(run("audit", "--format", "json").stdout)["results"]
    assert {answer["name"]: len(answer["claims"]) for answer in answers} == {
        one.spec.name: len(one.verdicts) for one in AUDITS
    }
    paper = next(answer for answer in answers if answer["name"] == "alexnet_paper")
    conv1 = next(claim for claim in paper["claims"] if claim["value"] == 253_440)
    assert (conv1["true"], conv1["holds"], conv1["verdict"], conv1["expect"]) == (
        290_400,
        False,
        "known wrong",
        "fails",
    )


def test_csv_has_the_same_columns_for_one_spec_and_for_all_and_bare_numbers() -> None:
    every, one = (
        list(csv.DictReader(run("audit", *specs, "-f", "csv").stdout.splitlines())) for specs in ([], ["d2l"])
    )
    assert len(every) == sum(len(one.verdicts) for one in AUDITS)
    assert list(every[0]) == ["spec", "about", "says", "true", "verdict", "source", "where", "why"]
    assert [row for row in every if row["spec"] == "alexnet_d2l"] == one
    assert (one[0]["says"], one[0]["true"]) == ("1GB", "171999232")
    statements = [row for row in every if row["about"].startswith("statement")]
    assert {row["true"] for row in statements} == {""}
    assert all(re.fullmatch(r"[0-9]+(x[0-9]+)*", row["true"]) for row in every if row not in statements)


def test_the_page_says_each_known_error_with_its_why(update_golden: bool) -> None:
    text = markdown.render_page(page(AUDITS, "What the world says about AlexNet and its line, checked"))
    same_as_golden("audit.md", text, update_golden)
    assert text.count("**known wrong**") == sum(one.count(Standing.KNOWN_WRONG) for one in AUDITS)
    wrong = text.partition("## What is wrong, and why")[2].partition("## Network by network")[0]
    assert len(re.findall(r"^- \*\*", wrong, re.MULTILINE)) == text.count("**known wrong**")
    assert all(one.spec.title in text.replace("\\", "") for one in AUDITS)


def test_many_networks_are_counted_by_families_and_what_is_wrong_has_a_line_each() -> None:
    lines = run("audit").stdout.splitlines()
    families = Counter(one.spec.family for one in AUDITS)
    rows = {words[0]: words[1:] for line in lines[2 : 2 + len(families)] if (words := line.split())}
    assert {family: int(row[0]) for family, row in rows.items()} == families
    wrong = sum(one.count(Standing.KNOWN_WRONG) for one in AUDITS)
    total = ["total", len(AUDITS), sum(len(one.verdicts) for one in AUDITS), sum(map(_ok, AUDITS)), wrong]
    assert lines[3 + len(families)].split() == list(map(str, total))
    with_wrong = {one.spec.family for one in AUDITS if one.count(Standing.KNOWN_WRONG)}
    # a line for each, and for each family an empty line, its name, the header and a rule
    assert len(lines) == 5 + len(families) + wrong + 4 * len(with_wrong)
    assert "rounds to 61 M" not in "\n".join(lines)  # a reason, which is where a network is audited alone


def _ok(one: Audit) -> int:
    return one.count(Standing.OK)


def test_a_surprise_among_many_networks_is_in_sight(tmp_path: Path) -> None:
    for place in range(13):
        text = SPEC.replace("claimed", f"net{place}") + (BROKEN if place == 7 else "")
        (tmp_path / f"net{place}.yaml").write_text(text)
    done = run("audit", *map(str, sorted(tmp_path.glob("*.yaml"))))
    assert done.returncode == 1
    assert "params of conv  57               56             BROKEN   you" in done.stdout


def test_a_page_escapes_what_markdown_would_read(tmp_path: Path) -> None:
    path = written(tmp_path / "claimed.yaml", WRONG.replace("2k", "3k"), BROKEN)
    done = run("audit", path, "--format", "markdown")
    assert done.returncode == 1
    assert "3 \\* 9 \\* 2 \\* 36 is 1944 \\| no more" in done.stdout
    assert 'You (page 2) says **57** ("57 of them"), it is **56**, and the spec does not say why.' in done.stdout


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (
            [],
            "1 claim about 1 network, from 2 sources, each compared with what archcalc computes: **1 holds**, and not",
        ),
        ([BROKEN], "2 claims about 1 network, from 2 sources, "),
        ([BROKEN], ": **1 holds**, and **1 is broken**."),
        ([BROKEN, BROKEN], ": **1 holds**, and **2 are broken**."),
        ([HOLDS, BROKEN], ": **1 holds**, **1 is broken**, and **1 holds unexpectedly**."),
        (
            [WRONG.replace("2k", "3k")],
            ": **1 holds**, **1 is known to be wrong**, and nothing is unexpected.",
        ),
    ],
)
def test_a_page_opens_with_a_sentence(claims: list[str], sentence: str, tmp_path: Path) -> None:
    opening = run("audit", written(tmp_path / "claimed.yaml", *claims), "-f", "markdown").stdout.splitlines()[2]
    assert sentence in opening
    assert "**0 " not in opening


def test_a_why_keeps_its_first_letter_and_bytes_have_the_unit_of_the_claim() -> None:
    text = run("audit", "torchvision", "d2l", "-f", "markdown").stdout
    assert "it is **256x13x13**: torchvision has 256 filters in conv4" in text
    assert "says **233.08MB**, it is **244.40 MB (244,403,360 bytes)**: torchsummary divides by" in text
    assert "it is **172.0 MB (171,999,232 bytes)**: the two layers hold 26,218,496 + 16,781,312 = 42,999,808" in text


def test_a_statement_is_told_in_words() -> None:
    page_of_it = run("audit", "single_tower", "-f", "markdown").stdout
    assert "A statement is a known error in words, which no calculation decides." in page_of_it.splitlines()[4]
    assert "A statement is" not in run("audit", "paper", "-f", "markdown").stdout
    said = r"(layers 1 and 2) says **归一化运算的尺度为5\*5**: the paper's n = 5 are neighbouring channels"
    assert r"- **alexnet\_single\_tower**, statement about norm1 and norm2: A walkthrough" in page_of_it
    assert said in page_of_it
    assert r"| statement about norm1 and norm2 | 归一化运算的尺度为5\*5 | nothing to compute | **known" in page_of_it
    narrow, _ = on_terminal(60, "audit", "single_tower", NO_COLOR="1")
    assert 'walkthrough says "归一化运算的尺度为5*5" (layers 1 and 2)' in " ".join(narrow.split())


def of_network(name: str) -> Audit:
    return next(one for one in AUDITS if one.spec.name == name)


def test_one_network_in_text(update_golden: bool) -> None:
    same_as_golden("audit_alexnet_paper.txt", render(claims_sheets([of_network("alexnet_paper")])), update_golden)


@pytest.mark.parametrize("width", [30, 60, 100])
def test_a_narrow_terminal_keeps_figures_verdicts_and_sources(width: int) -> None:
    text, code = on_terminal(width, "audit", "paper", NO_COLOR="1")
    assert code == 0
    assert max(map(len, text.splitlines())) <= width
    verdicts = of_network("alexnet_paper").verdicts
    for source, count in Counter(verdict.claim.source for verdict in verdicts).items():
        assert text.count(f"{source} says ") == count
    for words in ("units of conv1", "known wrong", "253,440", "290,400", "caption"):
        assert words in text


def test_the_table_of_all_has_no_columns_for_what_is_not_there() -> None:
    text, code = on_terminal(60, "audit", NO_COLOR="1")
    assert code == 0
    assert "known wrong" in text
    assert "BROKEN" not in text
    assert max(map(len, text.splitlines())) <= 60


def test_surprises_have_columns(tmp_path: Path) -> None:
    sheet = run("audit", written(tmp_path / "claimed.yaml", BROKEN), "lenet_d2l").stdout.splitlines()[0]
    assert "BROKEN" in sheet
    assert "UNEXPECTEDLY" not in sheet


def test_an_unknown_spec_is_named() -> None:
    done = run("audit", "nix")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nix'" in done.stderr
