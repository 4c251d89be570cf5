"""What --help and --version say."""

import json

import pytest

from archcalc.cli.app import COMMANDS
from archcalc.spec.statement import STRUCTURES, structure_keys
from tests.commands import run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(command, "--help", COLUMNS="200")
    assert done.returncode == 0
    assert f"Example: archcalc {command}" in done.stdout


def test_help_lists_the_commands_in_panels() -> None:
    done = run("--help", COLUMNS="200")
    assert done.returncode == 0
    for words in ("Reading a network", "Spec files", *COMMANDS):
        assert words in done.stdout


def test_version() -> None:
    from archcalc import __version__

    assert run("--version").stdout == f"{__version__}\n"


def test_structures_are_shown_like_ops() -> None:
    done = run("ops", "branches")
    assert done.returncode == 0
    assert "paths" in done.stdout


def test_help_names_every_column() -> None:
    from archcalc.cli.table import BYTE_KEYS, COLUMN_KEYS
    from archcalc.network import _OF_BYTES
    from archcalc.render.table.layers import COLUMNS
    from archcalc.render.table.moves import COLUMNS as OF_BYTES

    assert {name for column in OF_BYTES for name in (column.key, column.header)} == _OF_BYTES
    assert {column.key for column in COLUMNS} == set(COLUMN_KEYS)
    assert {column.key for column in OF_BYTES} == set(BYTE_KEYS)
    assert run("table", "lenet_d2l", "--columns", "#,MACs,layer", "-f", "csv").stdout.startswith("index,macs,layer\n")


@pytest.mark.parametrize("op", STRUCTURES)
def test_ops_says_what_every_key_of_a_structure_takes(op: str) -> None:
    (found,) = json.loads(run("ops", op, "--format", "json").stdout)["results"]
    assert [*found["keys"]] == [*structure_keys(op)[2:]]
    assert all(found["keys"].values())


def test_ops_says_what_a_kind_is_called_elsewhere_and_how_many_layers_it_reads() -> None:
    assert run("ops", "slice").stdout.endswith("other names for it: narrow, crop\n")
    assert run("ops", "sub").stdout.endswith("no fields\nit reads two layers: from: [one, another]\n")
    assert "it reads two or more layers: from: [one, another]\nit takes activation: relu" in run("ops", "add").stdout
    (found,) = json.loads(run("ops", "sub", "--format", "json").stdout)["results"]
    assert (found["reads_several"], found["reads_exactly"], found["other_names"]) == (True, 2, [])
