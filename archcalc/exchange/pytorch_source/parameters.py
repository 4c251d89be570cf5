"""The parameters of a class: one for all numbers that are the same in each of its uses, and differ between these."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.exchange.pytorch_source.slots import Key, defaults
from archcalc.exchange.pytorch_source.values import (
    ABSENT,
    REQUIRED,
    Name,
    Parameter,
    Values,
    agree,
    all_integers,
    differ,
    is_of_windows,
    is_sound,
    literal,
    made_from,
    more_than,
    present,
)
from archcalc.exchange.pytorch_source.variants import Variant
from archcalc.layers.twin import shortest


class Parameters:
    """The parameters of a class, the names of its numbers, and on what those modules depend that some leave out."""

    def __init__(self, variant: Variant) -> None:
        self._members = variant.members
        self._scope = variant.scope
        self._defaults = defaults(self._scope)
        self._named: dict[str, Parameter] = {}  # by their numbers: True is not 1 here
        self._words: dict[str, str] = {}  # the keyword of each
        self.texts: dict[Key, Name] = {}
        self._vectors = _vectors(variant)
        self._given = _given(variant)
        self._reads, self._makes = _channels(variant)
        self._name_whole()
        unresolved = self._name_partial()
        self.conditions = {name: self._condition(name, unresolved) for name in variant.optional}

    @property
    def found(self) -> list[Parameter]:
        """Return the parameters, those without a default first."""
        return sorted(self._named.values(), key=lambda parameter: parameter.default is not REQUIRED)

    def text_of(self, values: Values, key: Key = ("channels",)) -> str:
        """Return how numbers are called, such as those of channels; empty where they have no name."""
        if not differ(values):
            return literal(values[0])
        named = self._named.get(repr(values))
        return named.name if named else self._derived(key, values)

    def _name_whole(self) -> None:
        """Name all numbers that every use has: first those that stand for themselves, then what follows from them."""
        whole = {key: values for key, values in self._vectors.items() if ABSENT not in values and differ(values)}
        alone = {repr(self._reads), *map(repr, self._given.values())}
        for key, values in self._vectors.items():
            if differ(present(values)) and agree(values, self._reads):
                self._add(key, self._reads)
        for key, values in whole.items():
            if repr(values) in alone:
                self._add(key, values)
        for key, values in whole.items():
            self.texts[key] = Name(self.text_of(values, key) or self._one_less(values) or self._add(key, values))

    def _add(self, key: Key, values: Values) -> str:
        word = repr(values)
        if word not in self._named:
            self._words[word] = key[-1]
            self._named[word] = Parameter(self._free(key, values), values, self._default(key, values))
        elif key not in self._defaults:
            self._named[word] = self._named[word]._replace(default=REQUIRED)
        return self._named[word].name

    def _name_partial(self) -> dict[str, Values]:
        """Name the numbers of modules that some leave out. Return which of these make a parameter of their own."""
        unresolved: dict[str, Values] = {}
        for key, values in self._vectors.items():
            if ABSENT not in values:
                continue
            same = self._like(key, values)
            if same:
                self.texts[key] = Name(same)
            elif differ(present(values)):
                text = self._derived(key, values) or self._one_less(values)
                if not text:
                    own = tuple(None if value is ABSENT else value for value in values)
                    unresolved.setdefault(key[0], own)
                    text = self._add(key, own)
                self.texts[key] = Name(text)
        return unresolved

    def _like(self, key: Key, values: Values) -> str:
        """Return the parameter that has these numbers: one for the same keyword of another module, or any other."""
        named = {own: self._named[repr(vector)] for own, vector in self._vectors.items() if repr(vector) in self._named}
        fitting = [parameter for own, parameter in named.items() if own[-1] == key[-1]]
        if differ(present(values)):
            fitting += self._named.values()
        return next((parameter.name for parameter in fitting if agree(values, parameter.values)), "")

    def _derived(self, key: Key, values: Values) -> str:
        """Return how numbers follow from parameters, as in `4 * channels`; empty where they do not."""
        is_of_window = is_of_windows(key[-1])
        bases = [
            (one.name, one.values)
            for word, one in self._named.items()
            if all_integers(one.values) and is_of_window == is_of_windows(self._words[word])
        ]
        for name, base in bases:
            for text, made in made_from(name, base, is_of_window):
                if agree(values, made):
                    return text
        if is_of_window or not all_integers(present(values)):
            return ""
        return next(filter(None, (more_than(name, base, values) for name, base in bases)), "")

    def _one_less(self, values: Values) -> str:
        """Return `blocks - 1` and make `blocks` a parameter, where a param of the block is one more; else nothing."""
        used = {parameter.name for parameter in self._named.values()}
        for name, base in self._given.items():
            is_new = repr(base) not in self._named and name not in used and is_sound(name)
            if is_new and all_integers(base) and agree(values, tuple(value - 1 for value in base)):
                self._named[repr(base)], self._words[repr(base)] = Parameter(name, base), name
                return f"{name} - 1"
        return ""

    def _condition(self, name: str, unresolved: dict[str, Values]) -> str:
        """Return on what it depends whether a use has a module."""
        there = tuple(name in member.names for member in self._members)
        for values in unresolved.values():
            if there == tuple(value is not None for value in values):
                return f"{self._named[repr(values)].name} is not None"
        reads = self.text_of(self._reads)
        numbers = {self.text_of(self._makes): self._makes} | {one.name: one.values for one in self._named.values()}
        for text, values in numbers.items():
            differs = tuple(a != b for a, b in zip(self._reads, values, strict=True))
            if reads and text and there == differs:
                return f"{reads} != {text}"
        for parameter in self._named.values():
            if all_integers(parameter.values) and there == tuple(value > 1 for value in parameter.values):
                return f"{parameter.name} > 1"
        if repr(there) not in self._named:
            word = self._unused([name.rpartition(".")[2], name.replace(".", "_")])
            self._named[repr(there)] = Parameter(word, there, 2 * sum(there) > len(there))
            self._words[repr(there)] = word
        return self._named[repr(there)].name

    def _free(self, key: Key, values: Values) -> str:
        return self._unused([*self._names(key, values), key[-1], "_".join((*key[0].split("."), *key[1:]))])

    def _names(self, key: Key, values: Values) -> Iterator[str]:
        axis = "features" if all(len(shape) == 1 for shape in _shapes(self._members)) else "channels"
        if repr(values) == repr(self._reads):
            yield axis if values == self._makes else f"in_{axis}"
        elif repr(values) == repr(self._makes):
            yield f"out_{axis}"
        yield from (name for name, given in self._given.items() if repr(given) == repr(values))

    def _unused(self, words: Sequence[str]) -> str:
        used = {parameter.name for parameter in self._named.values()}
        sound = [word for word in words if is_sound(word) and word not in used]
        word = sound[0] if sound else re.sub(r"\W", "_", f"_{words[-1]}")
        while word in used:
            word += "_"
        return word

    def _default(self, key: Key, values: Values) -> Any:
        """Return what is left out of calls: None, the default of the block's param, or torch's own."""
        if None in values:
            return None
        if key not in self._defaults:
            return REQUIRED
        for default in (*self._left_out(values), self._defaults[key]):
            if default is not None and repr(default) in map(repr, values):
                return default
        return REQUIRED

    def _left_out(self, values: Values) -> Iterator[Any]:
        """Yield what numbers are in the uses that do not give the param that they are, where these agree."""
        for name, given in self._given.items():
            if repr(given) == repr(values):
                pairs = zip(values, self._members, strict=True)
                own = {repr(value): value for value, member in pairs if name not in member.piece.use.given}
                yield from own.values() if len(own) == 1 else ()


def _vectors(variant: Variant) -> dict[Key, Values]:
    order = dict.fromkeys(key for member in variant.members for key in member.slots)
    whole = max(variant.members, key=lambda member: len(member.scope.layers))
    keys = [*whole.slots, *(key for key in order if key not in whole.slots)]
    return {key: tuple(member.slots.get(key, ABSENT) for member in variant.members) for key in keys}


def _given(variant: Variant) -> dict[str, Values]:
    """Return the params of the block that differ between the uses."""
    uses = [member.piece.use.params for member in variant.members]
    names = [name for name in uses[0] if all(name in use for use in uses)]
    found = {name: tuple(shortest(_hashable(use[name])) for use in uses) for name in names}
    return {name: values for name, values in found.items() if differ(values)}


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def _channels(variant: Variant) -> tuple[Values, Values]:
    """Return the channels of what is read first, and of what is handed on."""
    scopes = [member.scope for member in variant.members]
    reads = tuple(scope.layers[0].node.input_shapes[0][0] for scope in scopes)
    return reads, tuple(scope.layers[-1].node.output_shape[0] for scope in scopes)


def _shapes(members: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    return (member.scope.layers[0].node.input_shapes[0] for member in members)
