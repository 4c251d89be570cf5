"""archcalc validate with budgets: exit codes, messages, and pages."""

import json
from pathlib import Path

import pytest

from tests.commands import run

MESSAGE = (
    "archcalc: alexnet_paper: params: 60,965,224, limited to at most 60,000,000: over by 965,224 (1.6%); "
    "most of it: fc6 37,752,832, fc7 16,781,312, fc8 4,097,000\n"
)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--max-params", "61M"], 0, ""),
        (["--max-params", "60M"], 1, MESSAGE),
        (["--max-params", "60965224", "--max-macs", "724406816", "--max-flops", "1448813632"], 0, ""),
        # conv1: 2 towers of 48*55*55 places, 11*11*3 each: 105,415,200
        (["--max-macs", "conv1=105415200"], 0, ""),
        (
            ["--max-macs", "conv1=105M"],
            1,
            "archcalc: alexnet_paper: macs of conv1: 105,415,200, limited to at most 105,000,000: over by 415,200 "
            "(0.4%); most of it: conv1 105,415,200\n",
        ),
        (["--max-weights", "122MB", "--dtype", "fp16"], 0, ""),  # 121,930,448
        (["--max-weights", "116MiB", "--dtype", "fp16"], 1, None),  # 121,634,816
        (["--min-receptive-field", "195"], 0, ""),
        (
            ["--min-receptive-field", "conv5=195"],
            1,
            "archcalc: alexnet_paper: receptive field of conv5: 163, limited to at least 195: under by 32 (16.4%)\n",
        ),
        (["--max-ms", "1", "--device-model", "h100-sxm", "--batch", "8", "--precision", "fp16"], 0, ""),
        (["--max-ms", "1", "--device-model", "jetson-nano"], 1, None),
        (["--max-ms", "1"], 2, "archcalc: --max-ms needs --device-model: archcalc devices lists them\n"),
        (["--batch", "2"], 2, "archcalc: --batch goes with --max-ms\n"),
        (["--device-model", "t4"], 2, "archcalc: --device-model goes with --max-ms\n"),
        (["--dtype", "fp16"], 2, "archcalc: --dtype goes with --max-weights\n"),
        (["--mode", "train"], 2, "archcalc: --mode goes with --max-memory\n"),
        # norm1 reads 96x55x55 = 290,400 and makes as many, for 2 examples in 2 bytes each
        (["--max-arena", "2323200B", "--batch", "2", "--dtype", "fp16"], 0, ""),
        (
            ["--max-arena", "2MB", "--batch", "2", "--dtype", "fp16"],
            1,
            "archcalc: alexnet_paper: arena of inference (batch 2, fp16, at norm1): 2,323,200 B, limited to at most "
            "2,000,000 B: over by 323,200 B (16.2%); most of it: conv1 1,161,600 B, norm1 1,161,600 B\n",
        ),
        (["--max-arena", "2MB", "--mode", "train"], 2, "archcalc: --mode goes with --max-memory\n"),
        (["--max-arena", "5MB", "--max-ms", "9", "--device-model", "t4", "--batch", "2"], 0, ""),
        (["--max-arena", "conv1=5MB"], 2,
         "archcalc: --max-arena: of is not for arena: a peak is of the whole network\n"),
        (["--max-ms", "0", "--device-model", "t4"], 2,
         "archcalc: --max-ms: max must be a number of milliseconds from 1e-9 to 1e9, got 0.0\n"),
        (["--max-params", "62MB"], 2, "archcalc: --max-params: 62MB is in bytes, as weights are; write 62M\n"),
        (
            ["--min-receptive-field", "a lot"],
            2,
            "archcalc: --min-receptive-field: min must be an integer, or a number as it is printed: 60M, 650k, 0.714G, "
            "233.08MiB, got text 'a lot'\n",
        ),
        (
            ["--max-macs", "conv9=1M"],
            2,
            "archcalc: specs/alexnet_paper.yaml: budget of macs: of: there is no layer 'conv9'; "
            "did you mean 'conv5'?\n",
        ),
    ],
)  # fmt: skip
def test_limits_of_options(options: list[str], code: int, message: str | None) -> None:
    done = run("validate", "specs/alexnet_paper.yaml", *options)
    assert done.returncode == code
    assert message is None or done.stderr == message


def test_the_budget_of_a_spec_is_checked_unasked() -> None:
    done = run("validate", "tests/specs/valid/budget.yaml", "--format", "json")
    assert done.returncode == 1
    (read,) = json.loads(done.stdout)["results"]
    assert (read["ok"], read["within_budget"], len(read["budget"])) == (True, False, 8)
    flops = next(limit for limit in read["budget"] if limit["measure"] == "flops")
    assert flops == {
        "measure": "flops",
        "of": ["conv2"],
        "side": "max",
        "limit": 1_805_000,
        "number": 1_806_336,
        "unit": "",
        "difference": 1_336,
        "share": 1_336 / 1_805_000,
        "verdict": "OVER",
        "holds": False,
        "where": "",
        "largest": [{"name": "conv2", "number": 1_806_336}],
    }


def test_a_page_has_mistakes_and_what_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("archcalc: 1\nname: bad\ninput: [3, 8, 8]\nlayers: [{name: a, op: conv}]\n")
    done = run("validate", str(tmp_path / "bad.yaml"), "paper", "--max-params", "60M", "--format", "markdown")
    assert done.returncode == 2
    folder = str(tmp_path).replace("_", r"\_")
    assert done.stdout.splitlines() == [
        "**specs with mistakes: 1 of 2**",
        "",
        f"- {folder}/bad.yaml:4:24: layer a: unknown op 'conv'; did you mean 'conv2d'? (archcalc ops lists all)",
        "",
        "**budget: 1 of 1 limit not kept**",
        "",
        "| network | measure | number | limit | difference | % | verdict | most of it |",
        "|---|---|---:|---:|---:|---:|---|---|",
        r"| alexnet\_paper | params | 60,965,224 | \<= 60,000,000 | +965,224 | +1.6% | **OVER** "
        "| fc6 61.9%, fc7 27.5%, fc8 6.7% |",
        "",
        "| file | layers | params | MACs |",
        "|---|---:|---:|---:|",
        r"| specs/alexnet\_paper.yaml | 24 | 60,965,224 | 724,406,816 |",
    ]


def test_csv_has_bare_numbers() -> None:
    done = run("validate", "paper", "--max-params", "60M", "--format", "csv")
    assert done.stdout.splitlines()[1].startswith(
        "alexnet_paper,params,60965224,60000000,965224,0.016087066666666667,OVER,"
    )


def test_a_network_with_settings_is_named_with_them() -> None:
    done = run("validate", "d2l:num_classes=1000", "--max-params", "50M")
    assert done.stderr.startswith("archcalc: alexnet_d2l:num_classes=1000: params: 50,820,776, limited to")
