"""What the shell completes: names and aliases of specs, layers, columns, kinds and conventions."""

import subprocess
import sys

import pytest

from tests.commands import clean_environment
from tests.conftest import ROOT

CASES = {
    "table torch": {"torchvision"},
    "table alexnet_p": {"alexnet_paper", "alexnet_pytorchcv"},
    "compare paper zf": {"zfnet"},
    "new net.yaml --from alexnet_d2l_": {"alexnet_d2l_pad0", "alexnet_d2l_rgb"},
    "explain paper fc6": {"fc6", "fc6.relu"},
    "explain nothing_of_the_sort fc": set(),
    "solve paper --layer pool": {"pool1", "pool2", "pool5"},
    "ops max": {"max_pool2d", "max_unpool2d", "maximum"},
    "ops to": {"towers"},
    "table paper --columns layer,par": {"layer,params", "layer,params_share"},
    "table paper --columns params,par": {"params,params_share"},
    "table paper --convention torchi": {"torchinfo"},
}


SHELL = "import sys; sys.argv = ['archcalc']; from archcalc.__main__ import main; main()"


@pytest.mark.parametrize("words", CASES)
def test_words_are_completed(words: str) -> None:
    line = f"archcalc {words}"
    asked = {"_ARCHCALC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", SHELL],
        cwd=ROOT,
        env=clean_environment(**asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == CASES[words], done.stderr
