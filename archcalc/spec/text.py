"""Text -> a tree of located nodes: YAML 1.2 or JSON, without what makes YAML surprising or dangerous.

Refused while reading, before any tree is built: anchors, aliases, merge keys, tags, duplicate keys, a second document,
nesting over 64 and files over 1 MB. Plain words read as YAML 1.2 reads them (`1e-4` is a number), and words on which
YAML 1.1 and 1.2 differ (`on`, `017`, `1_000`) are refused. Each node knows its line and column.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from archcalc.errors import ArchError, Faults, Mark
from archcalc.files import is_pipe_or_device, remember

MOST_BYTES: Final = 1_000_000
MOST_NESTING: Final = 64
MOST_DIGITS: Final = 15

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    spelling: value
    for word, value in (("true", True), ("false", False))
    for spelling in (word, word.capitalize(), word.upper())
}
_SURPRISES = re.compile(r"(?P<bool>(?i:on|off|yes|no))|(?P<zero>[-+]?0[0-9]+)|(?P<under>[-+]?[0-9][0-9_]*_[0-9_]*)")


class Scalar(NamedTuple):
    """A value: None, bool, int, float or str, with the text it was written as."""

    value: Any
    text: str
    mark: Mark


class Sequence(NamedTuple):
    items: tuple["Node", ...]
    mark: Mark


class Mapping(NamedTuple):
    items: dict[str, "Node"]
    keys: dict[str, Mark]
    mark: Mark


Node = Scalar | Sequence | Mapping


def read_bytes(path: Path, name: str, *, in_passing: bool = False) -> bytes:
    """Read a spec file, no more of it than shows that it is too long. Raises ArchError that says why not.

    A file that is read `in_passing` may be written over later; others may not.
    """
    try:
        if is_pipe_or_device(path):
            raise ArchError(f"{name} is not a file but a pipe or a device; to read it, write - and add < {name}")
        with path.open("rb") as stream:
            if not in_passing:
                remember(path)
            content = stream.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise ArchError(f"{name} is a folder; name a spec file in it") from None
    except FileNotFoundError:
        raise ArchError(f"{name}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArchError(f"{name} cannot be read: {reason.lower()}") from None
    return content


def decode(content: bytes, name: str) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises ArchError at a byte that is not, or if it is too long."""
    if len(content) > MOST_BYTES:
        raise ArchError(f"{name} is over 1 MB; a spec is a text that a person can read")
    zero = content.find(b"\0")
    if zero >= 0:
        raise ArchError("not a text file: here is a zero byte; a spec is YAML or JSON in UTF-8").at(
            _place(content, zero, name)
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArchError(f"not UTF-8: here is the byte 0x{content[error.start]:02x}").at(
            _place(content, error.start, name)
        ) from None


def expect_json(text: str, name: str) -> None:
    """Raise ArchError where a text is YAML, but not JSON."""
    import json

    def refuse(word: str) -> None:
        raise ArchError(f"not JSON: {word} is not a value of JSON").at(Mark(name, 1, 1))

    try:
        json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        fault = ArchError(f"not JSON: {error.msg.lower()}; YAML has the ending .yaml")
        raise fault.at(Mark(name, error.lineno, error.colno)) from None
    except RecursionError:
        pass  # the depth is refused with its place


def _place(content: bytes, offset: int, name: str) -> Mark:
    line = content.count(b"\n", 0, offset)
    return Mark(name, line + 1, offset - (content.rfind(b"\n", 0, offset) + 1) + 1)


def parse(text: str, name: str) -> Mapping:
    """Parse the tree of one document, which is a mapping. Raises ArchError with every fault that was found."""
    reader = _Reader(name)
    try:
        root = reader.document(yaml.parse(_joined_surrogates(text), Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise _syntax_fault(error, name) from None
    except yaml.reader.ReaderError as error:
        raise ArchError(f"not a text file: {error.reason}").at(_first_control(text, name)) from None
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise ArchError("is empty; a spec starts with 'archcalc: 1'").at(Mark(name, 1, 1))
    if not isinstance(root, Mapping):
        raise ArchError("is not a mapping; a spec starts with 'archcalc: 1'").at(root.mark)
    reader.faults.raise_any()
    return root


def peek(text: str, key: str) -> Node | None:
    """Return the value of one key of a file, read no further than that; None without one or if the file is broken."""
    reader, events = _Reader(""), yaml.parse(text, Loader=_LOADER)
    try:
        for event in events:
            if isinstance(event, yaml.MappingStartEvent):
                break
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            name = reader.node(event, events, 1)
            value = reader.node(next(events), events, 1)
            if isinstance(name, Scalar) and name.text == key:
                return value
    except (yaml.YAMLError, ArchError, StopIteration):
        pass
    return None


def _first_control(text: str, name: str) -> Mark:
    """Return where the first character stands that YAML does not allow."""
    for line, words in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(words, start=1):
            if not character.isprintable() and character not in "\t\r\x85\xa0":
                return Mark(name, line, column)
    return Mark(name, 1, 1)


class _Reader:
    """Builds nodes from the parser's events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults = Faults()

    def document(self, events: Iterator[Any]) -> Node | None:
        root = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise ArchError("a second document starts here; a file is one spec").at(self.mark(event))
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                root = self.node(event, events, 0)
        return root

    def mark(self, event: Any) -> Mark:
        start = event.start_mark
        return Mark(self.name, start.line + 1, start.column + 1)

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        mark = self.mark(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise ArchError(
                "anchors and aliases (&x, *x) are not part of the language; use params, defaults or blocks"
            ).at(mark)
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise ArchError(f"tags ({tag}) are not part of the language").at(mark)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, mark)
        if depth == MOST_NESTING:
            raise ArchError(f"nested deeper than {MOST_NESTING} levels").at(mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(mark, events, depth + 1)
        return self.mapping(mark, events, depth + 1)

    def sequence(self, mark: Mark, events: Iterator[Any], depth: int) -> Sequence:
        items: list[Node] = []
        cut = 0
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            node = self.node(event, events, depth)
            if cut > 0 and isinstance(node, Scalar):
                cut += _brackets_open(node.text)
                continue
            cut = _cut_off(node)
            items.append(node)
        return Sequence(tuple(items), mark)

    def mapping(self, mark: Mark, events: Iterator[Any], depth: int) -> Mapping:
        items: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        cut = 0
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.node(event, events, depth)
            value = self.node(next(events), events, depth)
            if cut > 0 and isinstance(key, Scalar) and isinstance(value, Scalar) and value.value is None:
                cut += _brackets_open(key.text)
                continue
            cut = _cut_off(value)
            if not isinstance(key, Scalar):
                self.faults.add("a key must be a word", key.mark)
            elif key.text == "<<":
                self.faults.add("merge keys (<<) are not part of the language; use extends or defaults", key.mark)
            elif key.text in items:
                first = keys[key.text].line
                self.faults.add(f"duplicate key '{key.text}' (first given at line {first})", key.mark)
            else:
                items[key.text], keys[key.text] = value, key.mark
        return Mapping(items, keys, mark)

    def scalar(self, event: Any, mark: Mark) -> Scalar:
        text = event.value
        if event.style:  # quoted; the C parser says '' for plain text, the Python one None
            return Scalar(text, text, mark)
        try:
            return Scalar(plain_value(text), text, mark)
        except ArchError as error:
            self.faults.add(error, mark)
            return Scalar(text, text, mark)


def _cut_off(node: Node) -> int:
    """Return how many brackets an expression leaves open, of which a comma has cut off the rest: that is no fault more.

    In `{a: $(max(8, 3)), b: 2}` the value is `$(max(8`, and `3))` a key without a value.
    """
    return _brackets_open(node.text) if isinstance(node, Scalar) and node.text.startswith("$(") else 0


def _brackets_open(text: str) -> int:
    return text.count("(") - text.count(")")


def plain_value(text: str) -> Any:
    """Return the value of an unquoted word by YAML 1.2's core schema. Raises ArchError for one with two readings.

    >>> plain_value("1e-4"), plain_value("60M"), plain_value("true")
    (0.0001, '60M', True)
    """
    if text in _WORDS:
        return _WORDS[text]
    surprise = _SURPRISES.fullmatch(text)
    if surprise:
        raise ArchError(_surprise(text, str(surprise.lastgroup)))
    if _INTEGER.fullmatch(text):
        if len(text.lstrip("+-")) > MOST_DIGITS:
            raise ArchError(f"{text[:MOST_DIGITS]}... has over {MOST_DIGITS} digits; put it in quotes if it is text")
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _surprise(text: str, what: str) -> str:
    reasons = {
        "bool": f"'{text}' is a truth value to some YAML readers and text to others; write true or false, "
        "or put it in quotes",
        "zero": f"'{text}' is octal to some YAML readers and decimal to others; write it without its leading zero, "
        "or put it in quotes if it is text",
        "under": f"'{text}' is a number to some YAML readers and text to others; write the digits alone, "
        "or put it in quotes",
    }
    return reasons[what]


_SURROGATES: Final = r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"


def _joined_surrogates(text: str) -> str:
    """Join two escapes, as JSON writes one character past U+FFFF, into YAML's one `\\U` escape."""

    def join(match: re.Match[str]) -> str:
        pair = match[2].encode("ascii").decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16")
        return f"{match[1]}\\U{ord(pair):08x}"

    is_json = text.lstrip().startswith("{")
    return re.sub(_SURROGATES, join, text) if is_json and "\\u" in text else text


def _syntax_fault(error: Any, name: str) -> ArchError:
    mark = error.problem_mark or error.context_mark
    place = Mark(name, mark.line + 1, mark.column + 1) if mark else Mark(name, 1, 1)
    opened = error.context_mark
    for words, meaning in _SYNTAX.items():
        if words in f"{error.context} {error.problem}":
            where = f"{opened.line + 1}:{opened.column + 1}" if opened else ""
            return ArchError(meaning.format(opened=where)).at(place)
    return ArchError(f"cannot be parsed: {error.problem or error.context}").at(place)


_SYNTAX: Final = {
    "while parsing a flow sequence": "the list that opens at {opened} is not closed, or lacks a comma",
    "while parsing a flow mapping": "the mapping that opens at {opened} is not closed, or lacks a comma",
    "maximum nesting depth": f"nested deeper than {MOST_NESTING} levels",  # libyaml looks ahead, and stops at 1,000
    "mapping values are not allowed": "a text with ': ' in it must be in quotes",
    "cannot start any token": "no value can start like this: indent with spaces, not tabs, "
    "and put text with such signs in quotes",
    "while scanning a quoted scalar": "the quotes that open at {opened} are not closed",
}
"""A parser's messages, as the person reads them who wrote the file."""
