"""Darknet's shortcuts, which add maps of other sizes as far as these reach into each other.

Of a map that is s times as high and wide every s-th place is read, and of its channels the first ones, as many as both
have: `shortcut_cpu` of https://github.com/pjreddie/darknet/blob/master/src/blas.c
"""

from collections.abc import Callable, Sequence
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.sections import Section
from archcalc.exchange.sketch import Sketch
from archcalc.layers.sizes import dims

_NO_WEIGHTS: Final = "none"


def put_shortcut(
    sketch: Sketch, section: Section, source: str, others: Sequence[str], name: Callable[[str], str]
) -> str:
    """Put down what adds other layers to a source, and return what hands the sum on.

    Raises ArchError for sums with weights, and for maps that no layer kind adds.
    """
    if section.word("weights_type", _NO_WEIGHTS) != _NO_WEIGHTS:
        raise ArchError("no layer kind learns the weights of a sum").at(section.at("weights_type"))
    for key in ("alpha", "beta"):
        if section.number(key, 1) != 1:
            raise ArchError(f"no layer kind does what [shortcut] does with {key}").at(section.at(key))
    x = sketch.shape(source)
    unlike = next((one for one in others if sketch.shape(one) != x), None)
    if unlike is None:
        return sketch.add(name("shortcut"), "add", [source, *others], section.mark)
    if len(others) > 1:
        raise ArchError(f"no layer kind adds {dims(sketch.shape(unlike))} to {dims(x)}").at(section.at("from"))
    return _put_unlike(sketch, section, source, unlike, name)


def _put_unlike(sketch: Sketch, section: Section, source: str, other: str, name: Callable[[str], str]) -> str:
    """Put down what adds a map of another size to a source.

    Raises ArchError where the other map is smaller, or no whole number of times as large.
    """
    x, y = sketch.shape(source), sketch.shape(other)
    stride = y[-1] // x[-1] if len(x) == len(y) == 3 else 0
    if stride == 0 or y[1:] != (x[1] * stride, x[2] * stride):
        raise ArchError(f"no layer kind adds {dims(y)} to {dims(x)}").at(section.at("from"))
    if stride > 1:
        other = sketch.add(name("sampled"), "max_pool2d", other, section.mark, kernel_size=1, stride=stride)
    if y[0] >= x[0]:
        if y[0] > x[0]:
            other = sketch.add(name("first"), "slice", other, section.mark, dim=1, start=0, length=x[0])
        return sketch.add(name("shortcut"), "add", [source, other], section.mark)
    first = sketch.add(name("first"), "slice", source, section.mark, dim=1, start=0, length=y[0])
    rest = sketch.add(name("rest"), "slice", source, section.mark, dim=1, start=y[0], length=x[0] - y[0])
    added = sketch.add(name("added"), "add", [first, other], section.mark)
    return sketch.add(name("shortcut"), "concat", [added, rest], section.mark)
