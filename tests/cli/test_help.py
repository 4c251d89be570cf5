"""What --help and --version say."""

import pytest

from archcalc.cli.app import COMMANDS
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
