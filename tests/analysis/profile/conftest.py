"""What the tests of profile share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from archcalc.analysis.profile.results import MeasuredPeak
from archcalc.graph import Graph, link
from archcalc.pytorch.profile import run
from archcalc.spec.catalogue import Catalogue
from tests.analysis.profile.tiny import TINY


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Threads are of the process: what a run sets, other tests would have too."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def graph(tiny: Path) -> Graph:
    return link(Catalogue().load(str(tiny), {}, None))


@pytest.fixture
def _quick_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "measure_peaks", lambda *_: MeasuredPeak(tflops=0.1, gbs=10.0))
