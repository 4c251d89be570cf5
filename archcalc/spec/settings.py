"""Params and an input that are set from outside: by --set and --input, or after a name, as in d2l:num_classes=2."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers.fields import spell
from archcalc.layers.sizes import Shape, dims
from archcalc.spec.inputs import INPUT, Inputs
from archcalc.spec.text import Node, Scalar, Sequence, parse, plain_value

_ONE_INPUT: Final = f"{INPUT}."

_MOST_CHANNELS_LAST: Final = 4


def read_settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `num_classes=10` as {"num_classes": 10}. Raises ArchError."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = map(str.strip, pair.partition("="))
        if not sign or not name or not value:
            raise ArchError(f"'{pair}' is not a setting; write param=value, as in num_classes=10")
        if name in settings:
            raise ArchError(f"{name} is set twice")
        try:
            settings[name] = plain_value(value)
        except ArchError as error:
            raise ArchError(f"{name}: {error}") from None
    return settings


def with_lists(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which texts such as `[1, 2]` are lists, as a model's arguments may be. Raises ArchError.

    >>> with_lists({"layers": "[1, [2, a]]", "num_classes": 10})
    {'layers': [1, [2, 'a']], 'num_classes': 10}
    """
    return {
        name: _list(name, value) if isinstance(value, str) and value.startswith("[") else value
        for name, value in settings.items()
    }


def _list(name: str, text: str) -> Any:
    try:
        return _plain(parse(f"list: {text}", "").items["list"])
    except ArchError:
        raise ArchError(f"{name}: '{text}' is not a list; write one as in [1, 2, 3], in one line") from None


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    items = node.items if isinstance(node, Sequence) else None
    if items is None:
        raise ArchError("is not of lists")
    return [_plain(item) for item in items]


def read_shape(text: str) -> Shape:
    """Read `3x227x227` as (3, 227, 227). Raises ArchError."""
    sizes = text.lower().split("x")
    if len(sizes) <= 4 and all(size.isdecimal() and 0 < int(size[:16]) < 10**15 for size in sizes):
        return tuple(int(size) for size in sizes)
    raise ArchError(f"'{text}' is not a shape; write channels x height x width, each at least 1, as in 3x227x227")


def read_inputs(text: str) -> Inputs:
    """Read `3x227x227`, or the shapes of several inputs by their names. Raises ArchError.

    >>> read_inputs("left=1x88x88,right=1x64x64")
    {'left': (1, 88, 88), 'right': (1, 64, 64)}
    """
    if "=" not in text:
        if "," in text:
            raise ArchError(f"'{text}' is several shapes; name the inputs, as in left=1x88x88,right=1x88x88")
        return read_shape(text)
    shapes: dict[str, Shape] = {}
    for pair in text.split(","):
        name, sign, shape = map(str.strip, pair.partition("="))
        if not name or not sign:
            raise ArchError(f"'{pair}' is not an input; write name=shape, as in left=1x88x88,right=1x88x88")
        if name in shapes:
            raise ArchError(f"{name} is set twice")
        shapes[name] = read_shape(shape)
    return shapes


def with_channels_first(shape: Shape) -> Shape | None:
    """Return a shape with its channels first, where they seem to be last, as other frameworks write them; else None.

    >>> with_channels_first((224, 224, 3)), with_channels_first((3, 224, 224)), with_channels_first((512, 7, 7))
    ((3, 224, 224), None, None)
    """
    if len(shape) != 3 or shape[2] > _MOST_CHANNELS_LAST or min(shape[:2]) <= 2 * _MOST_CHANNELS_LAST:
        return None
    return (shape[2], *shape[:2])


def parted(word: str) -> tuple[str, dict[str, Any], Inputs | None]:
    """Return a name without the settings that follow it, those, and the input that is set among them.

    One of several inputs is set as `input.left`. Raises ArchError for what follows and is no setting.

    >>> parted("d2l:num_classes=2,input=3x64x64"), parted("d2l")
    (('d2l', {'num_classes': 2}, (3, 64, 64)), ('d2l', {}, None))
    >>> parted("net.py:Net:layers=[[1, 2], [3]],width=8")
    ('net.py:Net', {'layers': '[[1, 2], [3]]', 'width': 8}, None)
    """
    name, colon, rest = word.rpartition(":")
    if not colon or "=" not in rest:
        return word, {}, None
    settings = read_settings(_between_commas(rest))
    shape = settings.pop(INPUT, None)
    if shape is not None:
        return name, settings, read_shape(str(shape))
    named = {key: settings.pop(key) for key in [*settings] if key.startswith(_ONE_INPUT)}
    shapes = {key.removeprefix(_ONE_INPUT): read_shape(str(value)) for key, value in named.items()}
    return name, settings, shapes or None


def _between_commas(text: str) -> list[str]:
    """Return what stands between commas that are in no list."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def labelled(name: str, settings: Mapping[str, Any], given: Inputs | None) -> str:
    """Return a name with what is set, as `parted` reads it.

    >>> labelled("alexnet_d2l", {"num_classes": 2}, (3, 64, 64)), labelled("alexnet_d2l", {}, None)
    ('alexnet_d2l:num_classes=2,input=3x64x64', 'alexnet_d2l')
    """
    words = [f"{param}={_word(value)}" for param, value in settings.items()]
    if isinstance(given, Mapping):
        words += [f"{_ONE_INPUT}{key}={dims(shape)}" for key, shape in given.items()]
    elif given:
        words.append(f"{INPUT}={dims(given)}")
    return f"{name}:{','.join(words)}" if words else name


def _word(value: Any) -> str:
    return value if isinstance(value, str) else spell(value)
