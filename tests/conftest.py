"""Fixtures and options that several tests share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"
BUNDLED = sorted(path.stem for path in SPECS.glob("*.yaml"))
assert BUNDLED, "no bundled specs found"

collect_ignore = ["keras_memory.py", "keras_models.py"]  # needs Keras, which only those install who record its counts

if "PYTEST_XDIST_WORKER" in os.environ:  # there is a worker for each core, and their threads would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that starts a command in the background has it ignore Ctrl-C, and so would the commands that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is printed today as the golden outputs")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test see what was measured on this machine before, nor leave anything for later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A browser, which is started once; what it opens are files."""
    with launched() as started:
        yield started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none, and say so."""
    for_cuda = [item for item in items if item.get_closest_marker("cuda")]
    if for_cuda:
        import torch

        if not torch.cuda.is_available():
            for item in for_cuda:
                item.add_marker(pytest.mark.skip(reason="torch sees no CUDA device here"))
