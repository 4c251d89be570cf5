"""Chromium for tests of pages, driven by playwright: Debian's, which needs no download."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED = "ARCHCALC_BROWSER_TESTS"
"""The variable that says "required" where tests in a browser may not be skipped."""


def missing(reason: str) -> NoReturn:
    """Skip a test for what is not there, or fail it where no such test may be skipped."""
    (pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip)(reason)


def absent() -> str:
    """Why there is no browser; empty where there is one."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed: pip install -e '.[dev]'"
    return "" if shutil.which("chromium") else "chromium is not installed: apt-get install chromium"


@contextmanager
def launched() -> "Iterator[Browser]":
    """A browser that runs; the test is skipped where there is none, or fails where there must be one."""
    if reason := absent():
        missing(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def evaluated(browser: "Browser", function: str, argument: Any) -> Any:
    """What a function in JavaScript gives for an argument, in an empty page without a network."""
    context = browser.new_context(offline=True)
    try:
        return context.new_page().evaluate(function, argument)
    finally:
        context.close()
