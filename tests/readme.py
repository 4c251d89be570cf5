"""Blocks of README.md and CONTRIBUTING.md that cog fills in: `python -m cogapp -r README.md CONTRIBUTING.md`."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from archcalc.layers import KINDS
from archcalc.render.specs import kinds_sheet
from archcalc.render.sheet import Sheet
from archcalc.render import markdown

ROOT = Path(__file__).resolve().parent.parent


def session(command: str) -> None:
    """A command and what it prints."""
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "ARCHCALC_SPECS")}
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *shlex.split(command)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    print(f"```console\n$ {command}\n{done.stdout}{done.stderr}```")


def kinds() -> None:
    """The layer kinds as a table."""
    whole = kinds_sheet()
    rows = tuple(row for row in whole.rows if row[0] in KINDS)
    print(markdown.render([Sheet("", "", whole.columns, rows)]), end="")
