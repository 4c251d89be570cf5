"""How wide a text is, without a font at hand: as wide as in the widest of those that are common.

The widths are those of DejaVu Sans, in thousandths of the font's size; Helvetica, Arial, Segoe UI, San Francisco and
Roboto are narrower. https://dejavu-fonts.github.io/
"""

from typing import Final
from unicodedata import combining, east_asian_width

SIZE: Final = 12.0
"""The size of text in a picture."""

_WIDTHS: Final = """
275 '|278 ijl|295 IJ|318 .,|337 /:;\\|352 f|361 -|390 ()[]|392 t|401 !|411 r|460 "|500 *_`|521 s|525 z|531 ?|550 c
557 L|575 F|579 k|592 vxy|603 P|611 TY|612 o|613 a|615 e|632 E|634 hnu|635 Sbdgpq|636 $0123456789{}|656 K|684 AV|685 XZ
686 B|695 R|698 C|732 U|748 N|752 H|770 D|775 G|780 &|787 OQ|818 w|838 #+<=>^~|863 M|950 %|974 m|989 W|1000 @
"""
_PIPE: Final = 337
_BLANK: Final = 318
_OTHER: Final = 840
_WIDE: Final = 1000
_BOLD: Final = 1.16

_OF: Final = {" ": _BLANK, "|": _PIPE} | {
    letter: int(width)
    for line in _WIDTHS.strip().splitlines()
    for width, letters in (part.split(" ") for part in line.split("|"))
    for letter in letters
}


def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Return how wide a text is at most, in the unit of its size.

    >>> round(width("conv1"), 1), round(width("conv1", bold=True), 1), round(width("\u5377\u79ef"), 1)
    (36.3, 42.1, 24.0)
    """
    return sum(map(_width, text)) * size / 1000 * (_BOLD if bold else 1)


def _width(letter: str) -> int:
    if letter in _OF:
        return _OF[letter]
    return 0 if combining(letter) else _WIDE if east_asian_width(letter) in "WF" else _OTHER


def wrapped(text: str, most: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Return a text in lines, none wider than `most` but for a single word.

    >>> wrapped("one two three", 50)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, bold) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cut(text: str, most: float, size: float = SIZE, bold: bool = False) -> str:
    """Return a text, or as much of its start and end as is not wider than `most`, with dots between them.

    >>> cut("stage3.0.sum.body.conv1", 100), cut("conv1", 100)
    ('stage3...y.conv1', 'conv1')
    """
    if width(text, size, bold) <= most:
        return text
    for kept in range(len(text) - 1, 1, -1):
        shorter = f"{text[: kept // 2]}...{text[len(text) - (kept - kept // 2) :]}"
        if width(shorter, size, bold) <= most:
            return shorter
    return text[:1]
