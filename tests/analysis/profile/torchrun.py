"""Commands under torchrun."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.commands import clean_environment


def torchrun(
    ranks: int, *arguments: str, cwd: Path, program: Sequence[str] = ("-m", "archcalc")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)),
            *(*program, "profile", *arguments),
        ],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )
