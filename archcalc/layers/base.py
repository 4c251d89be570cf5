"""What every layer kind says of itself, and the registry of kinds.

Shape and cost rules are arithmetic on their arguments, without an `if` on a size: read with integers they give the
table, with arrays a sweep, with numbers that remember how they were made an explanation. Whether sizes are legal is
asked once, by `graph`, through `check`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.declared import Declared
from archcalc.layers.fields import Sides

Shape = tuple[int, ...]
"""Sizes without the batch axis: (channels, height, width) or (features,)."""


class Window(NamedTuple):
    """A window that slides over height and width; pairs are (height, width), padding is what is really applied."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]


class Twin(NamedTuple):
    """The same layer in PyTorch, as data: what to call, with which keywords, after which padding.

    `call` names a class of `torch.nn` ("nn.Conv2d") or a function of torch ("torch.cat"). `pad` is a twin to put
    before it where torch has no such padding of its own (SAME at a stride, one-sided, rounding up).
    """

    call: str
    keywords: Mapping[str, Any]
    pad: "Twin | None" = None

    @property
    def is_module(self) -> bool:
        return self.call.startswith("nn.")


class Layer(Declared, ABC):
    """One layer kind: fields, shape rule, parameters, work, window and PyTorch twin.

    Rules take the shapes of the layer's inputs. A kind is final: none inherits from another.
    """

    op: ClassVar[str]
    merges: ClassVar[bool] = False
    """Whether it reads several layers (add, concat) rather than one."""
    takes_activation: ClassVar[bool] = False
    """Whether `activation: relu` may be written on it."""

    @abstractmethod
    def check(self, *inputs: Any) -> None:
        """Raise ArchError, with the arithmetic, where the layer cannot read these shapes."""

    def doubt(self, *inputs: Any) -> str:
        """What is legal here but probably not meant; empty for nothing."""
        return ""

    @abstractmethod
    def output_shape(self, *inputs: Any) -> Shape: ...

    @abstractmethod
    def param_shapes(self, *inputs: Any) -> dict[str, Shape]:
        """Learnable tensors under torch's names."""

    @abstractmethod
    def buffer_shapes(self, *inputs: Any) -> dict[str, Shape]:
        """Tensors that are stored but not learnt, under torch's names."""

    @abstractmethod
    def macs(self, *inputs_and_output: Any) -> int:
        """Multiply-accumulates of one example, without bias; the output shape comes last."""

    @abstractmethod
    def units(self, out: Shape) -> int:
        """Outputs that are neurons in the AlexNet paper's sense: those of convolutions and linear layers."""

    @abstractmethod
    def mixes_places(self, *inputs: Any) -> bool:
        """Whether an output reads places of height and width that no window tells of."""

    @abstractmethod
    def window(self, *inputs: Any) -> Window | None: ...

    @abstractmethod
    def twin(self, *inputs: Any) -> Twin: ...


class Weightless(Layer):
    """Nothing to learn and no multiply-accumulates: for kinds of which that is true."""

    def param_shapes(self, *inputs: Any) -> dict[str, Shape]:
        return {}

    def buffer_shapes(self, *inputs: Any) -> dict[str, Shape]:
        return {}

    def macs(self, *inputs_and_output: Any) -> int:
        return 0

    def units(self, out: Shape) -> int:
        return 0


class Pointwise(Weightless):
    """Each output element is made from the input element at its place: any shape goes in and comes out."""

    def check(self, x: Shape) -> None:
        pass

    def output_shape(self, x: Shape) -> Shape:
        return x

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> None:
        return None


class Activation(Pointwise):
    """A kind that may be written as `activation:` of the layer before it."""


KINDS: dict[str, type[Layer]] = {}
"""Every layer kind by its op, in the order of the families."""

K = TypeVar("K", bound=type[Layer])
N = TypeVar("N")


def kind(op: str) -> Callable[[K], K]:
    """Make a class known to the language under `op`."""

    def register(cls: K) -> K:
        if op in KINDS:
            raise TypeError(f"two layer kinds are called {op}: {KINDS[op].__name__} and {cls.__name__}")
        cls.op = op
        KINDS[op] = cls
        return cls

    return register


_ALSO_CALLED: Final = {
    "bn": "batch_norm2d",
    "dense": "linear",
    "fc": "linear",
    "global_avg_pool": "adaptive_avg_pool2d",
    "lrn": "local_response_norm",
    "swish": "silu",
}
"""What other frameworks call a kind, where the names are not alike."""


def unknown_op(op: str, known: Iterable[str] = KINDS) -> str:
    """A message that names the nearest op."""
    other = _ALSO_CALLED.get(op.lower())
    hint = f"; did you mean '{other}'?" if other else did_you_mean(op, known)
    return f"unknown op '{op}'{hint} (archcalc ops lists all)"


def find(op: str) -> type[Layer]:
    """The kind called `op`. Raises ArchError with the nearest name."""
    if op in KINDS:
        return KINDS[op]
    raise ArchError(unknown_op(op))


def dims(shape: Shape) -> str:
    """
    >>> dims((96, 55, 55))
    '96x55x55'
    """
    return "x".join(map(str, shape))


def called(name: str, number: N) -> N:
    """The number as it is; one that remembers how it was made also remembers what the rule calls it."""
    remember = getattr(number, "called", None)
    return remember(name) if remember else number


def positive(number: Any) -> Any:
    """max(number, 0), as arithmetic that arrays can do too."""
    return number * (number > 0)


def larger(one: Any, other: Any) -> Any:
    """max(one, other), as such arithmetic."""
    return one + positive(other - one)


def expect_rank(x: Shape, rank: int) -> None:
    """Raise ArchError unless `x` is (channels, height, width), or (features,), as `rank` 3 or 1 asks."""
    if len(x) != rank:
        wanted = {3: "channels x height x width", 1: "features"}[rank]
        given = f"{dims(x)} features" if len(x) == 1 else dims(x)
        hint = ": put a flatten before it" if rank == 1 else ""
        raise ArchError(f"reads {wanted}, not {given}{hint}")
