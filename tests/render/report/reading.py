"""Pages as a reader has them: opened from disk without a network, and what went wrong meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
"""The texts that stand out from what is behind them by less than 4.5 to 1, as WCAG AA asks."""


@contextmanager
def opened(browser: "Browser", path: Path, width: int = 1280, **told: Any) -> "Iterator[Page]":
    """A page from disk; at its end nothing went wrong in it, and it asked for nothing but files and its own data."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **told)
    context.set_default_timeout(10_000)
    page, wrong, asked = context.new_page(), [], []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    try:
        page.goto(path.as_uri())
        yield page
        assert wrong == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    finally:
        context.close()
