"""What the tests of all readers share: a file as a network, and texts that were spoilt."""

import re
from contextlib import suppress
from pathlib import Path

from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange import files
from archcalc.exchange.yaml import written
from archcalc.layers import Shape

FOLDER = Path(__file__).parent


def network(path: Path, input_shape: Shape | None = None) -> archcalc.Network:
    """The network of a file, as it is named on the command line."""
    return archcalc.load(path, input_shape=input_shape)


def text_of(path: Path, input_shape: Shape | None = None) -> str:
    """The text of the spec that a file becomes, whole."""
    found = files.read(str(path), input_shape)
    assert found.fault is None
    return written(found.document)


def fault_of(path: Path, input_shape: Shape | None = None) -> str:
    """What is wrong with a file, wherever that is found."""
    try:
        _ = archcalc.load(path, input_shape=input_shape).graph
    except ArchError as error:
        return str(error)
    raise AssertionError(f"{path} is sound")


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """A text with some of its parts left out, doubled, cut, or replaced by others."""
    for _ in range(draw(st.integers(1, 3))):
        tokens = re.findall(r"\s+|\w+|[^\w\s]", text) or [""]
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(("out", "twice", "cut", "other", "odd"))):
            case "out":
                tokens[at] = ""
            case "twice":
                tokens[at] *= 2
            case "cut":
                del tokens[at:]
            case "other":
                tokens[at] = tokens[draw(st.integers(0, len(tokens) - 1))]
            case "odd":
                odd = ("0", "-1", "99999999999999999999", "1e9", "nan", "{", "}", "[", "]", "=", "\0", "é", '"', "\n")
                tokens[at] = draw(st.sampled_from(odd))
        text = "".join(tokens)
    return text


def is_refused_or_sound(path: Path, input_shape: Shape | None) -> None:
    """Read a file to its table; whatever is wrong with it is an ArchError."""
    with suppress(ArchError):
        archcalc.load(path, input_shape=input_shape).table()
