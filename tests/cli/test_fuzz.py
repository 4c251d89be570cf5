"""Specs with mistakes at random places, the same ones each time, through every command that reads a spec."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run_here
from tests.conftest import ROOT, SPECS

SEEDS = [
    *(SPECS / f"{name}.yaml" for name in ("lenet_d2l", "alexnet_paper", "alexnet_owt_bn", "caffenet")),
    *(ROOT / "tests" / "specs" / "valid" / f"{name}.yaml" for name in ("every_kind", "decoder", "budget")),
]
ODD = (
    *("-1", "0", "1", "2", "7", "999999999", "100000000000000", "1.5", "null", "true", "[]", "[3, 3]", "{a: 1}"),
    *("$num_classes", "$(1 // 0)", "$(2 * 3)", "relu", "conv1", "input", "''", "\u00e9"),
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("table", "{}"),
    ("table", "{}", "--per-device", "--convention", "all", "--format", "json"),
    ("explain", "{}", "--format", "csv"),
    ("compare", "lenet_d2l", "{}"),
    ("audit", "{}", "--format", "html"),
    ("reconcile", "{}"),
    ("solve", "{}", "--up-to", "64"),
    ("sweep", "{}", "--input", "7,64,224", "--batch", "1,2"),
    ("show", "{}"),
    ("validate", "{}"),
    ("validate", "{}", "--max-macs", "1k", "--min-receptive-field", "9", "--max-ms", "1", "--device-model", "t4"),
    ("training", "{}", "--images", "10", "--epochs", "1", "--batch", "2", "--format", "json"),
    ("export", "{}"),
    ("draw", "{}", "--format", "tikz"),
    ("draw", "{}", "--style", "flow"),
    ("draw", "{}", "--style", "receptive_field"),
    ("identify", "60M", "--spec-dir", "."),
    ("list", "--spec-dir", "."),
    ("new", "copy.yaml", "--from", "{}"),
)
DRAWN = 70


def mutants() -> Iterator[str]:
    """Yield texts of specs, each with one to three changes."""
    drawn = random.Random(2012)
    texts = [path.read_text(encoding="utf-8") for path in SEEDS]
    for _ in range(DRAWN):
        text = drawn.choice(texts)
        for _ in range(drawn.randint(1, 3)):
            text = changed(text, drawn)
        yield text


def changed(text: str, drawn: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    place = drawn.randrange(len(lines))
    values = list(re.finditer(r"(?<=[:,\[] )[^,\]}\n{\[]+|(?<=: )[^,\n]+", text))
    match drawn.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[drawn.randrange(len(lines))])
        case 2:
            lines[place] = " " * drawn.randint(0, 5) + lines[place].lstrip()
        case 3:
            cut = drawn.randrange(len(text))
            return text[:cut] + drawn.choice(":,[]{}-#'\"$ \n") + text[cut:]
        case _:
            value = drawn.choice(values)
            return text[: value.start()] + drawn.choice(ODD) + text[value.end() :]
    return "".join(lines)


@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, 7))])
def test_no_mistake_in_a_spec_is_more_than_a_message(number: int, tmp_path: Path) -> None:
    for text in list(mutants())[number::7]:
        path = tmp_path / "net.yaml"
        path.write_text(text, encoding="utf-8")
        for command in COMMANDS:
            (tmp_path / "copy.yaml").unlink(missing_ok=True)
            words = [word.format("net.yaml") for word in command]
            done = run_here(*words, cwd=tmp_path)
            assert done.returncode in (0, 1, 2), (command, text, done.stderr)
            assert "Traceback" not in done.stderr
            if done.returncode == 2:
                assert done.stderr
                assert done.stdout == "" or command[0] in ("table", "explain", "validate"), (command, text)


def test_check_ends_with_a_message_too(tmp_path: Path) -> None:
    codes = set()
    for text in list(mutants())[:: DRAWN // 14]:
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        done = run_here("check", "net.yaml", cwd=tmp_path)
        codes.add(done.returncode)
        assert done.returncode in (0, 2), (text, done.stderr)
    assert codes == {0, 2}


def test_numbers_and_words_that_nobody_meant(tmp_path: Path) -> None:
    drawn = random.Random(1998)
    pieces = [*"0123456789.,xX*[]() kKMGTBeE+-%", "million", "FLOPs", "MACs", "params", "MiB", "\u00d7", "\u0663", "\n"]
    (tmp_path / "net.yaml").write_text((SPECS / "lenet_d2l.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(120):
        word = "".join(drawn.choice(pieces) for _ in range(drawn.randint(1, 9)))
        done = run_here("identify", "--spec-dir", ".", "--", word, cwd=tmp_path)
        assert done.returncode in (0, 1, 2), (word, done.stderr)
        assert (done.returncode == 2) == (done.stdout == ""), (word, done.stdout, done.stderr)
