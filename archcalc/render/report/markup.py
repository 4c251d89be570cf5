"""HTML out of text: whatever is no markup already is escaped, so that no name and no note can be any."""

from collections.abc import Sequence
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset(("meta", "input", "br", "link"))


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Inside: TypeAlias = "str | Sequence[Inside] | None"
"""What may stand in an element: text, markup, nothing, or several of them."""


def markup(text: str) -> Markup:
    """
    >>> markup("<b> & 'c'"), markup(Markup("<b>"))
    ('&lt;b&gt; &amp; &#x27;c&#x27;', '<b>')
    """
    return text if isinstance(text, Markup) else Markup(escape(text, quote=True))


def tag(name: str, /, *inside: Inside, **attributes: str | float | bool | None) -> Markup:
    """Return an element; a `_` in an attribute's name is a `-`, or at its end keeps it from being a word of Python.

    >>> tag("td", "a < b", class_="n", data_layer='"x"', hidden=True, title=None)
    '<td class="n" data-layer="&quot;x&quot;" hidden>a &lt; b</td>'
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(*inside)}</{name}>")


def joined(*parts: Inside) -> Markup:
    """Return parts one after the other."""
    return Markup("".join(markup(part) if isinstance(part, str) else joined(*part or ()) for part in parts))


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{markup(str(value))}"'


def link(text: str, url: str | None) -> Markup:
    """Return a link, or just the text where the address is none that a page may link to."""
    is_safe = url is not None and url.startswith(("https://", "http://"))
    return tag("a", text, href=url, rel="noreferrer") if is_safe else markup(text)
