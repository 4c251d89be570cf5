"""What a layer of Keras says of itself, by the words of Keras 2 and 3; those of Keras 1 are read as these."""

from collections.abc import Mapping
from typing import Any, Final

from archcalc.errors import ArchError, listing
from archcalc.layers.fields import LARGEST, is_integer, spell

_WORDS_OF_KERAS_1: Final = {
    "nb_filter": "filters",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "bias": "use_bias",
    "output_dim": "units",
    "atrous_rate": "dilation_rate",
    "filter_length": "kernel_size",
    "pool_length": "pool_size",
    "stride": "strides",
    "p": "rate",
    "sigma": "stddev",
    "length": "size",
    "concat_axis": "axis",
}
_WINDOWS_OF_KERAS_1: Final = (("kernel_dim1", "kernel_dim2", "kernel_dim3"), ("nb_row", "nb_col"))
_FORMATS_OF_KERAS_1: Final = {"tf": "channels_last", "th": "channels_first"}

CHANNELS_FIRST: Final = "channels_first"


def version_of(said: Any) -> int:
    """Return the first number of the version of Keras that wrote a model.

    >>> version_of({"keras_version": "2.15.0"}), version_of({"module": "keras"}), version_of({})
    (2, 3, 1)
    """
    version = said.get("keras_version") if isinstance(said, dict) else None
    if isinstance(version, str) and version[:1] in ("1", "2", "3"):
        return int(version[0])
    return 3 if isinstance(said, dict) and "module" in said else 1


class Config:
    """The settings of a layer. What is asked for and is of another type raises ArchError."""

    def __init__(self, owner: str, said: Any) -> None:
        """Read settings of a layer of the class `owner`, by which messages call it."""
        if not isinstance(said, Mapping):
            raise ArchError(f"the config of {owner} must be an object, got {spell(said)}")
        self.owner = owner
        self.said = _in_new_words(said)

    def get(self, key: str) -> Any:
        return self.said.get(key)

    def integer(self, key: str, default: int | None = None, least: int = 1) -> int:
        value = self._said(key, default)
        if is_integer(value) and least <= value <= LARGEST:
            return int(value)
        raise self.refuse(key, f"an integer >= {least}")

    def sizes(self, key: str, axes: int, default: Any = None, least: int = 1) -> tuple[int, ...]:
        """Return an integer for each axis; one may stand for all."""
        value = self._said(key, default)
        sizes = tuple(value) if isinstance(value, list | tuple) else (value,) * axes
        if len(sizes) == 1:
            sizes *= axes
        if len(sizes) == axes and all(is_integer(size) and least <= size <= LARGEST for size in sizes):
            return sizes
        raise self.refuse(key, f"an integer >= {least}, or a list of {axes}")

    def pairs(self, key: str, axes: int) -> tuple[tuple[int, int], ...]:
        """Return what is before and after each axis: of a number for all, of one for each axis, or of both of each."""
        value: Any = self.said.get(key)
        if axes == 1 and isinstance(value, list) and len(value) == 2:
            value = [value]
        each = value if isinstance(value, list) else [value] * axes
        pairs = [tuple(one) if isinstance(one, list) else (one, one) for one in each]
        are_sizes = all(len(pair) == 2 and all(is_integer(n) and 0 <= n <= LARGEST for n in pair) for pair in pairs)
        if len(pairs) == axes and are_sizes:
            return tuple((one, other) for one, other in pairs)
        raise self.refuse(key, f"an integer >= 0, or a list of {axes}, of integers or pairs")

    def integers(self, key: str) -> tuple[int, ...]:
        """Return one integer or several, of any sign."""
        value: Any = self.said.get(key)
        numbers = value if isinstance(value, list) else [value]
        if numbers and all(is_integer(number) and abs(number) <= LARGEST for number in numbers):
            return tuple(numbers)
        raise self.refuse(key, "an integer or a list of them")

    def number(self, key: str, default: float) -> float:
        value = self._said(key, default)
        if isinstance(value, dict) and isinstance(value.get("config"), dict):  # Keras 2 wrote numbers of numpy so
            value = value["config"].get("value")
        if is_integer(value) or isinstance(value, float):
            return float(value)
        raise self.refuse(key, "a number")

    def flag(self, key: str, default: bool) -> bool:
        value = self._said(key, default)
        if isinstance(value, bool):
            return value
        raise self.refuse(key, "true or false")

    def word(self, key: str, default: str, known: tuple[str, ...]) -> str:
        value = self._said(key, default)
        if isinstance(value, str) and value.lower() in known:
            return value.lower()
        raise self.refuse(key, listing(known))

    def _said(self, key: str, default: Any) -> Any:
        """Return what is said; what is null is not said."""
        value = self.said.get(key)
        return default if value is None else value

    def refuse(self, key: str, words: str) -> ArchError:
        return ArchError(f"{key} of {self.owner} must be {words}, got {spell(self.said.get(key))}")


def _in_new_words(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in the words of Keras 2."""
    new = {_WORDS_OF_KERAS_1.get(key, key): value for key, value in said.items()}
    for words in _WINDOWS_OF_KERAS_1:
        if all(word in said for word in words):
            new["kernel_size"] = [said[word] for word in words]
    ordering = said.get("dim_ordering")
    if isinstance(ordering, str) and ordering in _FORMATS_OF_KERAS_1:
        new["data_format"] = _FORMATS_OF_KERAS_1[ordering]
    return new
