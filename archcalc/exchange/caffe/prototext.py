"""The text form of protocol buffers: `key: value` and `key { ... }`, each as often as it is written.

Its grammar: https://protobuf.dev/reference/protobuf/textformat-spec/
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from archcalc.errors import ArchError, Mark
from archcalc.layers.fields import LARGEST, spell

_MOST_NESTING: Final = 64
_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<open>[{<]) | (?P<close>[}>]) | (?P<mark>[:;,\[\]])
      | (?P<word>[-+]?[\w.]+(?:[-+](?<=[eE][-+])\w+)?)""",
    re.VERBOSE,
)
_INTEGER: Final = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_CLOSING: Final = {"{": "}", "<": ">"}


class Value(NamedTuple):
    """A number, a word or a string, as text."""

    text: str
    mark: Mark
    is_string: bool = False


class Message(NamedTuple):
    """What stands between braces: for each key what is written after it, in order."""

    fields: dict[str, list["Value | Message"]]
    mark: Mark

    def has(self, key: str) -> bool:
        return key in self.fields

    def at(self, key: str) -> Mark:
        """Return where a key's value stands; where the message does, if there is none."""
        return self.fields[key][-1].mark if key in self.fields else self.mark

    def messages(self, key: str) -> list["Message"]:
        """Return what stands in braces after a key. Raises ArchError for a value without braces."""
        found = self.fields.get(key, [])
        for value in found:
            if isinstance(value, Value):
                raise ArchError(f"{key} must be {{ ... }}, got {spell(value.text)}").at(value.mark)
        return [value for value in found if isinstance(value, Message)]

    def message(self, key: str) -> "Message":
        """Return the last of these, or an empty one."""
        return next(reversed(self.messages(key)), Message({}, self.mark))

    def words(self, key: str) -> list[str]:
        """Return the values of a key as they are written. Raises ArchError for braces."""
        found = self.fields.get(key, [])
        for value in found:
            if isinstance(value, Message):
                raise ArchError(f"{key} must be a value, got {{ ... }}").at(value.mark)
        return [value.text for value in found if isinstance(value, Value)]

    def word(self, key: str, default: str = "") -> str:
        return next(reversed(self.words(key)), default)

    def integers(self, key: str, least: int = 0) -> list[int]:
        """Return the values of a key. Raises ArchError for one that is no integer, or less than `least`."""
        words = self.words(key)
        for word, value in zip(words, self.fields.get(key, []), strict=True):
            if not _INTEGER.fullmatch(word) or len(word) > 18 or not least <= _as_integer(word) <= LARGEST:
                raise ArchError(f"{key} must be an integer >= {least}, got {spell(word)}").at(value.mark)
        return [_as_integer(word) for word in words]

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """Return the last of these, or the default."""
        return next(reversed(self.integers(key, least)), default)

    def number(self, key: str, default: float) -> float:
        """Return the number of a key, or the default. Raises ArchError for what is none."""
        if not self.has(key):
            return default
        word = self.word(key)
        digits = word.rstrip("fF") if word[:1] in "+-.0123456789" else word
        try:
            return float(digits)
        except ValueError:
            raise ArchError(f"{key} must be a number, got {spell(word)}").at(self.at(key)) from None

    def flag(self, key: str, default: bool) -> bool:
        """Return the truth of a key, or the default. Raises ArchError for what is neither true nor false."""
        word = self.word(key, "true" if default else "false")
        if word not in _FLAGS:
            raise ArchError(f"{key} must be true or false, got {spell(word)}").at(self.at(key))
        return _FLAGS[word]


_FLAGS: Final = {
    "true": True,
    "True": True,
    "t": True,
    "1": True,
    "false": False,
    "False": False,
    "f": False,
    "0": False,
}


