"""The state_dicts that stand among other things in a checkpoint, and which of them is taken.

A state_dict is a mapping with tensors under names. The one with most tensors is taken, wherever it stands. If several
have as many, a moving average of the weights comes after the weights themselves. The state of an optimizer has tensors
under names too, but these are not weights.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from archcalc.checkpoint.checkpoint import Keys, key_of
from archcalc.errors import ArchError, did_you_mean, listing

_DEEPEST: Final = 8
"""How many mappings may stand around a state_dict."""

_MOST_KEYS: Final = 8
"""How many keys a message names."""

_LONGEST_KEY: Final = 100

_MOST_HINTED: Final = 1000
"""How many keys are compared with one that is not there."""

_AVERAGE: Final = re.compile(r"(?<![a-z])(ema|swa|shadow|averaged?)(?![a-z])")
"""The words for a moving average in a key, such as state_dict_ema."""

_AVERAGED: Final = "n_averaged"
"""The counter beside the weights in torch.optim.swa_utils.AveragedModel."""


class StateDict(NamedTuple):
    """A mapping with tensors under names, and where it is."""

    keys: Keys
    tensors: Mapping[str, Any]


def is_average(key: str) -> bool:
    """Return whether a key or a prefix says that the weights under it are a moving average.

    >>> is_average("state_dict_ema"), is_average("schema")
    (True, False)
    """
    return _AVERAGE.search(key.lower()) is not None


def choose(saved: Any, is_tensor: Callable[[Any], bool], key: str | None = None) -> tuple[StateDict, list[StateDict]]:
    """Return the state_dict under a key, or else that with most tensors; and all others.

    Raises ArchError where there is none, with what there is.
    """
    found, optimizers = _look_through(saved, is_tensor)
    if not found:
        raise ArchError(_what_it_is(optimizers))
    if key is not None:
        chosen = _under(key, found)
    else:
        chosen = min(found, key=lambda one: (-len(one.tensors), is_average(".".join(one.keys))))
    return chosen._replace(tensors=_without_counter(chosen.tensors)), [one for one in found if one is not chosen]


def follow(saved: Any, keys: Keys) -> Any:
    """Return what stands under keys, as they are in a `StateDict`."""
    for key in keys:
        saved = saved[key] if isinstance(saved, Mapping) else saved[int(key)]
    return saved


def _under(key: str, found: Sequence[StateDict]) -> StateDict:
    for one in found:
        if key_of(one.keys) == key:
            return one
    keys = [name[:_LONGEST_KEY] for one in found if (name := key_of(one.keys))]
    more = [f"{len(keys) - _MOST_KEYS:,} more keys"] if len(keys) > _MOST_KEYS else []
    shown = f" (it has {listing([*keys[:_MOST_KEYS], *more], 'and')})" if keys else " (its tensors have none)"
    raise ArchError(f"has no tensors under the key '{key}'{did_you_mean(key, keys[:_MOST_HINTED]) or shown}")


def _what_it_is(optimizers: Sequence[Keys]) -> str:
    if not optimizers:
        return "has no tensors with names, as a state_dict has"
    where = key_of(optimizers[0])
    state = (
        f"has the state of an optimizer{f' under {where[:_LONGEST_KEY]}' if where else ''}, but no weights of a network"
    )
    return f"{state}: name the file with model.state_dict()"


def _without_counter(tensors: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tensors without what an averaged model counts."""
    others = {name: tensor for name, tensor in tensors.items() if name != _AVERAGED}
    return others if others and all(name.startswith("module.") for name in others) else tensors


def _look_through(saved: Any, is_tensor: Callable[[Any], bool]) -> tuple[list[StateDict], list[Keys]]:
    """Return every state_dict, the outer ones first, and where there are optimizers; each value is looked at once."""
    found, optimizers = [], []
    seen = {id(saved)}
    waiting: deque[tuple[Keys, Any]] = deque([((), saved)])
    while waiting:
        keys, value = waiting.popleft()
        if _is_of_an_optimizer(value):
            optimizers.append(keys)
            continue
        tensors = _named(value, is_tensor)
        if tensors:
            found.append(StateDict(keys, tensors))
        for key, inner in _children(value) if len(keys) < _DEEPEST else ():
            if id(inner) not in seen:
                seen.add(id(inner))
                waiting.append(((*keys, key), inner))
    return found, optimizers


def _is_of_an_optimizer(value: Any) -> bool:
    return isinstance(value, Mapping) and "param_groups" in value and isinstance(value.get("state"), Mapping)


def _named(value: Any, is_tensor: Callable[[Any], bool]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    return {name: inner for name, inner in value.items() if isinstance(name, str) and is_tensor(inner)}


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what may hold a state_dict, with its key."""
    if isinstance(value, Mapping):
        yield from ((key, inner) for key, inner in value.items() if isinstance(key, str) and _may_hold(inner))
    elif isinstance(value, list | tuple):
        yield from ((str(place), inner) for place, inner in enumerate(value) if _may_hold(inner))


def _may_hold(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and len(value) > 0
