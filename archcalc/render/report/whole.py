"""A whole HTML file: head, style and scripts around what it shows. It may ask for nothing, from nowhere."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Final

from archcalc import __version__
from archcalc.render.report.markup import Markup, joined, tag

MOST_BYTES: Final = 400_000
"""A page is no larger; what would make it so is folded or left out, which is said."""

MADE_BY: Final = f"archcalc {__version__}"


def asset(name: str) -> str:
    """Return one of the plain files beside this module."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def whole(title: str, body: Markup, scripts: Sequence[str]) -> str:
    """Return a page that stands alone. Only these very scripts run in it, whatever else may look like one."""
    allowed = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=MADE_BY),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Markup(asset("page.css"))),
    )
    foot = tag("footer", f"Computed by {MADE_BY} from the text of its spec. This page asks for nothing from a network.")
    run = [tag("script", Markup(script)) for script in scripts]
    return f'<!doctype html>\n<html lang="en">{tag("head", head)}{tag("body", body, foot, run)}</html>\n'
