"""A layer as torch has it, as data, from which modules are built and source is written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.layers.sizes import AXES


class Part(NamedTuple):
    """One of several tensors that a function makes."""

    number: int
    """Which of them it is, counted from 0."""
    of: int
    """How many there are."""


class Work(NamedTuple):
    """A call by which a layer is compared with a model, which may do the same in other ways."""

    call: str
    keywords: Mapping[str, Any]
    output_shape: tuple[int, ...]
    reads_first: bool = False
    """Whether it reads the first only of what the layer reads."""


class Twin(NamedTuple):
    """A call in torch, with its keywords, after a padding.

    `call` names a class of `torch.nn` ("nn.Conv2d"), a function of torch ("torch.cat"), or a class of
    `archcalc.pytorch.modules` ("LayerNorm2d") where torch has neither. `pad` is a twin to put before it where torch has
    no such padding of its own (SAME at a stride, one-sided, rounding up).
    """

    call: str
    keywords: Mapping[str, Any]
    pad: "Twin | None" = None
    positional: tuple[str, ...] = ()
    """Keywords that source is written without; in torch's signature they come first, in this order."""
    defaults: Mapping[str, Any] = {}  # never changed
    """torch's own defaults, which source need not say."""
    adds_up: tuple[str, ...] = ()
    """Keywords that are added up where several devices, each with its part, are seen as one layer."""
    adds_up_apart: tuple[str, ...] = ()
    """Keywords that are added up too where each device reads its own part."""
    takes_list: bool = False
    """Whether a function takes all tensors as one list; else it takes two of them at a time."""
    operator: str = ""
    """How source writes a function of two tensors."""
    part: Part | None = None
    """The tensor that is meant of several that a function makes; None for a function that makes one."""
    same_work: tuple[Work, ...] = ()
    """Calls, one after the other, that do the same work, by which it is compared; none where it is the call itself."""
    remark: str = ""
    """A remark on the arguments, which source writes after them."""

    @property
    def is_module(self) -> bool:
        return self.call.startswith("nn.") or self.is_ours

    @property
    def is_ours(self) -> bool:
        """Whether it is a class that torch does not have."""
        return "." not in self.call

    @property
    def written(self) -> dict[str, Any]:
        """Its keywords as source writes them: equal numbers of each axis as one, where it is torch that takes them."""
        return {word: value if self.is_ours else shortest(value) for word, value in self.keywords.items()}


def shortest(value: Any) -> Any:
    """Write equal numbers of each axis as one number, which torch takes wherever they stand.

    >>> shortest((3, 3)), shortest((3, 2)), shortest((3, 3, 3))
    (3, (3, 2), 3)
    """
    is_of_axes = isinstance(value, tuple) and len(value) in AXES
    return value[0] if is_of_axes and len(set(value)) == 1 else value