def _as_integer(word: str) -> int:
    """
    >>> _as_integer("227"), _as_integer("-0x1F"), _as_integer("010")
    (227, -31, 8)
    """
    digits = word.lstrip("+-")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[:1] == "0" and digits.isdecimal() else 10
    try:
        number = int(digits, base)
    except ValueError:  # 08, which is no octal
        return -LARGEST - 1
    return -number if word.startswith("-") else number


class _Token(NamedTuple):
    kind: str
    text: str
    mark: Mark


def parse(text: str, file: str) -> Message:
    """Return what a text says. Raises ArchError, with its place, for what is not in the text format."""
    return _Parser(_tokens(text, file), Mark(file, 1, 1)).whole()


def _tokens(text: str, file: str) -> Iterator[_Token]:
    """Yield what is not blank, and `end` at last."""
    line, line_start, place = 1, 0, 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        mark = Mark(file, line, place - line_start + 1)
        if found is None:
            if text[place] in "\"'":
                raise ArchError("this string is not closed on its line").at(mark)
            raise ArchError(f"not the text of a prototxt: here is {spell(text[place])}").at(mark)
        kind, token = str(found.lastgroup), found.group()
        if kind != "blank":
            yield _Token(kind, token, mark)
        line += token.count("\n")
        if "\n" in token:
            line_start = place + token.rfind("\n") + 1
        place = found.end()
    yield _Token("end", "", Mark(file, line, place - line_start + 1))


class _Parser:
    """Reads tokens one after the other, with the last that is not read yet in sight."""

    def __init__(self, tokens: Iterator[_Token], start: Mark) -> None:
        self._tokens = tokens
        self._next = next(tokens)
        self._start = start

    def whole(self) -> Message:
        return self._message(self._start, None, 0)

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _skip(self, *marks: str) -> bool:
        """Return whether one of these comes next, and read it."""
        if self._next.kind == "mark" and self._next.text in marks:
            self._take()
            return True
        return False

    def _message(self, start: Mark, opened: _Token | None, depth: int) -> Message:
        if depth > _MOST_NESTING:
            raise ArchError(f"nested more than {_MOST_NESTING} levels deep").at(start)
        fields: dict[str, list[Value | Message]] = {}
        while True:
            token = self._take()
            if token.kind == "end":
                if opened is None:
                    return Message(fields, start)
                raise ArchError(f"the text ends before '{opened.text}' is closed, which is opened here").at(opened.mark)
            if token.kind == "close":
                if opened is None or token.text != _CLOSING[opened.text]:
                    what = f"which is not what opens at line {opened.mark.line}" if opened else "which nothing opens"
                    raise ArchError(f"here '{token.text}' closes, {what}").at(token.mark)
                return Message(fields, start)
            if token.kind != "word":
                raise ArchError(f"here must be a key, got '{token.text}'").at(token.mark)
            fields.setdefault(token.text, []).extend(self._values(token, depth))
            self._skip(";", ",")

    def _values(self, key: _Token, depth: int) -> Iterator[Value | Message]:
        """Yield what stands after a key: a value, a message, or a list of either in brackets."""
        has_colon = self._skip(":")
        if not self._skip("["):
            yield self._value(key, has_colon, depth)
            return
        while not self._skip("]"):
            yield self._value(key, True, depth)
            self._skip(",")

    def _value(self, key: _Token, has_colon: bool, depth: int) -> Value | Message:
        token = self._take()
        if token.kind == "open":
            return self._message(token.mark, token, depth + 1)
        if not has_colon or token.kind not in ("word", "string"):
            raise ArchError(f"after {key.text} must be ': value' or '{{ ... }}'").at(token.mark)
        if token.kind == "word":
            return Value(token.text, token.mark)
        text = _unquoted(token.text)
        while self._next.kind == "string":
            text += _unquoted(self._take().text)
        return Value(text, token.mark, is_string=True)


_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _unquoted(text: str) -> str:
    r"""
    >>> _unquoted("'it\\'s'")
    "it's"
    """
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
