"""The roof next to what was measured on a real device: nothing is much faster than it."""

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.devices import datasheet
from tests.conftest import ROOT
from tests.pages import TEXTS

RECORDS = sorted((ROOT / "reports" / "profiles").glob("*-cuda0-*.json"))
MEASURED = [path for path in RECORDS if json.loads(path.read_text(encoding="utf-8")).get("infer")]
assert len(MEASURED) >= 30

BY_WINOGRAD = 1.1
"""How much faster than direct convolution the 3x3 convolutions of a whole AlexNet were seen to make it."""


def share_of_roof(path: Path) -> float:
    record = json.loads(path.read_text(encoding="utf-8"))
    device = datasheet(record["environment"]["name"])
    assert device
    network = archcalc.load(record["spec"]["name"])
    roof = network.roofline(device.id, batch=record["batch"]["used"], precision=record["asked"]["precision"])
    share: float = 1e3 * roof.seconds / record["infer"]["step"]["median_ms"]
    return share


@pytest.mark.parametrize("path", MEASURED, ids=lambda path: path.stem)
def test_no_measured_time_is_below_the_roof(path: Path) -> None:
    share = share_of_roof(path)
    assert 0.05 < share < (BY_WINOGRAD if "-fp32-" in path.stem else 1)


def test_what_the_page_says_of_a_measured_time() -> None:
    (path,) = (path for path in MEASURED if path.stem.startswith("alexnet_torchvision-cuda0-both-fp32"))
    record = json.loads(path.read_text(encoding="utf-8"))
    roof = archcalc.load("torchvision").roofline("h200", batch=128)
    said = (
        f"PyTorch took {record['infer']['step']['median_ms']:.2f} ms for 128 images of torchvision's AlexNet in fp32, "
        f"and the roof is {1e3 * roof.seconds:.2f} ms"
    )
    assert said in " ".join(TEXTS["commands.md"].split())
