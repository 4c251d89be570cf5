"""No option and no argument of any command takes an empty value, as a shell makes it of a variable that is not set."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pytest
import typer.main

import archcalc
from archcalc.cli.app import COMMANDS, assemble
from archcalc.cli.profile.options import BARE
from archcalc.errors import ArchError
from tests.commands import run, run_here

APP: Any = typer.main.get_command(assemble())
VALUES = [
    (name, one)
    for name, command in APP.commands.items()
    for one in command.params
    if one.param_type_name == "argument" or not one.is_flag
]
"""Every option that takes a value, and every argument, with its command."""


def test_there_are_many() -> None:
    assert {name for name, _ in VALUES} == set(COMMANDS)
    assert len(VALUES) > 70


@pytest.mark.parametrize("empty", ["", " ", "\t"], ids=["nothing", "space", "tab"])
@pytest.mark.parametrize(("command", "one"), VALUES, ids=lambda value: value if isinstance(value, str) else value.name)
def test_an_empty_value_is_a_mistake_of_usage(command: str, one: Any, empty: str) -> None:
    done = run_here(command, *_words(one, empty))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"archcalc: {_name(one)}: the value is empty\n"


def _words(one: Any, empty: str) -> list[str]:
    """Return a command line with an empty value; an argument that is not the first stands after others."""
    if one.param_type_name == "option":
        return [one.opts[0], *[empty] * one.nargs]
    return [*["paper"] * (one.name in ("layer", "conventions")), empty]


def _name(one: Any) -> str:
    """Return what the message calls it; what may go without a value leaves an empty one to the argument."""
    if one.opts[0] in BARE:
        return "SPEC"
    return one.opts[0] if one.param_type_name == "option" else one.metavar.strip("[].")


def test_one_of_several_values_may_be_the_empty_one() -> None:
    assert run("table", "paper", "").stderr == "archcalc: SPEC: the value is empty\n"
    assert (
        run("table", "paper", "--set", "num_classes=2", "--set", "").stderr == "archcalc: --set: the value is empty\n"
    )
    assert run("table", "paper", "--output=").returncode == 2
    assert run("table", "paper", "-o", "").returncode == 2
    assert run("profile", "paper", "--compile=").stderr == "archcalc: --compile: the value is empty\n"


def test_every_empty_value_is_named() -> None:
    done = run("check", "paper", "--against", "", "--device", "")
    assert done.stderr.splitlines() == [
        "archcalc: --against: the value is empty",
        "archcalc: --device: the value is empty",
    ]


def test_a_value_that_is_not_empty_is_none_of_its_business() -> None:
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        assert run_here("table", "lenet_d2l", "--columns", " layer ").returncode == 0


LENET = archcalc.load("lenet_d2l")
EMPTY: dict[str, Callable[[], object]] = {
    "convention": lambda: LENET.table(convention=""),
    "quantity": lambda: LENET.explain(of=""),  # type: ignore[arg-type]
    "layer": lambda: LENET.explain(""),
    "target": lambda: LENET.export(""),  # type: ignore[arg-type]
    "model": lambda: LENET.check_against(""),
    "file": lambda: LENET.check_weights(""),
    "device": lambda: LENET.check(""),
    "number": lambda: LENET.measured(""),
    "conventions": lambda: LENET.reconcile(""),
    "only": lambda: archcalc.compare("paper", "d2l", only=""),  # type: ignore[arg-type]
    "spec": lambda: archcalc.load(""),
    "what": lambda: archcalc.identify(""),
    "one convention": lambda: archcalc.conventions(""),
    "op": lambda: str(archcalc.ops("")),
    "column": lambda: str(LENET.table(columns=[""])),
}


@pytest.mark.parametrize("word", EMPTY)
def test_an_empty_word_means_nothing_in_python_either(word: str) -> None:
    with pytest.raises(ArchError):
        EMPTY[word]()


@pytest.mark.parametrize("word", ["", "everything"])
def test_a_word_that_means_nothing_is_told_those_that_do(word: str) -> None:
    with pytest.raises(ArchError, match="quantity must be output, params, macs or receptive_field, got "):
        LENET.explain(of=word)  # type: ignore[arg-type]
    with pytest.raises(ArchError, match=r"target must be pytorch, .* or onnx, got "):
        LENET.export(word)  # type: ignore[arg-type]
    with pytest.raises(ArchError, match="quantity must be shapes, params, macs or activations, got "):
        archcalc.compare("paper", "d2l", only=word)  # type: ignore[arg-type]
