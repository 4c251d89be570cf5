"""Blocks of README.md that cog fills in: `python -m cogapp -r README.md`."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from archcalc.layers import KINDS
from archcalc.render.ops import kinds_sheet

ROOT = Path(__file__).resolve().parent.parent


def session(command: str) -> str:
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
    return f"```console\n$ {command}\n{done.stdout}{done.stderr}```"


def kinds() -> str:
    """The layer kinds as a table."""
    rows = [f"| `{op}` | {fields} | {what} |" for op, fields, what in kinds_sheet().rows if op in KINDS]
    return "\n".join(["| op | fields, with their defaults | what it is |", "|---|---|---|", *rows])
