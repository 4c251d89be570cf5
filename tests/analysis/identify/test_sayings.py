"""Claims of sources that a quoted number or shape may be."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.audit.claims import Standing
from archcalc.analysis.identify.sayings import Saying, sayings
from archcalc.analysis.quoted import read_quoted, read_shape
from archcalc.spec.quantity import read_quantity
from tests.commands import on_terminal, run
from tests.sizes import ALEXNETS

NETWORKS = [archcalc.load(name) for name in ALEXNETS]
GRAPHS = [network.graph for network in NETWORKS]


def said(quoted: str) -> list[Saying]:
    return sayings(GRAPHS, read_shape(quoted) or read_quoted(quoted))


@pytest.mark.parametrize(
    ("quoted", "network", "standing", "why"),
    [
        ("60M", "alexnet_paper", Standing.KNOWN_WRONG, "rounds to 61 M"),
        ("60 million parameters", "alexnet_paper", Standing.KNOWN_WRONG, "rounds to 61 M"),
        ("60,000,000", "alexnet_paper", Standing.KNOWN_WRONG, "rounds to 61 M"),
        ("6000\u4e07", "alexnet_single_tower", Standing.KNOWN_WRONG, "the article's own table"),
        ("650,000", "alexnet_paper", Standing.KNOWN_WRONG, "which rounds to 660 k"),
        ("650k neurons", "alexnet_paper", Standing.KNOWN_WRONG, "which rounds to 660 k"),
        ("253,440", "alexnet_paper", Standing.KNOWN_WRONG, "253,440 is 55 x 48 x 96"),
        ("242.03 MB", "alexnet_torchvision", Standing.KNOWN_WRONG, "242.03 MiB, or 253.79 MB"),
        ("242.03", "alexnet_torchvision", Standing.KNOWN_WRONG, "242.03 MiB, or 253.79 MB"),
        ("233.08MB", "alexnet_torchvision", Standing.KNOWN_WRONG, "divides by 2**20 and prints MB"),
        ("238MB", "alexnet_single_tower", Standing.KNOWN_WRONG, "that is MiB"),
        ("0.77G", "alexnet_torchvision", Standing.OK, ""),
        ("34,944", "alexnet_single_tower", Standing.OK, ""),
        ("2.14 GMACs", "alexnet_torchvision", Standing.KNOWN_WRONG, "exactly three times"),
        ("9216", "alexnet_torchvision", Standing.OK, ""),
        ("96x55x55", "alexnet_tf_benchmark", Standing.KNOWN_WRONG, "64 kernels and SAME padding"),
        ("55x55x96", "alexnet_paper", Standing.OK, ""),
        ("227x227x3", "alexnet_single_tower", Standing.KNOWN_WRONG, "the paper cuts out 224 x 224"),
    ],
)
def test_what_sources_say_is_known(quoted: str, network: str, standing: Standing, why: str) -> None:
    found = [one for one in said(quoted) if network in one.networks and one.verdict.standing is standing]
    assert any(why in (one.verdict.claim.why or "") for one in found), found


@pytest.mark.parametrize("quoted", ["60M FLOPs", "61M", "253,441", "242.04 MB", "242.03 GB", "60MB", "5x55x96"])
def test_what_they_do_not_say_is_not_found(quoted: str) -> None:
    wrong = [one for one in said(quoted) if one.verdict.standing is Standing.KNOWN_WRONG]
    assert not wrong


def test_every_claim_is_found_by_its_own_number() -> None:
    for network in NETWORKS:
        for claim in network.spec.claims:
            if not claim.quantified or claim.value == 0:
                continue
            value = claim.value
            text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
            found = [one for one in said(text) if claim in one.claims and network.spec.name in one.networks]
            assert found, (network.spec.name, claim)
            (one,) = found
            if not isinstance(value, tuple):
                assert read_quantity(one.verdict.claim.value).value == claim.quantity.value


def test_known_errors_come_first_then_whole_networks() -> None:
    standings = [one.verdict.standing for one in said("60M")]
    assert standings == sorted(standings, key=[Standing.KNOWN_WRONG, Standing.OK].index)
    lines = run("identify", "60M").stdout.splitlines()
    assert lines[3].startswith("alexnet_paper")
    assert "known wrong: the net has 60,965,224 parameters, which rounds to 61 M" in lines[3]
    assert "paper says so (abstract)" in lines[3]
    every = run("identify", "60M", "--all").stdout.splitlines()
    assert any("cut off, 60M" in line for line in every[4:])


def test_a_number_that_is_claimed_comes_before_one_in_a_sentence() -> None:
    # fc6 has 4096 outputs, as many say; a sentence about a ReLU, which is wrong in it, has the number too
    quantified = [one.verdict.claim.quantified for one in said("4096")]
    assert quantified == sorted(quantified, reverse=True)
    assert set(quantified) == {True, False}


def test_a_saying_is_a_match() -> None:
    done = run("identify", "253,440")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nearest" not in done.stdout
    assert "away" not in done.stdout


def test_claims_are_there_in_json() -> None:
    (claim,) = json.loads(run("identify", "253440", "--format", "json").stdout)["claims"]
    assert claim["networks"] == ["alexnet_paper"]
    assert claim["sources"] == ["paper"]
    assert (claim["what"], claim["of"], claim["value"], claim["true"]) == ("units", "conv1", 253_440, 290_400)
    assert (claim["verdict"], claim["holds"]) == ("known wrong", False)
    assert claim["why"].startswith("253,440 is 55 x 48 x 96")


def test_a_reason_is_not_lost_on_a_narrow_terminal() -> None:
    text, code = on_terminal(60, "identify", "253,440", NO_COLOR="1")
    assert code == 0
    assert "two towers of 55 x 55 x 48 are 55 x 55 x 96 = 290,400" in " ".join(text.split())


def test_what_a_spec_of_one_s_own_says_is_known(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "archcalc: 1\nname: mine\nsources: {me: {title: A talk}}\ninput: [4]\n"
        "layers:\n  - {name: fc, op: linear, out_features: 3}\n"
        "claims:\n  - {what: params, value: 15, source: me}\n"
        '  - {what: macs, value: 13, source: me, expect: fails, why: "it is 12"}\n'
    )
    done = run("identify", "13", "--spec-dir", str(tmp_path))
    assert "known wrong: it is 12" in done.stdout
    assert "true" in run("identify", "15", "--spec-dir", str(tmp_path)).stdout
